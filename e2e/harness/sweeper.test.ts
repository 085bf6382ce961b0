import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { promisify } from 'node:util';
import { eventually } from '@kubus/testkit';
import { expect, it } from 'vitest';

const exec = promisify(execFile);

/** Starts a server in a session of its own, as benchmarks do, and says which. */
const benchmark = `
  import { spawn } from 'node:child_process';
  import { sweepAfterwards } from ${JSON.stringify(new URL('sweeper.ts', import.meta.url).href)};
  sweepAfterwards();
  const server = spawn('sleep', ['600'], { detached: true, stdio: 'ignore' });
  process.stdout.write(server.pid + ' ' + process.env.TMPDIR);
  setInterval(() => undefined, 1_000);
`;

/** Runs until it is killed. */
async function startBenchmark() {
  const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', benchmark];
  const child = spawn(process.execPath, args, { detached: true, stdio: ['ignore', 'pipe', 'inherit'] });
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  const [server = '', folder = ''] = said.toString().split(' ');
  expect(commandOf(server)).toContain('sleep');
  expect(existsSync(folder)).toBe(true);
  return { pid: child.pid as number, server, folder };
}

it.each(['SIGINT', 'SIGKILL'] as const)('nothing outlives a benchmark that is ended by %s', async (signal) => {
  const { pid, server, folder } = await startBenchmark();
  // A terminal sends it to all processes of the group.
  process.kill(-pid, signal);
  await eventually(() => expect([commandOf(server), existsSync(folder)]).toEqual(['', false]));
});

it('removes the containers of a benchmark also when its folder is gone already', async () => {
  const { pid, server, folder } = await startBenchmark();
  const label = `kubus.node=bench-${pid}-a`;
  const { stdout } = await exec('docker', ['create', '--label', label, '--network', 'none', 'busybox:1.36']);
  const left = async () =>
    (await exec('docker', ['ps', '--all', '--quiet', '--no-trunc', '--filter', `label=${label}`])).stdout;
  expect(await left()).toBe(stdout);
  await rm(folder, { recursive: true });
  process.kill(-pid, 'SIGKILL');
  await eventually(async () => expect([commandOf(server), await left()]).toEqual(['', '']));
});

/** '' when the process has ended, reaped or not. */
function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}
