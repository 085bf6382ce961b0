import { eventually } from '@kubus/testkit';
import Docker from 'dockerode';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { processOf } from './details.ts';
import { endProcess, killProcess } from './ending.ts';
import { signalNumber } from './signals.ts';

it('knows signals as images name them', () => {
  const known = { SIGTERM: 15, term: 15, '15': 15, SIGQUIT: 3, SIGRTMIN: 34, 'SIGRTMIN+3': 37, 'RTMAX-1': 63 };
  for (const [text, number] of Object.entries(known)) expect([text, signalNumber(text)]).toEqual([text, number]);
  for (const text of ['SIGNONE', '0', '99', '', 'SIGRTMIN+99']) expect(signalNumber(text)).toBeUndefined();
});

describe('the process of a container on Docker Engine', () => {
  const docker = new Docker();
  /** However long the engine of a busy machine takes to see an end. */
  const patienceMs = 20_000;
  let container: Docker.Container;
  const run = async (script: string, options: Partial<Docker.ContainerCreateOptions> = {}) => {
    container = await docker.createContainer({
      Image: 'busybox:1.36',
      Cmd: ['sh', '-c', script],
      HostConfig: { NetworkMode: 'none' },
      ...options,
    });
    await container.start();
    const found = processOf(await container.inspect());
    if (found === undefined) throw new Error('it does not run');
    return found;
  };
  const state = async () => (await container.inspect()).State;
  beforeEach(async () => {
    await docker.ping();
  });
  afterEach(() => container.remove({ force: true }));

  it('is asked by the signal that its image names, and the engine knows how it ended', async () => {
    const found = await run('trap "exit 7" QUIT; echo set; while :; do sleep 0.05; done', {
      StopSignal: 'SIGQUIT',
    });
    expect(found.stopSignal).toBe('SIGQUIT');
    await eventually(async () => expect(`${await container.logs({ stdout: true })}`).toContain('set'));
    expect(await endProcess(container, found, 30)).toBe('ended');
    expect(await state()).toMatchObject({ Running: false, ExitCode: 7 });
  });

  it('is killed when its grace period is over', async () => {
    const found = await run('trap "" TERM; sleep 1000');
    expect(await endProcess(container, found, 0.2, patienceMs)).toBe('ended');
    expect(await state()).toMatchObject({ Running: false, ExitCode: 137 });
  });

  it('is killed', async () => {
    const found = await run('sleep 1000');
    expect(await killProcess(container, found, patienceMs)).toBe('ended');
    expect((await state()).ExitCode).toBe(137);
  });

  it('is not touched when it is not one of the container', async () => {
    const found = await run('sleep 1000');
    expect(await killProcess(container, { ...found, pid: process.pid })).toBe('unreachable');
    expect(await endProcess(container, { ...found, pid: process.ppid }, 1)).toBe('unreachable');
    expect((await state()).Running).toBe(true);
  });

  it('is left to the engine when it has a signal that is not known here', async () => {
    const found = await run('sleep 1000');
    expect(await endProcess(container, { ...found, stopSignal: 'SIGNONE' }, 1)).toBe('unreachable');
  });

  it('stays, and is left to the engine, while it is paused', async () => {
    const found = await run('sleep 1000');
    await container.pause();
    expect(await endProcess(container, found, 0, 100)).toBe('stays');
    await container.stop({ t: 0 });
    expect((await state()).Running).toBe(false);
  });
});
