import { tolerates } from '@kubus/shared/object';
import type { Node, Pod, Taint } from '@kubus/shared/schema';
import { parseTime } from '../common/time.ts';

export interface Plan {
  /** Pods whose time on the node is over. */
  evict: Pod[];
  /** Milliseconds until the next one's is; undefined: nobody's will be. */
  nextLook: number | undefined;
}

/**
 * Which pods must leave a node with taints of effect NoExecute (Kubernetes: taint-based evictions). A toleration with tolerationSeconds holds for so
 * long after the taint was added, or the pod was bound, whichever was later; of several, the shortest counts. `firstSeen` stands in for the
 * time of a taint that bears none.
 */
export function plan(node: Node, pods: readonly Pod[], now: number, firstSeen: (taint: Taint) => number): Plan {
  const taints = (node.spec?.taints ?? []).filter(({ effect }) => effect === 'NoExecute');
  const result: Plan = { evict: [], nextLook: undefined };
  for (const pod of pods) {
    if (pod.metadata.deletionTimestamp !== undefined) continue;
    const until = stayUntil(pod, taints, firstSeen);
    if (until === undefined) continue;
    if (until <= now) result.evict.push(pod);
    else result.nextLook = Math.min(result.nextLook ?? Number.POSITIVE_INFINITY, until - now);
  }
  return result;
}

/** Until when the pod may stay, in milliseconds since 1970; undefined: as long as it likes. */
function stayUntil(pod: Pod, taints: readonly Taint[], firstSeen: (taint: Taint) => number): number | undefined {
  const ends = taints.flatMap((taint) => {
    const tolerations = (pod.spec?.tolerations ?? []).filter((toleration) => tolerates([toleration], taint));
    if (tolerations.length === 0) return [Number.NEGATIVE_INFINITY];
    const since = Math.max(parseTime(taint.timeAdded) ?? firstSeen(taint), boundAt(pod));
    return tolerations.flatMap(({ tolerationSeconds }) =>
      tolerationSeconds === undefined ? [] : [since + Math.max(0, tolerationSeconds) * 1000],
    );
  });
  return ends.length === 0 ? undefined : Math.min(...ends);
}

function boundAt(pod: Pod): number {
  const scheduled = pod.status?.conditions?.find(({ type, status }) => type === 'PodScheduled' && status === 'True');
  return parseTime(scheduled?.lastTransitionTime ?? pod.metadata.creationTimestamp) ?? 0;
}
