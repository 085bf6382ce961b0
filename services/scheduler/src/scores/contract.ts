import type { NodeTable } from '../cluster/node-table.ts';
import type { PodInfo } from '../cluster/pod-info.ts';

/** Why one node is a better place for a pod than another. */
export interface Score {
  /** Kubernetes' name of the plugin that does the same. */
  readonly name: string;
  /** As in Kubernetes' default profile. */
  readonly weight: number;
  /** As in `Filter`. */
  readonly dependsOn: 'node' | 'pods';
  /** Undefined when it makes no difference for the pod. */
  relevant(pod: PodInfo, nodes: NodeTable): NodeScore | undefined;
}

export interface NodeScore {
  /** A whole number; on the hot path: no allocation. */
  of(slot: number): number;
  /**
   * 'none': `of` is from 0 to 100 already. Else the scores of the nodes in question are scaled so that the highest becomes 100
   * ('highest'), or 0 and the lowest possible 100 ('lowest').
   */
  readonly best: 'none' | 'highest' | 'lowest';
}
