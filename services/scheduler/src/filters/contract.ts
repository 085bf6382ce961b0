import type { NodeTable } from '../cluster/node-table.ts';
import type { PodInfo } from '../cluster/pod-info.ts';

/**
 * A reason for which a node may be no place for a pod. One file each, with three answers: does it concern this pod, does the node pass, and what to
 * tell the user.
 */
export interface Filter {
  /** Kubernetes' name of the plugin that does the same. */
  readonly name: string;
  /**
   * Whether what it decides depends on the node object and the pod's constraints alone. Then it is asked once per node and kind of pod, and again when the
   * node changes; else for each pod, on the hot path: no allocation in `fits`.
   */
  readonly dependsOn: 'node' | 'pods';
  /** Undefined when it does not concern the pod. */
  relevant(pod: PodInfo, nodes: NodeTable): NodeCheck | undefined;
}

export interface NodeCheck {
  /** `slot` of the node in the table. */
  fits(slot: number): boolean;
  /** For a node that does not fit: reasons in Kubernetes' words, which are counted over all nodes. */
  explain(slot: number): string[];
  /** For a node that does not fit: whether it could without some of the pods that are there. Left out where pods have no part in it. */
  resolvable?(slot: number): boolean;
}
