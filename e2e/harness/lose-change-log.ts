import { randomUUID } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Kills NATS and takes its store away: in one step, and from a process that does nothing meanwhile. */
export async function loseChangeLog(stateDir: string, signal: (signal: NodeJS.Signals) => void): Promise<void> {
  const store = join(stateDir, 'nats', 'jetstream');
  const lost = `${store}-${randomUUID()}`;
  signal('SIGSTOP');
  // There is none when it was taken a moment ago.
  await rename(store, lost).catch(() => undefined);
  signal('SIGKILL');
  await rm(lost, { recursive: true, force: true, maxRetries: 20 });
}
