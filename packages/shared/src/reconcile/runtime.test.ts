import { eventually } from '@kubus/testkit';
import { Registry } from 'prom-client';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { CachedInformer, type InformerSource } from '../informer/index.ts';
import type { KubeObject } from '../object/index.ts';
import { type ReconcileKey, TerminalError } from './contract.ts';
import { Fence } from './fence.ts';
import { looks, ownerOf, pod, pods, Runtimes, world } from './testing/runtimes.ts';

let runtimes: Runtimes;
beforeAll(async () => {
  runtimes = await Runtimes.start();
});
afterEach(async () => {
  await runtimes.reset();
  vi.restoreAllMocks();
});
afterAll(() => runtimes.stop());

const sourceOf = (items: KubeObject[]): InformerSource => ({
  follow: async (sink) => {
    sink.replace(items, 1);
    return { refresh: () => undefined, stop: async () => undefined };
  },
});

describe('the controller runtime', () => {
  it('reconciles every key at the start, and then what changes concern', async () => {
    const w = world(() => undefined);
    w.keys = ['one', 'two'];
    const runtime = await runtimes.run(w);
    await eventually(() => expect(w.runs.toSorted()).toEqual(['one', 'two']));
    await eventually(() => expect(runtime.ready).toBe(true));
    w.informer.put(pod('p', 'three'));
    await eventually(() => expect(w.runs.at(-1)).toBe('three'));
  });

  it('lets a run write no more after its process stood still, and runs the key again', async () => {
    let now = 0;
    const fence = new Fence({ now: () => now });
    const writes: string[] = [];
    const w = world(async () => {
      const attempt = w.runs.length;
      if (attempt === 1) now += 60_000;
      await Promise.resolve();
      fence.check();
      writes.push(`by run ${attempt}`);
      return undefined;
    });
    w.keys = ['one'];
    await runtimes.run(w, { fence });
    await eventually(() => expect(writes).toEqual(['by run 2']));
  });

  it('reconciles the former owner when a pod changes hands', async () => {
    const w = world(() => undefined);
    await runtimes.run(w);
    w.informer.put(pod('p', 'old'));
    await eventually(() => expect(w.runs).toEqual(['old']));
    w.informer.put(pod('p', 'new'));
    await eventually(() => expect(w.runs.slice(1).toSorted()).toEqual(['new', 'old']));
  });

  it('goes on with the other changes when one cannot be mapped', async () => {
    const w = world(() => undefined);
    const map = (object: KubeObject) => {
      if (object.metadata.name === 'odd') throw new Error('what is that');
      return ownerOf(object);
    };
    w.controller = { ...w.controller, watches: [{ resource: pods, map }] };
    await runtimes.run(w);
    w.informer.put(pod('odd', 'x'));
    w.informer.put(pod('p', 'fine'));
    await eventually(() => expect(w.runs).toEqual(['fine']));
  });

  it('adds no key because its informer holds something already, but for watches that come later', async () => {
    const w = world(() => undefined);
    w.informer.put(pod('p', 'known'));
    const runtime = await runtimes.run(w);
    w.informer.put(pod('q', 'fine'));
    await eventually(() => expect(w.runs).toEqual(['fine']));
    const late = new CachedInformer({ resource: pods, source: sourceOf([pod('r', 'late')]) });
    await late.start();
    runtime.follow('owners', { resource: pods, map: ownerOf }, late);
    await eventually(() => expect(w.runs).toEqual(['fine', 'late']));
    await late.stop();
  });

  it('asks of a key that changes while it runs whether it is worthwhile at the end of the run', async () => {
    const end = Promise.withResolvers<undefined>();
    const w = world(() => (w.runs.length === 1 ? end.promise : undefined));
    const asked: number[] = [];
    let wanted = true;
    const worthwhile = (keys: readonly ReconcileKey[]) => {
      if (keys.some(({ name }) => name === 'one')) asked.push(w.runs.length);
      return wanted ? keys : [];
    };
    w.controller = { ...w.controller, worthwhile };
    await runtimes.run(w);
    w.informer.put(pod('p', 'one'));
    await eventually(() => expect(w.runs).toEqual(['one']));
    for (const name of ['p', 'q', 'r']) w.informer.put(pod(name, 'one'));
    w.informer.put(pod('s', 'two'));
    await eventually(() => expect(w.runs).toEqual(['one', 'two']));
    wanted = false;
    end.resolve(undefined);
    await eventually(() => expect(asked).toEqual([0, 2]));
    await runtimes.quiet();
    expect(w.runs).toEqual(['one', 'two']);
    wanted = true;
    w.informer.put(pod('p', 'one'));
    await eventually(() => expect(w.runs).toEqual(['one', 'two', 'one']));
  });

  it('queues a key that has changed while it ran when it stops before the end of the run', async () => {
    const end = Promise.withResolvers<undefined>();
    const w = world(() => (w.runs.length === 1 ? end.promise : undefined));
    w.controller = { ...w.controller, worthwhile: (keys) => keys };
    const runtime = await runtimes.run(w);
    w.informer.put(pod('p', 'one'));
    await eventually(() => expect(w.runs).toEqual(['one']));
    w.informer.put(pod('p', 'one'));
    const stopped = runtime.stop();
    end.resolve(undefined);
    await stopped;
    await runtimes.run(w, { registry: new Registry() });
    await eventually(() => expect(w.runs).toEqual(['one', 'one']));
  });

  it('shares the work among replicas without doing it twice', async () => {
    const w = world(() => undefined);
    const ownedBy = (i: number) => (key: string) => Number(key.replace(/\D/g, '')) % 3 === i;
    for (let i = 0; i < 3; i++) await runtimes.run(w, { registry: new Registry(), owns: ownedBy(i) });
    await eventually(async () => expect(await runtimes.redis.exists('bull:owners:kubus:canary')).toBe(1));
    const owners = Array.from({ length: 100 }, (_, i) => `o${i}`);
    for (const owner of owners) w.informer.put(pod('p', owner));
    await eventually(() => expect(new Set(w.runs).size).toBe(100));
    // The pod had these owners one after the other; all its changes came in one turn.
    await runtimes.quiet();
    expect(w.runs).toHaveLength(100);
  });

  it('leaves the keys of others to them, and adds what becomes its own when one has gone', async () => {
    // The queue is not new: all keys are added at the start, and not again.
    await runtimes.redis.set('bull:owners:kubus:canary', '1');
    const w = world(() => undefined);
    let resyncs = 0;
    const keys = () => {
      resyncs++;
      return w.keys.map((name) => ({ namespace: 'a', name }));
    };
    w.controller = { ...w.controller, keys };
    let owns = (key: string) => key !== 'a/theirs';
    const runtime = await runtimes.run(w, { owns: (key) => owns(key) });
    await eventually(() => expect(resyncs).toBe(1));
    for (const owner of ['theirs', 'mine']) w.informer.put(pod(owner, owner));
    await eventually(() => expect(w.runs).toEqual(['mine']));
    w.keys = ['theirs', 'of another'];
    owns = (key) => key !== 'a/of another';
    runtime.takeOver();
    await eventually(() => expect(w.runs).toEqual(['mine', 'theirs']));
    await runtimes.quiet();
    expect(w.runs).not.toContain('of another');
  });

  it('does not run before the informers have seen what is committed', async () => {
    const w = world(() => undefined);
    const waited: number[] = [];
    const seen = Promise.withResolvers<void>();
    w.informer.waitFor = async (revision = 0) => {
      waited.push(revision);
      await seen.promise;
    };
    w.revision = 7;
    await runtimes.run(w);
    w.informer.put(pod('p', 'x'));
    await eventually(() => expect(waited).toEqual([7]));
    expect(w.runs).toEqual([]);
    seen.resolve();
    await eventually(() => expect(w.runs).toEqual(['x']));
  });

  it('runs no key that a controller says is not worthwhile, once the informers have seen the change', async () => {
    const w = world(() => undefined);
    const seen = Promise.withResolvers<void>();
    w.informer.waitFor = () => seen.promise;
    w.revision = 7;
    const asked: string[] = [];
    w.controller = {
      ...w.controller,
      worthwhile: (keys) => {
        asked.push(...keys.map(({ name }) => name));
        return keys.filter(({ name }) => name !== 'idle');
      },
    };
    await runtimes.run(w);
    for (const owner of ['idle', 'busy']) w.informer.put(pod(owner, owner));
    expect(asked).toEqual([]);
    seen.resolve();
    await eventually(() => expect(w.runs).toEqual(['busy']));
    await runtimes.quiet();
    expect(asked.toSorted()).toEqual(['busy', 'idle']);
    expect(w.runs).toEqual(['busy']);
  });

  it('runs every key when the informers do not catch up, or it cannot be told what is worthwhile', async () => {
    const w = world(() => undefined);
    let late = true;
    w.informer.waitFor = async (_, timeoutMs = 10_000) => {
      // The run itself waits for as long as it takes.
      if (late && timeoutMs < 1_000) throw new Error('too late');
    };
    w.revision = 7;
    w.controller = {
      ...w.controller,
      worthwhile: () => {
        throw new Error('nobody knows');
      },
    };
    await runtimes.run(w);
    w.informer.put(pod('p', 'x'));
    await eventually(() => expect(w.runs).toEqual(['x']));
    late = false;
    w.informer.put(pod('q', 'y'));
    await eventually(() => expect(w.runs).toEqual(['x', 'y']));
  });

  it('backs off from failures, longer each time, and forgets them after a success', async () => {
    let failing = 3;
    const w = world(() => {
      if (failing-- > 0) throw new Error('no');
      return undefined;
    });
    await runtimes.run(w, { backoff: { baseMs: 1 } });
    w.informer.put(pod('p', 'x'));
    await eventually(() => expect(w.runs).toHaveLength(4));
    await runtimes.quiet();
    expect(await runtimes.redis.exists('bull:owners:kubus:failures')).toBe(0);
    expect(await w.registry.getSingleMetricAsString('workqueue_retries_total')).toContain('{name="owners"} 3');
  });

  it('does not make a change wait for a backoff', async () => {
    let failing = true;
    const w = world(() => {
      if (failing) throw new Error('no');
      return undefined;
    });
    await runtimes.run(w, { backoff: { baseMs: 600_000 } });
    w.informer.put(pod('p', 'x'));
    await eventually(async () => expect(await runtimes.redis.zcard('bull:owners:delayed')).toBe(1));
    failing = false;
    w.informer.put(pod('p', 'x'));
    await eventually(() => expect(w.runs).toEqual(['x', 'x']));
    expect(await runtimes.redis.zcard('bull:owners:delayed')).toBe(0);
  });

  it('stops after a terminal error until something changes', async () => {
    const w = world(() => {
      throw new TerminalError('never');
    });
    await runtimes.run(w, { backoff: { baseMs: 1 } });
    w.informer.put(pod('p', 'x'));
    await eventually(() => expect(w.runs).toEqual(['x']));
    await runtimes.quiet();
    expect(await runtimes.redis.zcard('bull:owners:delayed')).toBe(0);
    w.informer.put(pod('p', 'x'));
    await eventually(() => expect(w.runs).toEqual(['x', 'x']));
  });

  it('waits for what is in flight when it stops, and tells it to hurry after the grace period', async () => {
    const aborted = Promise.withResolvers<void>();
    const w = world(async (_, signal) => {
      signal.addEventListener('abort', () => aborted.resolve());
      await aborted.promise;
      return undefined;
    });
    const runtime = await runtimes.run(w, { graceMs: 50 });
    w.informer.put(pod('p', 'x'));
    await eventually(() => expect(w.runs).toEqual(['x']));
    await runtime.stop();
    await aborted.promise;
    expect(await runtimes.redis.llen('bull:owners:active')).toBe(0);
  });

  it('takes no delivered change for handled before its jobs are in the queue, and keeps those of informers', async () => {
    const w = world(() => undefined);
    const runtime = await runtimes.run(w);
    await eventually(async () => expect(await runtimes.redis.exists('bull:owners:kubus:canary')).toBe(1));
    await runtimes.server.kill();
    let handled = false;
    const delivered = w.feed.deliver(pod('p', 'x')).then(() => {
      handled = true;
    });
    w.informer.put(pod('q', 'y'));
    expect(handled).toBe(false);
    await eventually(() => expect(runtime.lagMs).toBeGreaterThan(0));
    await runtimes.server.restart();
    await delivered;
    await eventually(() => expect(new Set(w.runs)).toEqual(new Set(['x', 'y'])));
    await eventually(() => expect(runtime.lagMs).toBe(0));
  });
});

describe('a resync', () => {
  it('leaves out keys that a controller says are not worthwhile', async () => {
    const w = world(() => undefined);
    const keys = () => ['idle', 'busy'].map((name) => ({ namespace: 'default', name }));
    const worthwhile = (all: readonly ReconcileKey[]) => all.filter(({ name }) => name !== 'idle');
    await runtimes.run({ ...w, controller: { ...w.controller, keys, worthwhile } });
    await eventually(() => expect(w.runs).toContain('busy'));
    await runtimes.quiet();
    expect(w.runs).not.toContain('idle');
  });

  it('is not begun again while one is under way', async () => {
    const { promise, resolve } = Promise.withResolvers<ReconcileKey[]>();
    const w = world(() => undefined);
    let begun = 0;
    const keys = () => {
      begun++;
      return promise;
    };
    await runtimes.run({ ...w, controller: { ...w.controller, keys } }, { resyncMs: 1 });
    await eventually(() => expect(begun).toBe(1));
    await looks(5);
    expect(begun).toBe(1);
    resolve([{ namespace: 'a', name: 'x' }]);
    await eventually(() => expect(w.runs).toContain('x'));
    await eventually(() => expect(begun).toBeGreaterThan(1));
  });
});
