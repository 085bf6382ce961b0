import { parseTime } from '../common/time.ts';
import type { Pod } from '../common/types.ts';
import { indexKey, type Job, trackingFinalizer } from './types.ts';

/** Not yet counted: once the finalizer is gone the pod is in the status of the Job, or never will be. */
export const isTracked = (pod: Pod): boolean => pod.metadata.finalizers?.includes(trackingFinalizer) ?? false;

export const hasSucceeded = (pod: Pod): boolean => pod.status?.phase === 'Succeeded';

/** Whether pods that are being deleted are replaced only when they have ended; so with a failure policy, whose rules need to see the end. */
export function replacesOnlyFailed({ spec }: Job): boolean {
  return spec.podReplacementPolicy === 'Failed' || spec.podFailurePolicy !== undefined;
}

/** A pod that is deleted before it ends counts as failed, because it may never get so far as to say how it ended. */
export function hasFailed(job: Job, pod: Pod): boolean {
  if (pod.status?.phase === 'Failed') return true;
  if (replacesOnlyFailed(job)) return false;
  return pod.metadata.deletionTimestamp !== undefined && !hasSucceeded(pod);
}

export const isIndexed = ({ spec }: Job): boolean => spec.completionMode === 'Indexed';

/** Which of the completions the pod works on; undefined when it bears no such number. */
export function completionIndex(pod: Pod): number | undefined {
  return countIn(pod, indexKey);
}

/** Works on a completion that the Job has. */
export function hasValidIndex(job: Job, pod: Pod): boolean {
  const index = completionIndex(pod);
  return index !== undefined && index < (job.spec.completions ?? 0);
}

/** A number that the controller has written into an annotation. */
export function countIn(pod: Pod, annotation: string): number | undefined {
  const annotations = pod.metadata.annotations ?? {};
  const text = Object.hasOwn(annotations, annotation) ? annotations[annotation] : undefined;
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

/** When the pod ended, as well as can be told (Kubernetes: getFinishedTime). */
export function finishedAt(pod: Pod): number {
  const ends = (pod.status?.containerStatuses ?? []).map(({ state }) => parseTime(state?.terminated?.finishedAt));
  if (ends.length > 0 && ends.every((end) => end !== undefined)) return Math.max(...(ends as number[]));
  const ready = pod.status?.conditions?.find(({ type, status }) => type === 'Ready' && status === 'False');
  const { deletionTimestamp, deletionGracePeriodSeconds = 0, creationTimestamp } = pod.metadata;
  const deleted = parseTime(deletionTimestamp);
  return (
    parseTime(ready?.lastTransitionTime) ??
    (deleted === undefined ? undefined : deleted - deletionGracePeriodSeconds * 1000) ??
    parseTime(creationTimestamp) ??
    0
  );
}
