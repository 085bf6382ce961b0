import type { KubeObject } from '@kubus/shared/object';
import { beforeEach, describe, expect, it } from 'vitest';
import { JobWorld } from './testing/job-world.ts';

let world: JobWorld;
beforeEach(() => {
  world = new JobWorld();
});

describe('a pod failure policy', () => {
  const policy = {
    rules: [
      { action: 'FailJob', onExitCodes: { containerName: 'main', operator: 'In', values: [42] } },
      { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
      { action: 'Count', onExitCodes: { operator: 'NotIn', values: [1] } },
    ],
  };

  it('fails the Job at once and says which container and rule it was', async () => {
    world.create({ podFailurePolicy: policy, completions: 2, parallelism: 2 });
    await world.settle();
    const [pod] = world.pods();
    world.exit(pod as never, 42);
    await world.settle();
    const message = `Container main for pod shop/${pod?.metadata.name} failed with exit code 42 matching FailJob rule at index 0`;
    expect(world.condition('FailureTarget')).toMatchObject({ reason: 'PodFailurePolicy', message });
    world.terminate();
    await world.settle();
    expect(world.condition('Failed')).toMatchObject({ reason: 'PodFailurePolicy', message });
  });

  it('does not count what it ignores', async () => {
    world.create({ podFailurePolicy: policy, backoffLimit: 0 });
    await world.settle();
    const [pod] = world.pods();
    const conditions = [{ type: 'DisruptionTarget', status: 'True' }];
    world.put({ ...(pod as never as KubeObject), status: { phase: 'Failed', conditions } } as never);
    await world.settle();
    await world.driver.advance(10_000);
    expect(world.status()).toMatchObject({ active: 1 });
    expect(world.status().failed).toBeUndefined();
  });

  it('can fail one index alone', async () => {
    world.create({
      completionMode: 'Indexed',
      completions: 2,
      parallelism: 2,
      backoffLimit: 2 ** 31 - 1,
      backoffLimitPerIndex: 5,
      podFailurePolicy: { rules: [{ action: 'FailIndex', onExitCodes: { operator: 'In', values: [7] } }] },
    });
    await world.settle();
    world.exit(world.podOf(1), 7);
    await world.settle();
    expect(world.status()).toMatchObject({ failedIndexes: '1', active: 1 });
  });
});
