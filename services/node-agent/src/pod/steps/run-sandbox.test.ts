import { expect, it } from 'vitest';
import { buildPod } from '../../../test/rig.ts';
import { ContainerStartError } from '../../runtime/contract.ts';
import { newMemory } from '../memory.ts';
import type { StepContext } from './contract.ts';
import { runSandbox } from './run-sandbox.ts';

it('a sandbox that cannot be made is tried again after one second, then twice as late each time up to ten, and soon again once it could', async () => {
  const now = Date.parse('2026-01-01T00:00:00Z');
  const memory = newMemory();
  let fails = true;
  const createSandbox = async () => {
    if (fails) throw new ContainerStartError('network not found');
    return undefined;
  };
  const context = {
    ...{ pod: buildPod('web'), memory, now: () => now, clusterDomain: 'cluster.local' },
    runtime: { createSandbox },
    events: { event: () => undefined },
    limit: (_: string, work: () => Promise<void>) => work(),
  } as unknown as StepContext;
  const seconds = async () => {
    await runSandbox({ attempt: 0 }, context);
    return ((memory.retryAt.get('') ?? now) - now) / 1_000;
  };
  const waits: number[] = [];
  for (let i = 0; i < 6; i++) waits.push(await seconds());
  expect(waits).toEqual([1, 2, 4, 8, 10, 10]);
  fails = false;
  expect(await seconds()).toBe(0);
  fails = true;
  expect(await seconds()).toBe(1);
});
