import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { signalExec } from './signal-exec.ts';

/** Part of the cgroups of every process. */
const container = ':';

it('a command whose process is not there yet is signalled when it is', async () => {
  const child = spawn('sleep', ['1000']);
  const ended = once(child, 'exit');
  const states = [
    { Running: false, Pid: 0, ExitCode: null },
    { Running: true, Pid: 0, ExitCode: null },
    { Running: true, Pid: child.pid ?? 0, ExitCode: null },
  ];
  await signalExec(async () => states.shift() ?? expect.unreachable('it has been signalled'), container, 'SIGKILL');
  expect(await ended).toEqual([null, 'SIGKILL']);
});

it('a command that has ended is left alone: its number may be another process by now', async () => {
  await signalExec(async () => ({ Running: false, Pid: process.pid, ExitCode: 0 }), container, 'SIGKILL');
});
