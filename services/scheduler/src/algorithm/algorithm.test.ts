import type { Node, Pod } from '@kubus/shared/schema';
import { describe, expect, it } from 'vitest';
import { ClusterState } from '../cluster/cluster-state.ts';
import { node, pod } from '../testing/builders.ts';
import { Algorithm } from './algorithm.ts';
import { nodesToFind } from './sampling.ts';

function setUp(nodes: readonly Node[], options: { random?: () => number; percentageOfNodesToScore?: number } = {}) {
  const state = new ClusterState();
  for (const one of nodes) state.putNode(one);
  const algorithm = new Algorithm({ nodes: state.table, ...options });
  const place = (asked: Pod): string | undefined => {
    const info = state.read(asked);
    const slot = algorithm.select(info);
    if (slot === undefined) return undefined;
    state.assume(info, slot);
    return state.table.name(slot);
  };
  return { state, algorithm, place };
}

const affinity = (weight: number, key: string) => ({
  weight,
  preference: { matchExpressions: [{ key, operator: 'Exists' }] },
});

describe('the choice of a node', () => {
  it('goes to the emptier one', () => {
    const { place } = setUp([node('a'), node('b')]);
    const first = place(pod('one', { requests: { cpu: '1' } }));
    const second = place(pod('two', { requests: { cpu: '1' } }));
    expect([first, second].sort()).toEqual(['a', 'b']);
  });

  it('goes to where CPU and memory are used in like parts', () => {
    const { state, place } = setUp([
      node('cpu', { allocatable: { memory: '4Gi' } }),
      node('memory', { allocatable: { memory: '4Gi' } }),
    ]);
    state.putPod({
      ...pod('p', { requests: { cpu: '2', memory: '1' } }),
      spec: { ...pod('p', { requests: { cpu: '2', memory: '1' } }).spec, nodeName: 'cpu' } as never,
    });
    state.putPod({
      ...pod('q', { requests: { memory: '2Gi', cpu: '1m' } }),
      spec: { ...pod('q', { requests: { memory: '2Gi', cpu: '1m' } }).spec, nodeName: 'memory' } as never,
    });
    expect(place(pod('x', { requests: { cpu: '1', memory: '1' } }))).toBe('memory');
  });

  it('follows preferred affinity by its weight', () => {
    const nodes = [node('a', { labels: { fast: '' } }), node('b', { labels: { near: '' } }), node('c')];
    const preferred = {
      nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [affinity(10, 'fast'), affinity(50, 'near')] },
    };
    expect(setUp(nodes).place(pod('x', { spec: { affinity: preferred } }))).toBe('b');
  });

  it('avoids taints that are only to be avoided, and follows them as they come and go', () => {
    const { state, place } = setUp([node('a'), node('b')]);
    place(pod('before'));
    state.putNode(node('a', { taints: [{ key: 'k', effect: 'PreferNoSchedule' }] }));
    for (let i = 0; i < 5; i++) expect(place(pod(`x${i}`))).toBe('b');
    const tolerations = [{ key: 'k', operator: 'Exists' }];
    expect(place(pod('tolerant', { spec: { tolerations } }))).toBe('a');
  });

  it('spreads the pods of one controller before all else', () => {
    const { place } = setUp([
      node('large', { allocatable: { cpu: '64', memory: '64Gi' } }),
      node('small'),
      node('tiny', { allocatable: { cpu: '2', memory: '4Gi' } }),
    ]);
    const chosen = Array.from({ length: 6 }, (_, i) =>
      place(pod(`p${i}`, { owner: 'rs', requests: { cpu: '100m', memory: '64Mi' } })),
    );
    for (const name of ['large', 'small', 'tiny']) expect(chosen.filter((one) => one === name)).toHaveLength(2);
  });

  it('is not disturbed by a score that has nothing to say of any node', () => {
    // Nothing is allocatable by the second measure, nothing is preferred and nothing is to be avoided: only the room differs.
    const nodes = [node('a', { allocatable: { cpu: '2' } }), node('b', { allocatable: { cpu: '64' } })];
    const preferred = { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [affinity(10, 'nowhere')] } };
    for (const random of [() => 0, () => 0.999]) {
      const { place } = setUp(nodes, { random });
      expect(place(pod('x', { requests: { cpu: '1' }, spec: { affinity: preferred } }))).toBe('b');
    }
  });

  it('is left to chance among equals', () => {
    const nodes = Array.from({ length: 10 }, (_, i) => node(`n${i}`));
    const chosen = new Set(Array.from({ length: 60 }, () => setUp(nodes).place(pod('x'))));
    expect(chosen.size).toBeGreaterThan(3);
  });

  it('looks at a part of a large cluster, each time at the next one', () => {
    const nodes = Array.from({ length: 1_000 }, (_, i) => node(`n${i}`));
    const { place } = setUp(nodes, { percentageOfNodesToScore: 10, random: () => 0 });
    const tens = Array.from({ length: 10 }, (_, i) => Math.trunc(Number(place(pod(`p${i}`))?.slice(1)) / 100));
    expect(tens).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('finds the one node that fits, wherever it is', () => {
    const nodes = Array.from({ length: 1_000 }, (_, i) =>
      node(`n${i}`, { allocatable: { cpu: i === 777 ? '4' : '1' } }),
    );
    expect(setUp(nodes).place(pod('x', { requests: { cpu: '2' } }))).toBe('n777');
  });

  it('sees at once what has changed about a node', () => {
    const { state, place } = setUp([node('a', { labels: { disk: 'ssd' } })]);
    const picky = pod('x', { spec: { nodeSelector: { disk: 'ssd' } } });
    expect(place(picky)).toBe('a');
    state.putNode(node('a'));
    expect(place(pod('y', { spec: { nodeSelector: { disk: 'ssd' } } }))).toBeUndefined();
    state.removeNode('a');
    state.putNode(node('b', { labels: { disk: 'ssd' } }));
    expect(place(pod('z', { spec: { nodeSelector: { disk: 'ssd' } } }))).toBe('b');
  });
});

it('scores as many nodes as kube-scheduler does', () => {
  const table = [
    [50, 50],
    [99, 99],
    [100, 100],
    [150, 100],
    [500, 230],
    [1_000, 420],
    [5_000, 500],
    [6_000, 300],
  ] as const;
  for (const [nodes, enough] of table) expect([nodes, nodesToFind(nodes)]).toEqual([nodes, enough]);
  expect(nodesToFind(1_000, 30)).toBe(300);
  expect(nodesToFind(1_000, 1)).toBe(100);
  expect(nodesToFind(1_000, 100)).toBe(1_000);
});
