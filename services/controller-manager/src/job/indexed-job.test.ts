import { beforeEach, describe, expect, it } from 'vitest';
import { JobWorld } from './testing/job-world.ts';

let world: JobWorld;
beforeEach(() => {
  world = new JobWorld();
});

describe('an indexed Job', () => {
  const indexed = { completionMode: 'Indexed', completions: 3, parallelism: 3 };

  it('gives each pod its index as name, label, annotation, variable and host name', async () => {
    world.create(indexed);
    await world.settle();
    const pod = world.podOf(1);
    const key = 'batch.kubernetes.io/job-completion-index';
    expect(pod).toMatchObject({
      metadata: {
        name: expect.stringMatching(/^pi-1-[b-z2-9]{5}$/),
        labels: { [key]: '1' },
        annotations: { [key]: '1' },
      },
      spec: {
        hostname: 'pi-1',
        containers: [
          {
            env: [
              {
                name: 'JOB_COMPLETION_INDEX',
                valueFrom: { fieldRef: { fieldPath: `metadata.annotations['${key}']` } },
              },
            ],
          },
        ],
      },
    });
  });

  it('repeats an index until it has succeeded', async () => {
    world.create(indexed);
    await world.settle();
    world.setPhase(world.podOf(0), 'Succeeded');
    world.setPhase(world.podOf(2), 'Succeeded');
    world.setPhase(world.podOf(1), 'Failed');
    await world.settle();
    expect(world.status()).toMatchObject({ succeeded: 2, failed: 1, completedIndexes: '0,2' });
    await world.driver.advance(10_000);
    expect(world.activePods()).toHaveLength(1);
    await world.finish();
    expect(world.status()).toMatchObject({ succeeded: 3, failed: 1, completedIndexes: '0-2' });
    expect(world.condition('Complete')?.status).toBe('True');
  });

  it('can be made smaller and larger', async () => {
    world.create({ ...indexed, completions: 4, parallelism: 4 });
    await world.settle();
    await world.change({ completions: 2, parallelism: 2 });
    expect(world.activePods().map((pod) => pod.metadata.labels?.['batch.kubernetes.io/job-completion-index'])).toEqual([
      '0',
      '1',
    ]);
    await world.change({ completions: 3, parallelism: 3 });
    expect(world.activePods()).toHaveLength(3);
  });

  it('counts failures per index, delays each index for itself, and fails with the failed ones named', async () => {
    world.create({ ...indexed, backoffLimit: 2 ** 31 - 1, backoffLimitPerIndex: 1 });
    await world.settle();
    world.setPhase(world.podOf(1), 'Failed');
    await world.settle();
    expect(world.activePods()).toHaveLength(2);
    // The failed pod holds the count until its successor has it.
    expect(world.tracked()).toHaveLength(3);
    await world.driver.advance(10_000);
    expect(world.podOf(1).metadata.annotations).toMatchObject({ 'batch.kubernetes.io/job-index-failure-count': '1' });
    world.setPhase(world.podOf(1), 'Failed');
    await world.settle();
    expect(world.status()).toMatchObject({ failedIndexes: '1', failed: 2 });
    await world.finish();
    expect(world.status()).toMatchObject({ failedIndexes: '1', completedIndexes: '0,2', succeeded: 2 });
    expect(world.condition('Failed')).toMatchObject({ reason: 'FailedIndexes', message: 'Job has failed indexes' });
  });

  it('gives up when too many indexes have failed', async () => {
    world.create({ ...indexed, backoffLimit: 2 ** 31 - 1, backoffLimitPerIndex: 0, maxFailedIndexes: 1 });
    await world.settle();
    world.setPhase(world.podOf(0), 'Failed');
    await world.settle();
    expect(world.condition('FailureTarget')).toBeUndefined();
    world.setPhase(world.podOf(1), 'Failed');
    await world.settle();
    expect(world.condition('FailureTarget')).toMatchObject({
      reason: 'MaxFailedIndexesExceeded',
      message: 'Job has exceeded the specified maximal number of failed indexes',
    });
  });

  it('succeeds early when its success policy is met, and stops the rest without counting them as failed', async () => {
    world.create({ ...indexed, successPolicy: { rules: [{ succeededIndexes: '0-1', succeededCount: 1 }] } });
    await world.settle();
    world.setPhase(world.podOf(1), 'Succeeded');
    await world.settle();
    expect(world.status()).toMatchObject({ succeeded: 1, completedIndexes: '1' });
    expect(world.status().failed).toBeUndefined();
    expect(world.activePods()).toEqual([]);
    expect(world.condition('Complete')).toMatchObject({ reason: 'SuccessPolicy', message: 'Matched rules at index 0' });
  });
});
