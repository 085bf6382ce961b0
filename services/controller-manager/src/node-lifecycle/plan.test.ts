import type { Node, NodeCondition, Taint } from '@kubus/shared/schema';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { formatTime } from '../common/time.ts';
import { type Observed, plan } from './plan.ts';
import { nodeLifecycleEnvironment, nodeLifecycleSettings } from './settings.ts';
import { withTaints } from './taints.ts';
import { observeZones, stateOf, untilEviction } from './zones.ts';

const settings = nodeLifecycleSettings(z.object(nodeLifecycleEnvironment).parse({}));
const now = Date.UTC(2026, 0, 1);
const ago = (seconds: number) => formatTime(now - seconds * 1000);

interface Given {
  name?: string;
  ready?: string | undefined;
  taints?: Taint[];
  zone?: string;
  unschedulable?: boolean;
  conditions?: NodeCondition[];
}

function node({
  name = 'n',
  taints = [],
  zone = 'z',
  unschedulable = false,
  conditions = [],
  ...rest
}: Given = {}): Node {
  const ready = 'ready' in rest ? rest.ready : 'True';
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, creationTimestamp: ago(3600), labels: { 'topology.kubernetes.io/zone': zone } },
    spec: { taints, unschedulable },
    status: { conditions: [...(ready === undefined ? [] : [{ type: 'Ready', status: ready }]), ...conditions] },
  };
}

const healthy = node({ name: 'healthy' });
const unreachable = (effect: string, timeAdded?: string): Taint => ({
  ...{ key: 'node.kubernetes.io/unreachable', effect },
  ...(timeAdded === undefined ? {} : { timeAdded }),
});

function look(given: Node, options: { silent?: number; others?: Node[]; pods?: Observed['pods'] } = {}) {
  const { silent = 0, others = [healthy], pods = [] } = options;
  const zones = observeZones([given, ...others]);
  return plan({ node: given, pods, lastSeen: now - silent * 1000, zones }, settings, now);
}

const types = (given: ReturnType<typeof look>) => given.actions.map(({ type }) => type);
const taintsOf = (given: ReturnType<typeof look>) =>
  given.actions.flatMap((action) =>
    action.type === 'setTaints' ? action.taints.map(({ key, effect }) => `${key.split('/')[1]} ${effect}`) : [],
  );

describe('a node', () => {
  it('that is well is left alone until it would no longer be', () => {
    expect(look(node(), { silent: 10 })).toEqual({ actions: [], nextLook: 40_001 });
  });

  it('that was silent for longer than the grace period is unknown and given up', () => {
    const seen = look(
      node({
        conditions: [
          { type: 'DiskPressure', status: 'False' },
          { type: 'NetworkUnavailable', status: 'False' },
        ],
      }),
      { silent: 51 },
    );
    expect(types(seen)).toEqual(['setConditions', 'setTaints']);
    expect(seen.actions[0]).toMatchObject({
      becameNotReady: true,
      conditions: [
        {
          type: 'Ready',
          status: 'Unknown',
          reason: 'NodeStatusUnknown',
          message: 'Kubelet stopped posting node status.',
        },
        { type: 'DiskPressure', status: 'Unknown' },
        { type: 'NetworkUnavailable', status: 'False' },
        { type: 'MemoryPressure', status: 'Unknown', reason: 'NodeStatusNeverUpdated' },
        { type: 'PIDPressure', status: 'Unknown' },
      ],
    });
    expect(taintsOf(seen)).toEqual(['unreachable NoSchedule', 'unreachable NoExecute']);
    expect(seen.nextLook).toBe(5_000);
  });

  it('has longer to post its first status', () => {
    expect(look(node({ ready: undefined }), { silent: 55 })).toMatchObject({ actions: [], nextLook: 5_001 });
    expect(types(look(node({ ready: undefined }), { silent: 61 }))).toContain('setConditions');
  });

  it('that says that it is not ready is given up too, for that reason', () => {
    expect(taintsOf(look(node({ ready: 'False' })))).toEqual(['not-ready NoSchedule', 'not-ready NoExecute']);
  });

  it('that is given up already only changes the reason, without waiting', () => {
    const given = node({
      ready: 'False',
      taints: [unreachable('NoSchedule', ago(1)), unreachable('NoExecute', ago(1))],
    });
    expect(taintsOf(look(given, { others: [healthy, { ...given, metadata: { name: 'other' } }] }))).toEqual([
      'not-ready NoSchedule',
      'not-ready NoExecute',
    ]);
  });

  it('that is well again loses our taints and keeps those of others', () => {
    const others = { key: 'dedicated', value: 'x', effect: 'NoExecute' };
    const given = node({ taints: [unreachable('NoSchedule'), others, unreachable('NoExecute')] });
    expect(look(given).actions).toEqual([{ type: 'setTaints', taints: [others] }]);
  });

  it('under pressure or cordoned takes no new pods', () => {
    const given = node({ unschedulable: true, conditions: [{ type: 'MemoryPressure', status: 'True' }] });
    expect(taintsOf(look(given))).toEqual(['memory-pressure NoSchedule', 'unschedulable NoSchedule']);
  });

  it('that is not ready has no pods that are ready', () => {
    const pod = (name: string, status: string) => ({
      ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'a' } },
      status: { conditions: [{ type: 'Ready', status }] },
    });
    const pods = [pod('a', 'True'), pod('b', 'False')];
    expect(
      types(look(node({ ready: 'Unknown', taints: [unreachable('NoSchedule'), unreachable('NoExecute')] }), { pods })),
    ).toEqual(['markNotReady']);
    expect(look(node(), { pods }).actions).toEqual([]);
  });
});

describe('giving up nodes', () => {
  const lost = (name: string, since?: string, zone = 'z') =>
    node({
      name,
      zone,
      ready: 'Unknown',
      taints: [unreachable('NoSchedule'), ...(since === undefined ? [] : [unreachable('NoExecute', since)])],
    });

  it('takes turns: one in ten seconds in a zone', () => {
    const seen = look(lost('a'), { others: [healthy, lost('b', ago(4))] });
    expect(taintsOf(seen)).toEqual([]);
    expect(seen.nextLook).toBe(5_000);
    expect(look(lost('a'), { others: [healthy, lost('b', ago(7))] }).nextLook).toBe(3_000);
    expect(taintsOf(look(lost('a'), { others: [healthy, lost('b', ago(10))] }))).toContain('unreachable NoExecute');
    expect(taintsOf(look(lost('a'), { others: [healthy, lost('b', ago(4), 'other zone')] }))).toContain(
      'unreachable NoExecute',
    );
  });

  it('stops in a small zone of which most is not ready, and goes slowly in a large one', () => {
    const zone = (all: number, bad: number) =>
      [...Array(all)].map((_, i) => node({ name: `n${i}`, ready: i < bad ? 'Unknown' : 'True' }));
    const state = (all: number, bad: number) => {
      const nodes = zone(all, bad);
      const [first] = nodes;
      if (first === undefined) throw new Error('no node');
      const seen = observeZones(nodes).of(first);
      return [stateOf(seen, settings), untilEviction({ ...seen, lastEviction: now - 20_000 }, settings, now)];
    };
    expect(state(10, 2)).toEqual(['normal', 0]);
    expect(state(10, 6)).toEqual(['partialDisruption', undefined]);
    expect(state(100, 55)).toEqual(['partialDisruption', 80_000]);
    expect(state(4, 2)).toEqual(['normal', 0]);
    expect(state(3, 3)).toEqual(['fullDisruption', 0]);
  });

  it('never happens while no node is ready anywhere, and is taken back', () => {
    expect(taintsOf(look(lost('a'), { others: [lost('b')] }))).toEqual([]);
    const given = lost('a', ago(60));
    expect(taintsOf(look(given, { others: [lost('b')] }))).toEqual(['unreachable NoSchedule']);
  });

  it('never exceeds the rate of a zone, whatever nodes do', () => {
    const any = fc.record({
      ready: fc.constantFrom('True', 'False', 'Unknown', undefined),
      tainted: fc.option(fc.integer({ min: 0, max: 30 }), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(any, { minLength: 1, maxLength: 12 }), fc.integer({ min: 0, max: 100 }), (given, silent) => {
        const nodes = given.map(({ ready, tainted }, i) =>
          node({ name: `n${i}`, ready, taints: tainted === undefined ? [] : [unreachable('NoExecute', ago(tainted))] }),
        );
        for (const [index, one] of nodes.entries()) {
          const seen = look(one, { silent, others: nodes.filter((other) => other !== one) });
          const gives =
            taintsOf(seen).some((taint) => taint.endsWith('NoExecute')) && given[index]?.tainted === undefined;
          const recent = given.some(({ tainted }) => tainted !== undefined && tainted < 10);
          expect(gives && recent).toBe(false);
          expect(seen.nextLook).toBeGreaterThan(0);
        }
      }),
    );
  });
});

it('taints come to rest: what was written needs no writing', () => {
  const keys = fc.subarray([
    'node.kubernetes.io/not-ready',
    'node.kubernetes.io/unreachable',
    'node.kubernetes.io/disk-pressure',
  ]);
  const eviction = fc.constantFrom(undefined, 'node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable');
  fc.assert(
    fc.property(keys, eviction, keys, (scheduling, evict, before) => {
      const wanted = { scheduling, eviction: evict };
      const given = node({
        taints: before.flatMap((key) => ['NoSchedule', 'NoExecute'].map((effect) => ({ key, effect }))),
      });
      const taints = withTaints(given, wanted, 'now') ?? given.spec?.taints ?? [];
      expect(withTaints(node({ taints }), wanted, 'later')).toBeUndefined();
    }),
  );
});
