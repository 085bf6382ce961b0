import type { Node, Pod, PodSpec, Taint } from '@kubus/shared/schema';
import { describe, expect, it } from 'vitest';
import { Algorithm } from '../algorithm/algorithm.ts';
import { ClusterState } from '../cluster/cluster-state.ts';
import { node, pod } from '../testing/builders.ts';

/** The name of the chosen node, or why there is none. */
function place(asked: Pod, nodes: readonly Node[], bound: readonly Pod[] = []): string {
  const state = new ClusterState();
  for (const one of nodes) state.putNode(one);
  for (const one of bound) state.putPod(one);
  const algorithm = new Algorithm({ nodes: state.table });
  const info = state.read(asked);
  const slot = algorithm.select(info);
  return slot === undefined ? algorithm.diagnose(info).message : state.table.name(slot);
}

const on = (name: string, there: Pod): Pod => ({ ...there, spec: { ...(there.spec as PodSpec), nodeName: name } });
const withSpec = (spec: Partial<PodSpec>): Pod => pod('x', { spec });

describe('NodeUnschedulable', () => {
  const cordoned = node('a', { unschedulable: true });
  it('keeps pods off a cordoned node', () => {
    expect(place(pod('x'), [cordoned])).toBe('0/1 nodes are available: 1 node(s) were unschedulable.');
  });
  it('lets those pass that tolerate the taint of it', () => {
    expect(
      place(withSpec({ tolerations: [{ key: 'node.kubernetes.io/unschedulable', operator: 'Exists' }] }), [cordoned]),
    ).toBe('a');
  });
});

describe('NodeName', () => {
  it('says that there is no such node', () => {
    expect(place(withSpec({ nodeName: 'b' }), [node('a')])).toBe(
      "0/1 nodes are available: 1 node(s) didn't match the requested node name.",
    );
  });
});

describe('TaintToleration', () => {
  const taint: Taint = { key: 'dedicated', value: 'gpu', effect: 'NoSchedule' };
  const refusal = '0/1 nodes are available: 1 node(s) had untolerated taint(s).';
  it.each([
    [undefined, taint, refusal],
    [[{ key: 'dedicated', operator: 'Equal', value: 'gpu', effect: 'NoSchedule' }], taint, 'a'],
    [[{ key: 'dedicated', value: 'gpu' }], taint, 'a'],
    [[{ key: 'dedicated', value: 'cpu' }], taint, refusal],
    [[{ key: 'dedicated', operator: 'Exists' }], taint, 'a'],
    [[{ operator: 'Exists' }], taint, 'a'],
    [[{ operator: 'Exists', effect: 'NoExecute' }], taint, refusal],
    [[{ key: 'other', operator: 'Exists' }], taint, refusal],
    [[{ value: 'gpu' }], taint, refusal],
    [undefined, { key: 'soft', effect: 'PreferNoSchedule' }, 'a'],
    [undefined, { key: 'out', effect: 'NoExecute' }, refusal],
    [[{ key: 'level', operator: 'Lt', value: '10' }], { key: 'level', value: '5', effect: 'NoSchedule' }, 'a'],
    [[{ key: 'level', operator: 'Gt', value: '10' }], { key: 'level', value: '5', effect: 'NoSchedule' }, refusal],
    [[{ key: 'level', operator: 'Gt', value: '1' }], { key: 'level', value: 'five', effect: 'NoSchedule' }, refusal],
    [[{ key: 'level', operator: 'Near', value: '5' }], { key: 'level', value: '5', effect: 'NoSchedule' }, refusal],
  ] as const)('%j against %j', (tolerations, present, outcome) => {
    const asked = withSpec(tolerations === undefined ? {} : { tolerations: [...tolerations] });
    expect(place(asked, [node('a', { taints: [present] })])).toBe(outcome);
  });
});

describe('NodeAffinity', () => {
  const labels = { zone: 'eu', cores: '8', __proto: 'x' };
  const refusal = "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.";
  it.each([
    [{ zone: 'eu' }, 'a'],
    [{ zone: 'us' }, refusal],
    [{ zone: 'eu', disk: 'ssd' }, refusal],
    [{ toString: 'x' }, refusal],
    [{ constructor: 'x' }, refusal],
  ])('selector %j', (nodeSelector, outcome) => {
    expect(place(withSpec({ nodeSelector }), [node('a', { labels })])).toBe(outcome);
  });

  const expression = (key: string, operator: string, ...values: string[]) => [
    { matchExpressions: [{ key, operator, values }] },
  ];
  it.each([
    [expression('zone', 'In', 'us', 'eu'), 'a'],
    [expression('zone', 'In', 'us'), refusal],
    [expression('zone', 'NotIn', 'us'), 'a'],
    [expression('zone', 'NotIn', 'eu'), refusal],
    [expression('none', 'NotIn', 'eu'), 'a'],
    [expression('zone', 'Exists'), 'a'],
    [expression('none', 'Exists'), refusal],
    [expression('hasOwnProperty', 'Exists'), refusal],
    [expression('none', 'DoesNotExist'), 'a'],
    [expression('zone', 'DoesNotExist'), refusal],
    [expression('cores', 'Gt', '7'), 'a'],
    [expression('cores', 'Gt', '8'), refusal],
    [expression('cores', 'Lt', '9'), 'a'],
    [expression('cores', 'Lt', '8'), refusal],
    [expression('zone', 'Gt', '1'), refusal],
    [expression('cores', 'Gt', 'x'), refusal],
    [expression('cores', 'Gt', '1', '2'), refusal],
    [expression('zone', 'Like', 'e*'), refusal],
    [[{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['a'] }] }], 'a'],
    [[{ matchFields: [{ key: 'metadata.name', operator: 'NotIn', values: ['a'] }] }], refusal],
    [[{ matchFields: [{ key: 'metadata.uid', operator: 'In', values: ['node-a'] }] }], refusal],
    [[{}], refusal],
    [[], refusal],
    [[{}, ...expression('zone', 'In', 'eu')], 'a'],
    [
      [
        {
          ...expression('zone', 'In', 'eu')[0],
          matchFields: [{ key: 'metadata.name', operator: 'In', values: ['b'] }],
        },
      ],
      refusal,
    ],
  ])('required %j', (nodeSelectorTerms, outcome) => {
    const affinity = { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } };
    expect(place(withSpec({ affinity }), [node('a', { labels })])).toBe(outcome);
  });

  it('and the selector both have to hold', () => {
    const nodeSelectorTerms = expression('zone', 'In', 'eu');
    const affinity = { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } };
    expect(place(withSpec({ affinity, nodeSelector: { zone: 'us' } }), [node('a', { labels })])).toBe(refusal);
  });
});

describe('NodePorts', () => {
  const refusal = "0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports.";
  const holds = (...ports: { hostPort: number; protocol?: string; hostIP?: string }[]) =>
    pod('x', { ports: ports.map((port) => ({ containerPort: 80, ...port })) });
  const there = [
    on('a', pod('there', { ports: [{ containerPort: 80, hostPort: 80, protocol: 'TCP', hostIP: '10.0.0.1' }] })),
  ];
  it.each([
    [holds({ hostPort: 80 }), refusal],
    [holds({ hostPort: 81 }), 'a'],
    [holds({ hostPort: 80, protocol: 'UDP' }), 'a'],
    [holds({ hostPort: 80, hostIP: '10.0.0.1' }), refusal],
    [holds({ hostPort: 80, hostIP: '10.0.0.2' }), 'a'],
    [holds({ hostPort: 80, hostIP: '0.0.0.0' }), refusal],
    [holds({ hostPort: 81 }, { hostPort: 80 }), refusal],
    [pod('x', { ports: [{ containerPort: 80 }] }), 'a'],
  ])('%#', (asked, outcome) => expect(place(asked, [node('a')], there)).toBe(outcome));
});

describe('NodeResourcesFit', () => {
  const small = node('a', {
    allocatable: { cpu: '1', memory: '1Gi', 'ephemeral-storage': '1Gi', pods: '2', 'example.com/gpu': '1' },
  });
  it.each([
    [{ cpu: '1' }, 'a'],
    [{ cpu: '1001m' }, '0/1 nodes are available: 1 Insufficient cpu.'],
    [{ memory: '1Gi' }, 'a'],
    [{ memory: '1025Mi' }, '0/1 nodes are available: 1 Insufficient memory.'],
    [{ 'ephemeral-storage': '2Gi' }, '0/1 nodes are available: 1 Insufficient ephemeral-storage.'],
    [{ 'example.com/gpu': '1' }, 'a'],
    [{ 'example.com/gpu': '2' }, '0/1 nodes are available: 1 Insufficient example.com/gpu.'],
    [{ 'example.com/tpu': '1' }, '0/1 nodes are available: 1 Insufficient example.com/tpu.'],
    [{ cpu: '2', memory: '2Gi' }, '0/1 nodes are available: 1 Insufficient cpu, 1 Insufficient memory.'],
    [{ cpu: '0', 'example.com/tpu': '0' }, 'a'],
  ])('requests of %j', (requests, outcome) => expect(place(pod('x', { requests }), [small])).toBe(outcome));

  it('counts the pods that are there', () => {
    const there = [on('a', pod('one', { requests: { cpu: '600m' } }))];
    expect(place(pod('x', { requests: { cpu: '400m' } }), [small], there)).toBe('a');
    expect(place(pod('x', { requests: { cpu: '401m' } }), [small], there)).toBe(
      '0/1 nodes are available: 1 Insufficient cpu.',
    );
    const full = [...there, on('a', pod('two'))];
    expect(place(pod('x'), [small], full)).toBe('0/1 nodes are available: 1 Too many pods.');
  });

  it('counts init containers one after the other, sidecars with the rest, and the overhead', () => {
    const container = (cpu: string, more = {}) => ({
      name: 'c',
      image: 'i',
      resources: { requests: { cpu } },
      ...more,
    });
    const spec = (cpu: string) => ({
      initContainers: [container('100m', { restartPolicy: 'Always' }), container('850m')],
      containers: [container(cpu)],
      overhead: { cpu: '50m' },
    });
    expect(place(withSpec(spec('850m')), [small])).toBe('a');
    expect(place(withSpec(spec('851m')), [small])).toBe('0/1 nodes are available: 1 Insufficient cpu.');
  });
});

it('counts the reasons over all nodes, sorted as text', () => {
  const nodes = [
    ...Array.from({ length: 10 }, (_, i) => node(`small-${i}`, { allocatable: { cpu: '1' } })),
    node('tainted', { taints: [{ key: 'k', effect: 'NoSchedule' }] }),
    node('cordoned', { unschedulable: true }),
  ];
  expect(place(pod('x', { requests: { cpu: '2' } }), nodes)).toBe(
    '0/12 nodes are available: 1 node(s) had untolerated taint(s), 1 node(s) were unschedulable, 10 Insufficient cpu.',
  );
});
