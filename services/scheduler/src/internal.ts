export { Algorithm } from './algorithm/algorithm.ts';
export { ClusterState } from './cluster/cluster-state.ts';
