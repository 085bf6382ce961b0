import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface SteppedClock {
  /** For a cluster whose clock this is. */
  readonly env: Record<string, string>;
  /** How far the clock is off the machine's from now on; milliseconds. */
  set(offMs: number): Promise<void>;
  remove(): Promise<void>;
}

const preloaded = fileURLToPath(new URL('stepped-clock.mjs', import.meta.url));

/** A wall clock of their own for all processes of a cluster that run on Node.js. */
export async function steppedClock(): Promise<SteppedClock> {
  const dir = await mkdtemp(join(tmpdir(), 'kubus-clock-'));
  const file = join(dir, 'off');
  return {
    env: { KUBUS_TEST_CLOCK: file, NODE_OPTIONS: `--import=${preloaded}` },
    set: async (offMs) => {
      await writeFile(`${file}.new`, `${offMs}`);
      await rename(`${file}.new`, file);
    },
    remove: () => rm(dir, { recursive: true, force: true }),
  };
}
