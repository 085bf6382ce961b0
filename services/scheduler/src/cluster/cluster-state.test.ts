import { podRequests } from '@kubus/shared/object';
import type { Pod } from '@kubus/shared/schema';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { node, pod } from '../testing/builders.ts';
import { ClusterState } from './cluster-state.ts';

const bound = (name: string, to: string, cpu: string, phase = 'Running'): Pod => {
  const made = pod(name, { requests: { cpu }, owner: 'rs', phase, ports: [{ containerPort: 1, hostPort: 80 }] });
  return { ...made, spec: { ...(made.spec as NonNullable<Pod['spec']>), nodeName: to } };
};

/** What the table has booked on a node: CPU, pods, pods of the owner. */
function booked(state: ClusterState, name: string): number[] | undefined {
  const { table } = state;
  const slot = table.slotOf(name);
  if (slot === undefined) return undefined;
  return [table.used[0]?.[slot] ?? 0, table.used[3]?.[slot] ?? 0, table.owners.of('rs')?.[slot] ?? 0];
}

it('counts pods on nodes that come after them, and not on nodes that are gone', () => {
  const state = new ClusterState();
  state.putPod(bound('x', 'late', '2'));
  expect(state.nodeCount).toBe(0);
  state.putNode(node('late'));
  expect(booked(state, 'late')).toEqual([2_000, 1, 1]);
  state.removeNode('late');
  state.putNode(node('other'));
  expect(booked(state, 'other')).toEqual([0, 0, 0]);
  state.putNode(node('late'));
  expect(booked(state, 'late')).toEqual([2_000, 1, 1]);
});

it('knows whether any node that is there has a taint that is only to be avoided', () => {
  const state = new ClusterState();
  const soft = { key: 'k', effect: 'PreferNoSchedule' };
  const seen = [
    () => state.putNode(node('a', { taints: [soft, { key: 'hard', effect: 'NoSchedule' }] })),
    () => state.putNode(node('b', { taints: [soft] })),
    () => state.putNode(node('a')),
    () => state.removeNode('b'),
  ].map((change) => {
    change();
    return state.table.hasSoftTaints;
  });
  expect(seen).toEqual([true, true, true, false]);
});

it('keeps an assumption until the log confirms or contradicts it', () => {
  const state = new ClusterState();
  const slot = state.putNode(node('a'));
  state.putNode(node('b'));
  state.assume(state.read(pod('x', { requests: { cpu: '1' }, owner: 'rs' })), slot);
  state.putPod(pod('x', { requests: { cpu: '1' }, owner: 'rs' }));
  expect(booked(state, 'a')).toEqual([1_000, 1, 1]);
  state.putPod(bound('x', 'b', '1'));
  expect([booked(state, 'a'), booked(state, 'b')]).toEqual([
    [0, 0, 0],
    [1_000, 1, 1],
  ]);
  state.forget('pod-x');
  expect(booked(state, 'b')).toEqual([1_000, 1, 1]);
});

it('follows pods that are resized, end or go', () => {
  const state = new ClusterState();
  const slot = state.putNode(node('a'));
  state.putPod(bound('x', 'a', '1'));
  expect(state.putPod(bound('x', 'a', '500m'))).toBe(slot);
  expect(booked(state, 'a')).toEqual([500, 1, 1]);
  expect(state.putPod(bound('x', 'a', '500m', 'Succeeded'))).toBe(slot);
  expect(booked(state, 'a')).toEqual([0, 0, 0]);
  expect(state.removePod('pod-x')).toBeUndefined();
  state.putPod(bound('y', 'a', '1'));
  expect(state.removePod('pod-y')).toBe(slot);
  expect(state.table.ports(slot)?.conflicts({ ip: '0.0.0.0', protocol: 'TCP', port: 80 })).toBe(false);
});

it('has always booked exactly what is bound or assumed, in any order of events', () => {
  const name = fc.integer({ min: 0, max: 120 }).map((i) => `n${i}`);
  const podName = fc.integer({ min: 0, max: 15 }).map((i) => `p${i}`);
  const cpu = fc.integer({ min: 1, max: 5 }).map((i) => `${i}00m`);
  const step = fc.oneof(
    fc.record({ type: fc.constant('node' as const), name }),
    fc.record({ type: fc.constant('no-node' as const), name }),
    fc.record({ type: fc.constant('bound' as const), pod: podName, name, cpu }),
    fc.record({ type: fc.constant('assume' as const), pod: podName, name, cpu }),
    fc.record({ type: fc.constant('forget' as const), pod: podName }),
    fc.record({ type: fc.constant('gone' as const), pod: podName }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const state = new ClusterState();
      const nodes = new Set<string>();
      const expected = new Map<string, { node: string; pod: Pod; assumed: boolean }>();
      for (const one of steps) {
        if (one.type === 'node') nodes.add(state.table.name(state.putNode(node(one.name))));
        else if (one.type === 'no-node') {
          nodes.delete(one.name);
          state.removeNode(one.name);
        } else if (one.type === 'bound') {
          const made = bound(one.pod, one.name, one.cpu);
          state.putPod(made);
          expected.set(one.pod, { node: one.name, pod: made, assumed: false });
        } else if (one.type === 'assume') {
          const slot = state.table.slotOf(one.name);
          if (slot === undefined || expected.has(one.pod)) continue;
          const made = pod(one.pod, { requests: { cpu: one.cpu }, owner: 'rs' });
          state.assume(state.read(made), slot);
          expected.set(one.pod, { node: one.name, pod: made, assumed: true });
        } else if (one.type === 'forget') {
          state.forget(`pod-${one.pod}`);
          if (expected.get(one.pod)?.assumed) expected.delete(one.pod);
        } else {
          state.removePod(`pod-${one.pod}`);
          expected.delete(one.pod);
        }
      }
      expect(state.nodeCount).toBe(nodes.size);
      expect([state.hasLessImportant(0), state.hasLessImportant(1)]).toEqual([false, expected.size > 0]);
      for (const name of nodes) {
        const there = [...expected.values()].filter((placed) => placed.node === name);
        const cpu = there.reduce(
          (sum, placed) => sum + (podRequests(placed.pod.spec as NonNullable<Pod['spec']>).get('cpu') ?? 0),
          0,
        );
        expect(booked(state, name)).toEqual([cpu, there.length, there.length]);
      }
    }),
    { numRuns: 200 },
  );
});
