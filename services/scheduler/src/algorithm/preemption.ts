import type { ClusterState } from '../cluster/cluster-state.ts';
import type { PodInfo } from '../cluster/pod-info.ts';
import type { Algorithm } from './algorithm.ts';
import { type Diagnosis, ReasonCounts } from './diagnosis.ts';

const NOT_HELPFUL = 'Preemption is not helpful for scheduling';
const NO_VICTIMS = 'No preemption victims found for incoming pod';

/**
 * Why less important pods could not make room, in the words of kube-scheduler's preemption.Evaluator. Undefined where they could: kube-scheduler says
 * nothing then either, but removes them, which nobody does here.
 */
export function explainPreemption(
  pod: PodInfo,
  diagnosis: Diagnosis,
  { algorithm, state }: { algorithm: Algorithm; state: ClusterState },
): string | undefined {
  if (pod.pod.spec?.preemptionPolicy === 'Never') return 'not eligible due to preemptionPolicy=Never.';
  const counts = new ReasonCounts(state.nodeCount);
  const { resolvable } = diagnosis;
  if (resolvable.length < state.nodeCount) counts.add(NOT_HELPFUL, state.nodeCount - resolvable.length);
  const some = state.hasLessImportant(pod.priority);
  for (const slot of resolvable) {
    const victims = some ? state.lessImportantOn(slot, pod.priority) : [];
    const reasons =
      victims.length === 0 ? [NO_VICTIMS] : state.without(victims, slot, () => algorithm.reasons(pod, slot));
    if (reasons.length === 0) return undefined;
    for (const reason of reasons) counts.add(reason);
  }
  return counts.message;
}
