import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { livingPid } from './supervisor.ts';

const supervisor = new URL('./supervisor.ts', import.meta.url).href;
const rounds = 40;

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'kubus-claim-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

/** A process that claims the pid file of each path it is told, and says whether it has it. */
function claimant() {
  const script = `
    const { claimPidFile } = await import(${JSON.stringify(supervisor)});
    for await (const path of (await import('node:readline')).createInterface({ input: process.stdin }))
      process.stdout.write((await claimPidFile(path)) + '\\n');`;
  const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    pid: child.pid,
    claim: async (path: string) => {
      child.stdin.write(`${path}\n`);
      return (await answers.next()).value === 'true';
    },
    end: async () => {
      child.stdin.end();
      await once(child, 'exit');
    },
  };
}

it('gives the file of a dead process to one of those that claim it at once', async () => {
  const claimants = [claimant(), claimant(), claimant(), claimant()];
  for (let round = 0; round < rounds; round++) {
    const path = join(dir, `${round}.pid`);
    await writeFile(path, '999999999 1\n');
    const got = await Promise.all(claimants.map(({ claim }) => claim(path)));
    const owners = claimants.filter((_, i) => got[i]).map(({ pid }) => pid);
    expect(owners).toHaveLength(1);
    expect(await livingPid(path)).toBe(owners[0]);
  }
  expect(await readdir(dir)).toHaveLength(rounds);
  await Promise.all(claimants.map(({ end }) => end()));
});
