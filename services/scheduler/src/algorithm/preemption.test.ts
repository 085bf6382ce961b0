import type { Node, Pod, PodSpec } from '@kubus/shared/schema';
import { describe, expect, it } from 'vitest';
import { ClusterState } from '../cluster/cluster-state.ts';
import { node, pod } from '../testing/builders.ts';
import { Algorithm } from './algorithm.ts';
import { explainPreemption } from './preemption.ts';

function explain(asked: Pod, nodes: readonly Node[], bound: readonly Pod[] = []): string | undefined {
  const state = new ClusterState();
  for (const one of nodes) state.putNode(one);
  for (const one of bound) state.putPod(one);
  const algorithm = new Algorithm({ nodes: state.table });
  const info = state.read(asked);
  const before = algorithm.diagnose(info);
  const message = explainPreemption(info, before, { algorithm, state });
  expect(algorithm.diagnose(info).message).toBe(before.message);
  return message;
}

const wants = (cpu: string, spec: Partial<PodSpec> = {}): Pod => pod('x', { requests: { cpu }, spec });
const there = (name: string, cpu: string, spec: Partial<PodSpec> = {}): Pod =>
  pod(name, { requests: { cpu }, spec: { nodeName: 'a', ...spec } });

const two = [
  node('a', { allocatable: { cpu: '4', pods: '2' } }),
  node('b', { taints: [{ key: 'k', effect: 'NoSchedule' }] }),
];
const nobody =
  '0/2 nodes are available: 1 No preemption victims found for incoming pod, 1 Preemption is not helpful for scheduling.';
const useless = '0/2 nodes are available: 2 Preemption is not helpful for scheduling.';

describe('Preemption', () => {
  it.each<[string, Pod, Pod[], string | undefined]>([
    ['no pod on the node is less important', wants('2', { priority: 5 }), [there('p', '3', { priority: 5 })], nobody],
    [
      'pods that are less important are elsewhere',
      wants('2', { priority: 5 }),
      [there('p', '3', { priority: 9 }), there('q', '1', { nodeName: 'b' })],
      nobody,
    ],
    ['it asks for more than the node has', wants('5', { priority: 5 }), [there('p', '3')], useless],
    ['the node has no place for more pods', pod('x'), [there('p', '1m'), there('q', '1m')], nobody],
    [
      'less important pods do not take enough',
      wants('3', { priority: 5 }),
      [there('p', '2', { priority: 9 }), there('q', '1')],
      '0/2 nodes are available: 1 Insufficient cpu, 1 Preemption is not helpful for scheduling.',
    ],
    [
      'it may not',
      wants('2', { priority: 5, preemptionPolicy: 'Never' }),
      [there('p', '3')],
      'not eligible due to preemptionPolicy=Never.',
    ],
    [
      'less important pods take enough',
      wants('3', { priority: 5 }),
      [there('p', '2', { priority: -1 }), there('q', '1')],
      undefined,
    ],
  ])('is explained where %s', (_, asked, bound, message) => expect(explain(asked, two, bound)).toBe(message));

  it('counts ports of the host as taken by whoever has them', () => {
    const holds = (name: string, spec: Partial<PodSpec>) =>
      pod(name, { ports: [{ containerPort: 80, hostPort: 80 }], spec });
    const [a] = two as [Node];
    const taken = (priority: number) =>
      explain(holds('x', { priority: 5 }), [a], [holds('p', { nodeName: 'a', priority })]);
    expect([taken(5), taken(4)]).toEqual([
      '0/1 nodes are available: 1 No preemption victims found for incoming pod.',
      undefined,
    ]);
  });
});
