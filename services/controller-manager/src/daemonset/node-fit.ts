import { requiredNodeAffinity, tolerates } from '@kubus/shared/object';
import type { DaemonSet, Node } from '../common/types.ts';
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
  const { nodeName = '' } = spec;
  const matches = requiredNodeAffinity(spec) ?? (() => true);
  return (node) => {
    if ((nodeName !== '' && nodeName !== node.metadata.name) || !matches(node)) return fitsNot;
    const repelled = (node.spec?.taints ?? []).filter((taint) => !tolerates(tolerations, taint));
    if (repelled.some(({ effect }) => effect === 'NoExecute')) return fitsNot;
    return repelled.some(({ effect }) => effect === 'NoSchedule') ? { shouldRun: false, mayStay: true } : fits;
  };
}
