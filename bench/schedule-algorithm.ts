import { Algorithm, ClusterState } from '../services/scheduler/src/internal.ts';

/** Pods per second of the algorithm alone: filter, score, choose, book; no store, no bus. */
export async function bareAlgorithmRate({ nodes, pods }: { nodes: number; pods: number }): Promise<number> {
  const rates: number[] = [];
  for (let run = 0; run < 5; run++) rates.push(oneRun(nodes, pods));
  return rates.sort((a, b) => a - b)[2] ?? 0;
}

function oneRun(nodes: number, pods: number): number {
  const state = new ClusterState();
  for (let i = 0; i < nodes; i++) state.putNode(node(i));
  const algorithm = new Algorithm({ nodes: state.table });
  const infos = Array.from({ length: pods }, (_, i) => state.read(pod(i)));
  const began = performance.now();
  for (const info of infos) {
    const slot = algorithm.select(info);
    if (slot === undefined) throw new Error('a pod found no node');
    state.assume(info, slot);
  }
  return pods / ((performance.now() - began) / 1000);
}

const node = (i: number) => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: `node-${i}`, labels: { 'kubernetes.io/hostname': `node-${i}` } },
  status: { allocatable: { cpu: '4', memory: '32Gi', 'ephemeral-storage': '100Gi', pods: '110' } },
});

/** A hundred controllers with a hundred pods each. */
const pod = (i: number) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: `bench-${i}`,
    namespace: 'default',
    uid: `uid-${i}`,
    ownerReferences: [
      { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: `rs-${i % 100}`, uid: `rs-${i % 100}`, controller: true },
    ],
  },
  spec: {
    containers: [{ name: 'main', image: 'busybox', resources: { requests: { cpu: '10m', memory: '16Mi' } } }],
  },
});
