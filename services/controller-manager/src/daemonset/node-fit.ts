import { matchesAnyTerm, tolerates } from '@kubus/shared/object';
import type { DaemonSet, Node, PodSpec } from '../common/types.ts';
import { withDaemonTolerations } from './daemon-pod.ts';

export interface Fit {
  /** A pod is to be there. */
  shouldRun: boolean;
  /** A pod that is there may stay. */
  mayStay: boolean;
}

const fits: Fit = { shouldRun: true, mayStay: true };
const fitsNot: Fit = { shouldRun: false, mayStay: false };

/**
 * Whether the set's pods belong on a node: by name, selector, affinity and taints, before the target node is written into their affinity
 * (Kubernetes: NodeShouldRunDaemonPod). Resources and ports do not count: such a pod is made, and waits.
 */
export function nodeFit(set: DaemonSet): (node: Node) => Fit {
  const spec = set.spec.template.spec ?? { containers: [] };
  const tolerations = withDaemonTolerations(spec).tolerations ?? [];
  return (node) => {
    if (!matchesPlacement(spec, node)) return fitsNot;
    const repelled = (node.spec?.taints ?? []).filter((taint) => !tolerates(tolerations, taint));
    if (repelled.some(({ effect }) => effect === 'NoExecute')) return fitsNot;
    return repelled.some(({ effect }) => effect === 'NoSchedule') ? { shouldRun: false, mayStay: true } : fits;
  };
}

function matchesPlacement({ nodeName = '', nodeSelector = {}, affinity }: PodSpec, node: Node): boolean {
  const { name, labels = {} } = node.metadata;
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return (
    (nodeName === '' || nodeName === name) &&
    Object.entries(nodeSelector).every(([key, value]) => Object.hasOwn(labels, key) && labels[key] === value) &&
    (required === undefined || matchesAnyTerm(required.nodeSelectorTerms, node))
  );
}
