import { isPodActive } from '../common/pod-state.ts';
import type { Pod } from '../common/types.ts';
import { remainingBackoff } from './backoff.ts';
import { judgeFailure } from './failure-policy.ts';
import { IndexSet } from './indexes.ts';
import { completionIndex, countIn, finishedAt, hasFailed, hasValidIndex, isTracked } from './pods.ts';
import { failureCountKey, ignoredFailureCountKey, type Job } from './types.ts';

/** Back-off per index (KEP-3850): how often an index has failed stands on its latest pod, so a failed pod stays tracked until its successor is there. */
export interface IndexFailures {
  failed: IndexSet;
  /** By index: the failed pod whose count the next one continues. */
  latest: ReadonlyMap<number, Pod>;
}

export const hasBackoffPerIndex = ({ spec }: Job): boolean =>
  spec.completionMode === 'Indexed' && spec.backoffLimitPerIndex !== undefined && spec.backoffLimitPerIndex !== null;

export function indexFailures(job: Job, pods: readonly Pod[], succeeded: IndexSet): IndexFailures {
  const candidates = pods.filter((pod) => isTracked(pod) && hasFailed(job, pod) && hasValidIndex(job, pod));
  const failing = candidates.filter((pod) => isLastFailure(job, pod)).map((pod) => completionIndex(pod) as number);
  const failed = IndexSet.parse(job.status?.failedIndexes, job.spec.completions ?? 0).with(
    failing.filter((index) => !succeeded.has(index)),
  );
  const active = new Set(pods.filter(isPodActive).map(completionIndex));
  const latest = new Map<number, Pod>();
  for (const pod of candidates) {
    const index = completionIndex(pod) as number;
    if (failed.has(index) || succeeded.has(index) || active.has(index)) continue;
    const other = latest.get(index);
    if (other === undefined || allFailures(other) < allFailures(pod)) latest.set(index, pod);
  }
  return { failed, latest };
}

/** The index may not be tried again after this. */
function isLastFailure(job: Job, pod: Pod): boolean {
  const { counts, action } = judgeFailure(job.spec.podFailurePolicy, pod);
  if (action === 'FailIndex') return true;
  return counts && (countIn(pod, failureCountKey) ?? 0) >= (job.spec.backoffLimitPerIndex ?? 0);
}

const allFailures = (pod: Pod): number =>
  (countIn(pod, failureCountKey) ?? 0) + (countIn(pod, ignoredFailureCountKey) ?? 0);

/** Milliseconds until the index may have its next pod. */
export function untilNextOfIndex(predecessor: Pod | undefined, now: number): number {
  return predecessor === undefined ? 0 : remainingBackoff(allFailures(predecessor) + 1, finishedAt(predecessor), now);
}

/** What the next pod of an index bears. */
export function failureAnnotations(job: Job, predecessor: Pod | undefined): Record<string, string> {
  if (predecessor === undefined) return { [failureCountKey]: '0' };
  const { counts } = judgeFailure(job.spec.podFailurePolicy, predecessor);
  const failures = (countIn(predecessor, failureCountKey) ?? 0) + (counts ? 1 : 0);
  const ignored = (countIn(predecessor, ignoredFailureCountKey) ?? 0) + (counts ? 0 : 1);
  return { [failureCountKey]: `${failures}`, ...(ignored > 0 ? { [ignoredFailureCountKey]: `${ignored}` } : {}) };
}
