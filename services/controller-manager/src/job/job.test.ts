import { StatusError } from '@kubus/shared/errors';
import type { KubeObject } from '@kubus/shared/object';
import { beforeEach, describe, expect, it } from 'vitest';
import { newPod, pods } from '../common/testing/world.ts';
import { JobWorld } from './testing/job-world.ts';
import { trackingFinalizer } from './types.ts';

let world: JobWorld;
beforeEach(() => {
  world = new JobWorld();
});

describe('a Job', () => {
  it('runs as many pods at once as it may, until all completions are reached', async () => {
    world.create({ completions: 5, parallelism: 2 });
    await world.settle();
    expect(world.status()).toMatchObject({ active: 2, ready: 0, terminating: 0, startTime: '2026-01-01T00:00:00Z' });
    expect(world.pods()[0]).toMatchObject({
      metadata: {
        name: expect.stringMatching(/^pi-[b-z2-9]{5}$/),
        generateName: 'pi-',
        finalizers: [trackingFinalizer],
        ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name: 'pi', controller: true }],
      },
    });
    await world.finish();
    expect(world.status()).toMatchObject({ active: 2, succeeded: 2, uncountedTerminatedPods: {} });
    await world.finish();
    expect(world.status()).toMatchObject({ active: 1, succeeded: 4 });
    await world.finish();
    expect(world.status()).toEqual({
      startTime: '2026-01-01T00:00:00Z',
      completionTime: '2026-01-01T00:00:00Z',
      succeeded: 5,
      ready: 0,
      terminating: 0,
      uncountedTerminatedPods: {},
      conditions: [
        expect.objectContaining({ type: 'SuccessCriteriaMet', status: 'True', reason: 'CompletionsReached' }),
        {
          type: 'Complete',
          status: 'True',
          lastProbeTime: '2026-01-01T00:00:00Z',
          lastTransitionTime: '2026-01-01T00:00:00Z',
          reason: 'CompletionsReached',
          message: 'Reached expected number of succeeded pods',
        },
      ],
    });
    expect(world.pods()).toHaveLength(5);
    expect(world.tracked()).toEqual([]);
    expect(world.events.at(-1)).toBe('Normal Completed pi: Job completed');
  });

  it('has nothing to do for what is no news to it: its pods run', async () => {
    world.create({ completions: 2, parallelism: 2 });
    await world.settle();
    for (const pod of world.activePods()) world.setPhase(pod, 'Running');
    expect(await world.driver.settle()).toBe(0);
    for (const pod of world.activePods()) world.setPhase(pod, 'Succeeded');
    await world.settle();
    expect(world.condition('Complete')?.status).toBe('True');
  });

  it('without completions starts no more pods after the first success and waits for the others', async () => {
    world.create({ parallelism: 3 }, ['completions']);
    await world.settle();
    const [first] = world.activePods();
    world.setPhase(first as never, 'Succeeded');
    await world.settle();
    expect(world.status()).toMatchObject({ active: 2, succeeded: 1 });
    expect(world.condition('Complete')).toBeUndefined();
    await world.finish('Failed');
    expect(world.status()).toMatchObject({ succeeded: 1, failed: 2 });
    expect(world.condition('Complete')?.status).toBe('True');
  });

  it('tells how many of its pods are ready', async () => {
    world.create({ completions: 2, parallelism: 2 });
    await world.settle();
    world.setReady(world.pods()[0] as never);
    await world.settle();
    expect(world.status()).toMatchObject({ active: 2, ready: 1 });
  });

  it('replaces failed pods after a back-off that doubles, and gives up at the limit', async () => {
    world.create({ backoffLimit: 2, completions: 1 });
    await world.settle();
    await world.finish('Failed');
    expect(world.activePods()).toEqual([]);
    expect(world.status()).toMatchObject({ failed: 1 });
    expect(world.driver.nextIn).toBe(10_000);
    await world.driver.advance(10_000);
    await world.finish('Failed');
    expect(world.driver.nextIn).toBe(20_000);
    await world.driver.advance(20_000);
    await world.finish('Failed');
    expect(world.status()).toMatchObject({ failed: 3 });
    expect(world.condition('Failed')).toMatchObject({
      reason: 'BackoffLimitExceeded',
      message: 'Job has reached the specified backoff limit',
    });
    expect(world.condition('FailureTarget')?.status).toBe('True');
    expect(world.events.at(-1)).toBe('Warning BackoffLimitExceeded pi: Job has reached the specified backoff limit');
    expect(world.status().completionTime).toBeUndefined();
  });

  it('replaces a pod that somebody deletes after the back-off too, under another name, and forgets it with a success', async () => {
    world.create({ completions: 2, parallelism: 1 });
    await world.settle();
    const names = new Set<string>();
    for (const backoff of [10_000, 20_000, 40_000]) {
      const [pod] = world.pods();
      names.add(pod?.metadata.name ?? '');
      await world.deletePod(pod as never);
      await world.settle();
      expect(world.pods()).toEqual([]);
      expect(world.driver.nextIn).toBe(backoff);
      await world.driver.advance(backoff);
    }
    expect(world.status()).toMatchObject({ active: 1, failed: 3 });
    expect(names.add(world.pods()[0]?.metadata.name ?? '').size).toBe(4);
    await world.finish();
    expect(world.status()).toMatchObject({ active: 1, succeeded: 1 });
    await world.driver.advance(1_000);
    await world.deletePod(world.activePods()[0] as never);
    await world.settle();
    expect(world.driver.nextIn).toBe(10_000);
  });

  it('counts restarts within pods when these restart on failure', async () => {
    world.create({
      backoffLimit: 3,
      template: { metadata: { labels: { job: 'pi' } }, spec: { restartPolicy: 'OnFailure', containers: [] } },
    });
    await world.settle();
    const [pod] = world.pods();
    const containerStatuses = [{ name: 'a', restartCount: 3, ready: false, image: '', imageID: '' }];
    world.put({ ...(pod as never as KubeObject), status: { phase: 'Running', containerStatuses } } as never);
    await world.settle();
    world.terminate();
    await world.settle();
    expect(world.condition('Failed')?.reason).toBe('BackoffLimitExceeded');
  });

  it('ends when it has run for too long, and its pods with it', async () => {
    world.create({ activeDeadlineSeconds: 60, completions: 3, parallelism: 3 });
    await world.settle();
    expect(world.driver.nextIn).toBe(60_000);
    await world.driver.advance(60_000);
    expect(world.condition('FailureTarget')?.reason).toBe('DeadlineExceeded');
    await world.settle();
    expect(world.condition('Failed')).toMatchObject({
      reason: 'DeadlineExceeded',
      message: 'Job was active longer than specified deadline',
    });
    expect(world.pods()).toEqual([]);
    expect(world.status()).toMatchObject({ failed: 3 });
  });

  it('suspended has no pods, and resumed starts anew', async () => {
    world.create({ completions: 2, parallelism: 2 });
    await world.settle();
    world.cluster.clock.advance(5_000);
    await world.change({ suspend: true });
    expect(world.pods()).toEqual([]);
    expect(world.status()).toMatchObject({ ready: 0 });
    expect(world.status().failed).toBeUndefined();
    expect(world.condition('Suspended')).toMatchObject({
      status: 'True',
      reason: 'JobSuspended',
      message: 'Job suspended',
    });
    await world.change({ suspend: false });
    expect(world.condition('Suspended')).toMatchObject({
      status: 'False',
      reason: 'JobResumed',
      message: 'Job resumed',
    });
    expect(world.status()).toMatchObject({ active: 2, startTime: '2026-01-01T00:00:05Z' });
    expect(world.events).toContain('Normal Suspended pi: Job suspended');
    expect(world.events).toContain('Normal Resumed pi: Job resumed');
  });

  it('created suspended has not started', async () => {
    world.create({ suspend: true });
    await world.settle();
    expect(world.status().startTime).toBeUndefined();
    expect(world.condition('Suspended')?.status).toBe('True');
  });

  it('with fewer pods allowed deletes some, and these do not count as failed', async () => {
    world.create({ completions: 5, parallelism: 4 });
    await world.settle();
    await world.change({ parallelism: 1 });
    expect(world.activePods()).toHaveLength(1);
    expect(world.status().failed).toBeUndefined();
  });

  it('counts a pod that somebody deletes as failed, and replaces it', async () => {
    world.create({ completions: 2, parallelism: 2 });
    await world.settle();
    const [pod] = world.pods();
    await world.cluster.request({ ...pods, verb: 'delete', namespace: 'shop', name: pod?.metadata.name ?? '' });
    await world.settle();
    expect(world.status()).toMatchObject({ failed: 1 });
    await world.driver.advance(10_000);
    expect(world.activePods()).toHaveLength(2);
  });

  it('waits for the end of a deleted pod when only failed ones are to be replaced', async () => {
    world.create({ completions: 1, podReplacementPolicy: 'Failed' });
    await world.settle();
    const [pod] = world.pods();
    await world.cluster.request({ ...pods, verb: 'delete', namespace: 'shop', name: pod?.metadata.name ?? '' });
    await world.settle();
    await world.driver.advance(60_000);
    expect(world.pods()).toHaveLength(1);
    expect(world.status()).toMatchObject({ terminating: 1 });
    expect(world.status().failed).toBeUndefined();
    world.setPhase(world.pods()[0] as never, 'Failed');
    await world.settle();
    await world.driver.advance(60_000);
    expect(world.status()).toMatchObject({ failed: 1, active: 1 });
  });

  it('that another controller manages is left alone', async () => {
    world.create({ managedBy: 'example.com/queue' });
    await world.settle();
    expect(world.cluster.writes()).toEqual([]);
  });

  it('adopts pods that it selects, with the finalizer, and lets go of those it no longer selects', async () => {
    world.create({ completions: 1 });
    world.cluster.seed(pods, newPod('stray', { metadata: { labels: { job: 'pi' } }, status: { phase: 'Running' } }));
    await world.settle();
    const [stray] = world.pods();
    expect(world.pods()).toHaveLength(1);
    expect(stray?.metadata).toMatchObject({ finalizers: [trackingFinalizer], ownerReferences: [{ name: 'pi' }] });
    world.put({ ...(stray as never as KubeObject), metadata: { ...stray?.metadata, labels: {} } } as never);
    await world.settle();
    const released = world.pods().find(({ metadata }) => metadata.name === 'stray');
    expect(released?.metadata.ownerReferences).toEqual([]);
    expect(world.activePods().filter(({ metadata }) => metadata.labels?.['job'] === 'pi')).toHaveLength(1);
  });

  it('whose pods are refused says so and tries again', async () => {
    const undo = world.cluster.intercept((request) =>
      request.resource === 'pods' && request.verb === 'create'
        ? new StatusError('Forbidden', 'exceeded quota')
        : undefined,
    );
    world.create({ completions: 3, parallelism: 3 });
    await world.settle();
    expect(world.events).toContain('Warning FailedCreate pi: Error creating: exceeded quota');
    expect(String(world.driver.failures[0]?.error)).toContain('exceeded quota');
    undo();
    await world.driver.advance(1000);
    expect(world.status()).toMatchObject({ active: 3 });
  });

  it('that is deleted lets its pods go', async () => {
    world.create({ completions: 2, parallelism: 2 });
    await world.settle();
    world.cluster.remove({ group: 'batch', resource: 'jobs' }, 'shop', 'pi');
    await world.settle();
    expect(world.tracked()).toEqual([]);
  });

  it('comes to rest', async () => {
    world.create({ completions: 2 });
    await world.settle();
    const before = world.cluster.requests.length;
    world.driver.resync();
    await world.settle();
    expect(world.cluster.requests).toHaveLength(before);
  });
});

describe('pods without a Job that counts them', () => {
  it('lose the finalizer when their owner was removed from them', async () => {
    world.cluster.seed(
      pods,
      newPod('left', {
        metadata: { labels: { [`batch.kubernetes.io/job-name`]: 'gone' }, finalizers: [trackingFinalizer] },
      }),
    );
    await world.settle();
    expect(world.tracked()).toEqual([]);
  });
});
