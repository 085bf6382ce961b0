import { decodeUsage } from '@kubus/shared/bus';
import { eventually } from '@kubus/testkit';
import { describe, expect, it } from 'vitest';
import { programOf } from './program.ts';
import { SimRuntime } from './sim-runtime.ts';
import { SimUsage } from './sim-usage.ts';

const pod = { uid: 'uid', name: 'web', namespace: 'shop' };

function spec(command: string[], env: [string, string][] = []) {
  return { pod, name: 'main', attempt: 0, sandboxAttempt: 0, image: 'x', command, env } as never;
}

describe('a simulated container', () => {
  it.each([
    [['true'], 0],
    [['false'], 1],
    [['sleep', '0.01'], 0],
  ])('%j ends by itself with %i', async (command, exitCode) => {
    const runtime = new SimRuntime({ startMs: 0, stopMs: 0 });
    await runtime.start(await runtime.createContainer(spec(command)));
    await eventually(async () => expect(await runtime.containers()).toMatchObject([{ state: 'exited', exitCode }]));
  });

  it('runs on with any other command', () => {
    for (const command of [['sleep', 'infinity'], ['nginx'], ['sleep']])
      expect(programOf({ command, env: [] }).runsMs).toBeUndefined();
  });

  it('uses what its variables say, and little when they say nothing sensible', async () => {
    const runtime = new SimRuntime({ startMs: 0, stopMs: 0 });
    const env: [string, string][] = [
      ['SIM_CPU', '250m'],
      ['SIM_MEMORY', 'much'],
    ];
    await runtime.start(await runtime.createContainer(spec([], env)));
    const published: [string, Uint8Array][] = [];
    const usage = new SimUsage({
      nodes: ['one', 'two'],
      containers: () => runtime.containers(),
      usage: (id) => runtime.usage(id),
      nodeOf: () => 'two',
      publish: (subject, data) => published.push([subject, data]),
      intervalMs: 15_000,
    });
    await usage.report();
    expect(published.map(([subject]) => subject)).toEqual(['kubus.usage.one', 'kubus.usage.two']);
    expect(decodeUsage(published[1]?.[1] as Uint8Array)?.pods).toEqual([
      {
        uid: 'uid',
        namespace: 'shop',
        name: 'web',
        containers: [{ name: 'main', cpuNanos: 250_000_000, memoryBytes: 10 * 2 ** 20 }],
      },
    ]);
  });
});
