import { StatusError } from '@kubus/shared/errors';
import type { Node, Pod } from '@kubus/shared/schema';
import { MetricsRegistry, silentLogger } from '@kubus/shared/telemetry';
import { eventually } from '@kubus/testkit';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { SchedulerMetrics } from './metrics.ts';
import { Scheduler, type SchedulerOptions } from './scheduler.ts';
import { node, pod } from './testing/builders.ts';
import { LedgerCluster } from './testing/ledger-cluster.ts';

const running: Scheduler[] = [];
afterEach(async () => {
  for (const scheduler of running.splice(0)) await scheduler.stop();
});

function startScheduler(
  cluster: LedgerCluster,
  options: Partial<SchedulerOptions> = {},
  delay?: () => number,
): Scheduler {
  const scheduler = new Scheduler({
    api: cluster.api,
    pods: cluster.view<Pod>('pods', delay),
    nodes: cluster.view<Node>('nodes', delay),
    events: cluster.recorder,
    log: silentLogger(),
    wakeupMs: 0,
    ...options,
    queue: { firstBackoffMs: 5, longestBackoffMs: 20, ...options.queue },
  });
  scheduler.start();
  running.push(scheduler);
  return scheduler;
}

const nodeOf = (cluster: LedgerCluster, name: string) => cluster.pods.get(name)?.spec?.nodeName;
const condition = (cluster: LedgerCluster, name: string) =>
  cluster.pods.get(name)?.status?.conditions?.find(({ type }) => type === 'PodScheduled');

describe('a scheduler', () => {
  it('binds pending pods, says so, and spreads those of one controller', async () => {
    const cluster = new LedgerCluster();
    for (const name of ['a', 'b', 'c']) cluster.put(node(name));
    for (let i = 0; i < 6; i++) cluster.put(pod(`web-${i}`, { owner: 'rs', requests: { cpu: '100m' } }));
    startScheduler(cluster);
    await eventually(() => expect(cluster.unbound()).toEqual([]));
    for (const name of ['a', 'b', 'c']) expect(cluster.used(name).get('pods')).toBe(2);
    await eventually(() => expect(cluster.events).toHaveLength(6));
    const { message, reason } = cluster.events.find((event) => event.pod === 'web-0') ?? {};
    expect({ message, reason }).toEqual({
      reason: 'Scheduled',
      message: `Successfully assigned default/web-0 to ${nodeOf(cluster, 'web-0')}`,
    });
  });

  it('leaves alone what is not its own to schedule', async () => {
    const cluster = new LedgerCluster();
    cluster.put(node('a'));
    cluster.put(pod('other', { spec: { schedulerName: 'mine' } }));
    cluster.put(pod('gated', { spec: { schedulingGates: [{ name: 'wait' }] } }));
    cluster.put(pod('ended', { phase: 'Failed' }));
    const leaving = pod('leaving');
    leaving.metadata.deletionTimestamp = '2026-01-01T00:00:00Z';
    cluster.put(leaving);
    startScheduler(cluster);
    cluster.put(pod('mine'));
    await eventually(() => expect(nodeOf(cluster, 'mine')).toBe('a'));
    expect(cluster.unbound().sort()).toEqual(['ended', 'gated', 'leaving', 'other']);
    cluster.put(pod('gated'));
    await eventually(() => expect(nodeOf(cluster, 'gated')).toBe('a'));
  });

  it('tells why a pod fits nowhere, once, and schedules it when a node comes', async () => {
    const cluster = new LedgerCluster();
    cluster.put(pod('big', { requests: { cpu: '3' } }));
    startScheduler(cluster);
    await eventually(() => expect(condition(cluster, 'big')?.message).toBe('no nodes available to schedule pods'));
    cluster.put(node('small', { allocatable: { cpu: '1' } }));
    cluster.put(node('tainted', { taints: [{ key: 'k', effect: 'NoSchedule' }] }));
    cluster.put(pod('second', { requests: { cpu: '3' } }));
    const message =
      '0/2 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint(s). no new claims to deallocate, ' +
      'preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.';
    await eventually(() =>
      expect(condition(cluster, 'second')).toMatchObject({ status: 'False', reason: 'Unschedulable', message }),
    );
    expect(cluster.events).toContainEqual({ pod: 'second', reason: 'FailedScheduling', message });
    cluster.put(node('large'));
    await eventually(() => expect([nodeOf(cluster, 'big'), nodeOf(cluster, 'second')]).toContain('large'));
  });

  it('schedules a waiting pod when another makes room', async () => {
    const cluster = new LedgerCluster();
    cluster.put(node('a', { allocatable: { pods: '1' } }));
    cluster.put(pod('first'));
    const registry = new MetricsRegistry();
    startScheduler(cluster, { metrics: new SchedulerMetrics(registry) });
    await eventually(() => expect(nodeOf(cluster, 'first')).toBe('a'));
    cluster.put(pod('second'));
    await eventually(() =>
      expect(condition(cluster, 'second')?.message).toBe(
        '0/1 nodes are available: 1 Too many pods. no new claims to deallocate, ' +
          'preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.',
      ),
    );
    cluster.put({ ...(cluster.pods.get('first') as Pod), status: { phase: 'Succeeded' } });
    cluster.remove(pod('first'));
    await eventually(() => expect(nodeOf(cluster, 'second')).toBe('a'));
    await eventually(async () => {
      const shown = await registry.metrics();
      expect(shown).toContain('scheduler_schedule_attempts_total{result="scheduled"} 2');
      expect(shown).toContain('scheduler_schedule_attempts_total{result="unschedulable"} 1');
    });
  });

  it('takes the most important pods first', async () => {
    const cluster = new LedgerCluster();
    cluster.put(node('a', { allocatable: { pods: '2' } }));
    for (const [name, priority] of [
      ['low', -5],
      ['middle', 0],
      ['high', 1_000],
    ] as const)
      cluster.put(pod(name, { spec: { priority } }));
    startScheduler(cluster);
    await eventually(() => expect(cluster.unbound()).toEqual(['low']));
  });

  it('tries again after a binding whose end nobody knows', async () => {
    const cluster = new LedgerCluster();
    cluster.put(node('a'));
    let batches = 0;
    cluster.afterBatch = () => {
      batches += 1;
      if (batches === 1) throw new StatusError('Timeout', 'the answer is lost');
    };
    cluster.beforeBatch = () => {
      if (batches === 1) throw new StatusError('Timeout', 'the request is lost');
    };
    cluster.put(pod('done-but-not-answered'));
    startScheduler(cluster);
    await eventually(() => expect(nodeOf(cluster, 'done-but-not-answered')).toBe('a'));
    cluster.put(pod('not-done'));
    await eventually(() => expect(batches).toBe(1));
    cluster.beforeBatch = () => undefined;
    await eventually(() => expect(nodeOf(cluster, 'not-done')).toBe('a'));
  });

  it('does not count a deleted pod against its node, not even one it has just placed', async () => {
    const cluster = new LedgerCluster();
    cluster.put(node('a', { allocatable: { pods: '1' } }));
    cluster.put(pod('x', { uid: 'first' }));
    cluster.beforeBatch = () => {
      cluster.remove(pod('x'));
      cluster.beforeBatch = () => undefined;
    };
    startScheduler(cluster);
    await eventually(() => expect(cluster.pods.has('x')).toBe(false));
    cluster.put(pod('x', { uid: 'second' }));
    await eventually(() => expect(nodeOf(cluster, 'x')).toBe('a'));
  });

  it('goes on past a pod and a node that cannot be read', async () => {
    const cluster = new LedgerCluster();
    cluster.put(node('broken', { allocatable: { cpu: 'much' } }));
    cluster.put(pod('broken', { requests: { cpu: 'little' } }));
    cluster.put(node('a'));
    cluster.put(pod('x'));
    startScheduler(cluster);
    await eventually(() => expect(nodeOf(cluster, 'x')).toBe('a'));
  });

  it('waits for the bindings under way before it stops', async () => {
    const cluster = new LedgerCluster();
    cluster.put(node('a'));
    const gate = Promise.withResolvers<void>();
    let asked = false;
    cluster.beforeBatch = () => {
      asked = true;
      return gate.promise;
    };
    cluster.put(pod('x'));
    const scheduler = startScheduler(cluster);
    await eventually(() => expect(asked).toBe(true));
    const stopping = scheduler.stop();
    gate.resolve();
    await stopping;
    expect(nodeOf(cluster, 'x')).toBe('a');
  });
});

describe('several schedulers', () => {
  /** Replicas that know nothing of each other and see everything late: the worst case. */
  const scenario = fc.record({
    replicas: fc.integer({ min: 1, max: 4 }),
    nodes: fc.array(fc.record({ cpu: fc.integer({ min: 1, max: 8 }), pods: fc.integer({ min: 1, max: 12 }) }), {
      minLength: 1,
      maxLength: 6,
    }),
    pods: fc.array(fc.integer({ min: 100, max: 3_000 }), { minLength: 1, maxLength: 40 }),
    delay: fc.integer({ min: 0, max: 12 }),
    batchSize: fc.integer({ min: 1, max: 10 }),
    seed: fc.integer(),
  });

  it('never put more on a node than it has, bind no pod twice, and leave none that fits', async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async ({ replicas, nodes, pods, delay, batchSize, seed }) => {
        const cluster = new LedgerCluster();
        for (const [i, size] of nodes.entries())
          cluster.put(node(`n${i}`, { allocatable: { cpu: `${size.cpu}`, pods: `${size.pods}` } }));
        for (const [i, cpu] of pods.entries()) cluster.put(pod(`p${i}`, { requests: { cpu: `${cpu}m` } }));
        let state = seed >>> 0;
        const random = () => {
          state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
          return state / 2 ** 32;
        };
        const schedulers = Array.from({ length: replicas }, () =>
          startScheduler(cluster, { batchSize, concurrency: 2, random }, () => Math.trunc(random() * (delay + 1))),
        );
        const fitsSomewhere = (name: string) => {
          const cpu = pods[Number(name.slice(1))] as number;
          return nodes.some((size, i) => {
            const used = cluster.used(`n${i}`);
            return (used.get('cpu') ?? 0) + cpu <= size.cpu * 1_000 && (used.get('pods') ?? 0) < size.pods;
          });
        };
        await eventually(() => expect(cluster.unbound().filter(fitsSomewhere)).toEqual([]), 20_000, 2);
        expect(cluster.overcommitted()).toEqual([]);
        for (const scheduler of schedulers) await scheduler.stop();
      }),
      { numRuns: 40 },
    );
  });

  it('share the pods, and take over those of one that is gone', async () => {
    const cluster = new LedgerCluster();
    for (let i = 0; i < 4; i++) cluster.put(node(`n${i}`));
    const members = new Set([0, 1]);
    const owner = (uid: string) => (members.size === 2 ? Number(uid.at(-1)) % 2 : ([...members][0] as number));
    const dead = startScheduler(cluster, {
      queue: { owns: ({ uid }) => owner(uid) === 0 },
      api: { batch: () => new Promise(() => {}) },
    });
    const other = startScheduler(cluster, { queue: { owns: ({ uid }) => owner(uid) === 1 } });
    for (let i = 0; i < 20; i++) cluster.put(pod(`p${i}`));
    await eventually(() => expect(cluster.unbound()).toHaveLength(10));
    expect(cluster.refusals).toBe(0);
    members.delete(0);
    other.repartition();
    await eventually(() => expect(cluster.unbound()).toEqual([]));
    running.splice(running.indexOf(dead), 1);
  });

  it('do not leave a pod to a replica that does nothing for ever', async () => {
    const cluster = new LedgerCluster();
    cluster.put(node('a'));
    startScheduler(cluster, { sweepMs: 20, queue: { owns: () => false, foreignMs: 0 } });
    cluster.put(pod('x'));
    await eventually(() => expect(nodeOf(cluster, 'x')).toBe('a'));
  });
});
