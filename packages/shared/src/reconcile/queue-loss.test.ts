import { eventually } from '@kubus/testkit';
import { Worker } from 'bullmq';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { looks, pod, Runtimes, world } from './testing/runtimes.ts';

let runtimes: Runtimes;
beforeAll(async () => {
  runtimes = await Runtimes.start();
});
afterEach(async () => {
  await runtimes.reset();
  vi.restoreAllMocks();
});
afterAll(() => runtimes.stop());

describe('the loss of queue data', () => {
  it('costs time only: every key is added again when all keys of BullMQ are deleted', async () => {
    const w = world(() => undefined);
    await runtimes.run(w);
    await eventually(async () => expect(await runtimes.redis.exists('bull:owners:kubus:canary')).toBe(1));
    w.keys = ['lost'];
    await runtimes.redis.del(...(await runtimes.redis.keys('bull:*')));
    await eventually(() => expect(w.runs).toContain('lost'));
    w.informer.put(pod('p', 'x'));
    await eventually(() => expect(w.runs).toContain('x'));
  });

  it('costs time only when the queue Redis is flushed while jobs wait, run and are put off', async () => {
    const release = Promise.withResolvers<void>();
    const w = world(async ({ name }) => {
      if (name === 'running') await release.promise;
      return name === 'later' ? { requeueAfter: 600_000 } : undefined;
    });
    w.controller = { ...w.controller, concurrency: 2 };
    await runtimes.run(w);
    for (const owner of ['later', 'running']) w.informer.put(pod('p', owner));
    await eventually(async () => expect(await runtimes.redis.zcard('bull:owners:delayed')).toBe(1));
    w.keys = ['later', 'running', 'other'];
    await runtimes.redis.flushall();
    await eventually(() => expect(w.runs.filter((name) => name === 'later')).toHaveLength(2));
    await eventually(() => expect(w.runs).toContain('other'));
    expect(w.runs.filter((name) => name === 'running')).toHaveLength(1);
    release.resolve();
    await eventually(() => expect(w.runs.filter((name) => name === 'running').length).toBeGreaterThan(1));
    await eventually(async () => expect(await runtimes.redis.zcard('bull:owners:delayed')).toBe(1));
  });

  it('is survived when Redis restarts', async () => {
    const w = world(() => undefined);
    await runtimes.run(w);
    w.informer.put(pod('p', 'x'));
    await eventually(() => expect(w.runs).toEqual(['x']));
    await runtimes.server.restart();
    w.informer.put(pod('p', 'y'));
    await eventually(() => expect(w.runs).toContain('y'));
  });

  it('is healed by the resync when a process dies between a run and the queueing of the next', async () => {
    const w = world(() => ({ requeueAfter: 600_000 }));
    w.keys = ['x'];
    await runtimes.run(w, { resyncMs: 200 });
    await eventually(async () => expect(await runtimes.redis.zcard('bull:owners:delayed')).toBe(1));
    // What such a crash leaves behind: nothing.
    const [id = ''] = await runtimes.redis.zrange('bull:owners:delayed', '0', '0');
    await runtimes.redis.del('bull:owners:delayed', 'bull:owners:de:a/x', `bull:owners:${id}`);
    const before = w.runs.length;
    await eventually(() => expect(w.runs.length).toBeGreaterThan(before));
  });
});

describe('a worker that is connected but does nothing', () => {
  it('is replaced when keys wait', async () => {
    const w = world(() => undefined);
    // What is left of a worker whose loop has ended over an error.
    vi.spyOn(Worker.prototype, 'run').mockImplementationOnce(async () => undefined);
    await runtimes.run(w);
    w.informer.put(pod('p', 'x'));
    await eventually(() => expect(w.runs).toEqual(['x']));
    // On a slow machine its successor may be taken for another one.
    expect(await w.registry.getSingleMetricAsString('kubus_queue_worker_restarts_total')).toMatch(
      /\{name="owners"\} [1-9]/,
    );
  });
});

describe('a worker whose hands are full', () => {
  it('is not taken for one that sleeps, however long keys wait', async () => {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const w = world(() => promise);
    await runtimes.run({ ...w, controller: { ...w.controller, concurrency: 2 } });
    for (const owner of ['x', 'y', 'z']) w.informer.put(pod('p', owner));
    await eventually(() => expect(w.runs).toHaveLength(2));
    await looks(10);
    expect(await w.registry.getSingleMetricAsString('kubus_queue_worker_restarts_total')).not.toContain('owners');
    resolve(undefined);
    await eventually(() => expect([...w.runs].sort()).toEqual(['x', 'y', 'z']));
  });
});
