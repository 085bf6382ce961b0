import type { NodeTable } from '../cluster/node-table.ts';
import type { PodInfo } from '../cluster/pod-info.ts';

/** Why one node is a better place for a pod than another. */
export type Score = {
  /** Kubernetes' name of the plugin that does the same. */
  readonly name: string;
  /** As in Kubernetes' default profile. */
  readonly weight: number;
} & (NodeDependent | PodDependent);

/** Depends on the node object and the pod's constraints alone: asked once per node and kind of pod, and again when the node changes. */
interface NodeDependent {
  readonly dependsOn: 'node';
  /** Undefined when it makes no difference for the pod. */
  relevant(pod: PodInfo, nodes: NodeTable): { readonly best: Best; of(slot: number): number } | undefined;
}

/** Depends on the pods that are there: asked for each pod. */
interface PodDependent {
  readonly dependsOn: 'pods';
  relevant(pod: PodInfo, nodes: NodeTable): NodeScores | undefined;
}

export interface NodeScores {
  readonly best: Best;
  /** Writes a whole number for each of the first `count` slots; on the hot path: no allocation. */
  fill(slots: Int32Array, count: number, into: Float64Array): void;
}

/**
 * 'none': the numbers are from 0 to 100 already. Else those of the nodes in question are scaled so that the highest becomes 100 ('highest'), or 0 and the
 * lowest possible 100 ('lowest').
 */
export type Best = 'none' | 'highest' | 'lowest';
