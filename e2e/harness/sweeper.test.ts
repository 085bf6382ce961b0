import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { eventually } from '@kubus/testkit';
import { expect, it } from 'vitest';

/** Starts a server in a session of its own, as benchmarks do, and says which. */
const benchmark = `
  import { spawn } from 'node:child_process';
  import { sweepAfterwards } from ${JSON.stringify(new URL('sweeper.ts', import.meta.url).href)};
  sweepAfterwards();
  const server = spawn('sleep', ['600'], { detached: true, stdio: 'ignore' });
  process.stdout.write(server.pid + ' ' + process.env.TMPDIR);
  setInterval(() => undefined, 1_000);
`;

it.each(['SIGINT', 'SIGKILL'] as const)('nothing outlives a benchmark that is ended by %s', async (signal) => {
  const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', benchmark];
  const child = spawn(process.execPath, args, { detached: true, stdio: ['ignore', 'pipe', 'inherit'] });
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  const [server = '', folder = ''] = said.toString().split(' ');
  expect(commandOf(server)).toContain('sleep');
  expect(existsSync(folder)).toBe(true);
  // A terminal sends it to all processes of the group.
  process.kill(-(child.pid as number), signal);
  await eventually(() => expect([commandOf(server), existsSync(folder)]).toEqual(['', false]));
});

/** '' when the process has ended, reaped or not. */
function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}
