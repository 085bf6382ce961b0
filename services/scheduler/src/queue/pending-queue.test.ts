import type { Pod } from '@kubus/shared/schema';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { podInfo } from '../cluster/pod-info.ts';
import { ResourceColumns } from '../cluster/resources.ts';
import { pod } from '../testing/builders.ts';
import { Heap } from './heap.ts';
import { PendingQueue, type PendingQueueOptions } from './pending-queue.ts';

const columns = new ResourceColumns();
const info = (name: string, priority = 0, spec: Partial<NonNullable<Pod['spec']>> = {}) =>
  podInfo(pod(name, { spec: { priority, ...spec } }), columns);

function setUp(options: PendingQueueOptions = {}) {
  const clock = { now: 0 };
  const queue = new PendingQueue({ now: () => clock.now, ...options });
  const pop = () => queue.pop()?.pod.metadata.name;
  return { clock, queue, pop };
}

describe('the pending queue', () => {
  it('gives the highest priority first, then the oldest', () => {
    const { queue, pop } = setUp();
    for (const [name, priority] of [
      ['a', 0],
      ['b', 5],
      ['c', 0],
      ['d', 5],
    ] as const)
      queue.put(info(name, priority));
    expect([pop(), pop(), pop(), pop(), pop()]).toEqual(['b', 'd', 'a', 'c', undefined]);
  });

  it('forgets what was removed', () => {
    const { queue, pop } = setUp();
    queue.put(info('a'));
    queue.remove('pod-a');
    expect([pop(), queue.has('pod-a')]).toEqual([undefined, false]);
    queue.put(info('a'));
    pop();
    queue.remove('pod-a');
    queue.refused('pod-a');
    expect(queue.has('pod-a')).toBe(false);
  });

  it('lets a refused pod wait, longer each time, up to ten seconds', () => {
    const { clock, queue, pop } = setUp();
    queue.put(info('a'));
    const waits: number[] = [];
    for (let i = 0; i < 6; i++) {
      expect(pop()).toBe('a');
      queue.refused('pod-a');
      const from = clock.now;
      while (!queue.hasActive) clock.now += 500;
      waits.push(clock.now - from);
    }
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
    pop();
    queue.refused('pod-a', true);
    expect(pop()).toBe('a');
  });

  it('keeps a pod that fits nowhere until something helps it, and its backoff is over', () => {
    const { clock, queue, pop } = setUp();
    queue.put(info('a'));
    pop();
    queue.unschedulable('pod-a');
    clock.now = 200_000;
    queue.awaken(() => false);
    queue.flush();
    expect(pop()).toBeUndefined();
    queue.awaken(() => true);
    expect(pop()).toBe('a');
    queue.unschedulable('pod-a');
    queue.awaken(() => true);
    expect([pop(), queue.counts().backoff]).toEqual([undefined, 1]);
    clock.now += 2_000;
    expect(pop()).toBe('a');
  });

  it('does not miss a change that comes while the pod is being tried', () => {
    const { clock, queue, pop } = setUp();
    queue.put(info('a'));
    pop();
    queue.awaken(() => true);
    queue.unschedulable('pod-a');
    clock.now += 1_000;
    expect(pop()).toBe('a');
  });

  it('tries a pod that fits nowhere after five minutes without a reason', () => {
    const { clock, queue, pop } = setUp();
    queue.put(info('a'));
    pop();
    queue.unschedulable('pod-a');
    clock.now = 299_999;
    queue.flush();
    expect(pop()).toBeUndefined();
    clock.now = 300_000;
    queue.flush();
    expect(pop()).toBe('a');
  });

  it('tries a pod at once when what it asks has changed, but not for a new status', () => {
    const { queue, pop } = setUp();
    queue.put(info('a'));
    pop();
    queue.unschedulable('pod-a');
    queue.put(info('a'));
    expect(pop()).toBeUndefined();
    queue.put(info('a', 0, { nodeSelector: { x: 'y' } }));
    expect(pop()).toBe('a');
  });

  it('takes a changed priority into account while the pod waits its turn', () => {
    const { queue, pop } = setUp();
    for (const name of ['a', 'b']) queue.put(info(name));
    queue.put(info('b', 7));
    expect([pop(), pop(), pop()]).toEqual(['b', 'a', undefined]);
  });

  it('leaves pods of other replicas alone, until they are its own or have waited for long', () => {
    let own = false;
    const { clock, queue, pop } = setUp({ owns: () => own });
    queue.put(info('a'));
    expect(pop()).toBeUndefined();
    clock.now = 30_000;
    queue.flush();
    expect(pop()).toBe('a');
    queue.put(info('b'));
    expect(pop()).toBeUndefined();
    own = true;
    queue.repartition();
    expect(pop()).toBe('b');
    queue.put(info('c'));
    own = false;
    expect([pop(), queue.counts().foreign]).toEqual([undefined, 1]);
  });

  it('wakes who waits when a pod comes or a backoff is over', async () => {
    const queue = new PendingQueue({ firstBackoffMs: 5 });
    const waiting = queue.wait(60_000);
    queue.put(info('a'));
    await waiting;
    queue.pop();
    queue.refused('pod-a');
    await queue.wait(60_000);
    expect(queue.hasActive).toBe(true);
    const interrupted = new PendingQueue();
    const wait = interrupted.wait(60_000);
    interrupted.interrupt();
    await wait;
  });
});

it('a heap pops in order', () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), (numbers) => {
      const heap = new Heap<number>((a, b) => a < b);
      for (const number of numbers) heap.push(number);
      const popped = Array.from(numbers, () => heap.pop());
      expect(popped).toEqual(numbers.toSorted((a, b) => a - b));
      expect(heap.pop()).toBeUndefined();
    }),
  );
});
