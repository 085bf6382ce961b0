import type { Node, Pod } from '@kubus/shared/schema';
import { expect, it } from 'vitest';
import { buildPod, container } from '../../test/rig.ts';
import { misfit as misfitOn } from './room.ts';

const room = { cpuMillis: 2000, memoryBytes: 2 ** 30, pods: 3 };
const node = (labels: Record<string, string> = {}, ...taints: object[]) =>
  ({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1', labels }, spec: { taints } }) as Node;
const misfit = (pod: Pod, others: Pod[], given: typeof room, of = node()) => misfitOn(pod, others, given, of);
const asks = (name: string, requests: Record<string, string>, more: object = {}) =>
  buildPod(name, { containers: [container('main', 'run', { resources: { requests } })], ...more });
const opens = (name: string, ...ports: object[]) =>
  buildPod(name, { containers: [container('main', 'run', { ports })] });

it('takes what fits beside the others, and says what is missing else', () => {
  const others = [asks('a', { cpu: '1500m', memory: '256Mi' })];
  expect(misfit(asks('b', { cpu: '500m', memory: '768Mi' }), others, room)).toBe(undefined);
  expect(misfit(asks('b', { cpu: '501m' }), others, room)).toEqual({
    reason: 'OutOfcpu',
    message: "Pod was rejected: Node didn't have enough resource: cpu, requested: 501, used: 1500, capacity: 2000",
  });
  expect(misfit(asks('b', { memory: '769Mi' }), others, room)?.reason).toBe('OutOfmemory');
  expect(misfit(asks('b', {}), [...others, asks('c', {}), asks('d', {})], room)?.reason).toBe('OutOfpods');
});

it('takes whoever asks for nothing of what there is none left of, and what the node cannot be without', () => {
  const full = [asks('a', { cpu: '3' })];
  expect(misfit(asks('b', { memory: '1Mi' }), full, room)).toBe(undefined);
  expect(misfit(asks('b', { cpu: '1' }, { priority: 2_000_001_000 }), full, room)).toBe(undefined);
});

it('takes no two pods for one port of the host', () => {
  const others = [
    opens('a', { containerPort: 1, hostPort: 80 }, { containerPort: 2, hostPort: 81, hostIP: '10.0.0.1' }),
  ];
  const reason = (port: object) => misfit(opens('b', port), others, room)?.reason;
  expect(reason({ containerPort: 9, hostPort: 80, hostIP: '10.0.0.9' })).toBe('NodePorts');
  expect(reason({ containerPort: 9, hostPort: 81, hostIP: '0.0.0.0' })).toBe('NodePorts');
  expect(reason({ containerPort: 9, hostPort: 81, hostIP: '10.0.0.9' })).toBe(undefined);
  expect(reason({ containerPort: 9, hostPort: 80, protocol: 'UDP' })).toBe(undefined);
  expect(reason({ containerPort: 80 })).toBe(undefined);
});

it('counts the host ports of sidecars, which stay, and not those of init containers, which end', () => {
  const starts = (name: string, more: object) => {
    const first = container('first', 'run', { ports: [{ containerPort: 1, hostPort: 80 }], ...more });
    return buildPod(name, { initContainers: [first], containers: [container('main', 'run')] });
  };
  const others = [starts('a', { restartPolicy: 'Always' })];
  const asking = opens('b', { containerPort: 9, hostPort: 80 });
  expect(misfit(asking, others, room)?.reason).toBe('NodePorts');
  expect(misfit(asking, [starts('a', {})], room)).toBe(undefined);
});

const ssd = { nodeSelector: { disk: 'ssd' } };
const critical = { priority: 2_000_001_000 };
const placed = (more: object, of: Node, status?: Pod['status']) => {
  const pod = asks('b', { cpu: '1' }, more);
  return misfit({ ...pod, ...(status === undefined ? {} : { status }) }, [], room, of);
};

it('takes no pod that asks for other labels than the node has', () => {
  const required = (operator: string, values: string[]) => ({
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchExpressions: [{ key: 'disk', operator, values }] }],
        },
      },
    },
  });
  expect(placed(ssd, node())).toEqual({
    reason: 'NodeAffinity',
    message: "Pod was rejected: Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector",
    byNode: true,
  });
  expect(placed(ssd, node({ disk: 'hdd' }))?.reason).toBe('NodeAffinity');
  expect(placed(ssd, node({ disk: 'ssd' }))).toBe(undefined);
  expect(placed(required('In', ['ssd']), node({ disk: 'hdd' }))?.reason).toBe('NodeAffinity');
  expect(placed(required('NotIn', ['ssd']), node({ disk: 'hdd' }))).toBe(undefined);
  expect(placed({ ...ssd, ...critical }, node())?.reason).toBe('NodeAffinity');
});

it('takes no pod that a taint would end, but those that only have to keep off', () => {
  const key = 'dedicated';
  expect(placed({}, node({}, { key, effect: 'NoExecute' }))).toEqual({
    reason: 'TaintToleration',
    message: "Pod was rejected: Predicate TaintToleration failed: node(s) had taints that the pod didn't tolerate",
    byNode: true,
  });
  expect(placed({}, node({}, { key, effect: 'NoSchedule' }))).toBe(undefined);
  expect(placed({ tolerations: [{ key, operator: 'Exists' }] }, node({}, { key, effect: 'NoExecute' }))).toBe(
    undefined,
  );
});

it('says first what it lacks room for, and asks nothing of labels and taints of whom it took before', () => {
  const of = node({}, { key: 'dedicated', effect: 'NoExecute' });
  expect(misfit(asks('b', { cpu: '3' }, ssd), [], room, of)?.reason).toBe('OutOfcpu');
  expect(placed(ssd, of, { phase: 'Pending', startTime: '2026-01-01T00:00:00Z' })).toBe(undefined);
});

it('holds static pods to its labels, and to neither its room nor its taints', () => {
  const own = (more: object, requests: Record<string, string> = {}) => {
    const pod = asks('b', requests, more);
    return { ...pod, metadata: { ...pod.metadata, uid: '0123456789abcdef0123456789abcdef' } };
  };
  const of = node({}, { key: 'dedicated', effect: 'NoExecute' });
  expect(misfit(own({}, { cpu: '3' }), [], room, of)).toBe(undefined);
  expect(misfit(own(ssd), [], room, of)?.reason).toBe('NodeAffinity');
});
