import { isPodActive, isPodReady, isPodTerminating } from '../common/pod-state.ts';
import { parseTime } from '../common/time.ts';
import type { Pod } from '../common/types.ts';
import { findCondition } from './conditions.ts';
import { judgeFailure } from './failure-policy.ts';
import { IndexSet } from './indexes.ts';
import { hasBackoffPerIndex, type IndexFailures, indexFailures } from './per-index.ts';
import { completionIndex, hasFailed, hasSucceeded, hasValidIndex, isIndexed, isTracked } from './pods.ts';
import { metSuccessPolicy } from './success-policy.ts';
import type { Job } from './types.ts';

/** Why a Job is about to end; it becomes Failed or Complete when its pods are counted and gone. */
export interface Verdict {
  type: 'FailureTarget' | 'SuccessCriteriaMet';
  reason: string;
  message: string;
}

/** A Job and its pods, counted. */
export interface Tally {
  job: Job;
  /** All that the Job manages; by completion index when there is one. */
  pods: readonly Pod[];
  active: readonly Pod[];
  ready: number;
  terminating: number;
  /** Those in the status and those still to be counted. */
  succeeded: number;
  failed: number;
  succeededIndexes?: IndexSet;
  indexFailures?: IndexFailures;
  verdict?: Verdict;
}

export const isSuspended = ({ spec }: Job): boolean => spec.suspend === true;

export function tally(job: Job, pods: readonly Pod[], now: number): Tally {
  const sorted = isIndexed(job) ? [...pods].sort((a, b) => order(a) - order(b)) : pods;
  const active = sorted.filter(isPodActive);
  const uncounted = uncountedOf(job);
  const fresh = (known: ReadonlySet<string>) =>
    sorted.filter((pod) => {
      const { uid = '' } = pod.metadata;
      return isTracked(pod) && !known.has(uid) && (!isIndexed(job) || hasValidIndex(job, pod));
    });
  const succeeded = fresh(uncounted.succeeded).filter(hasSucceeded);
  const failures = fresh(uncounted.failed).filter((pod) => hasFailed(job, pod));
  const failed = failures.filter((pod) => judgeFailure(job.spec.podFailurePolicy, pod).counts);
  const counts = {
    job,
    pods: sorted,
    active,
    ready: active.filter(isPodReady).length,
    terminating: sorted.filter(isPodTerminating).length,
    succeeded: (job.status?.succeeded ?? 0) + succeeded.length + uncounted.succeeded.size,
    failed: (job.status?.failed ?? 0) + failed.length + uncounted.failed.size,
  };
  return isIndexed(job) ? byIndex(counts, now) : withVerdict(counts, verdictOf(counts, now));
}

function byIndex(counts: Tally, now: number): Tally {
  const { job, pods } = counts;
  const completions = job.spec.completions ?? 0;
  const ended = pods.filter((pod) => isTracked(pod) && hasSucceeded(pod) && hasValidIndex(job, pod));
  const succeededIndexes = IndexSet.parse(job.status?.completedIndexes, completions).with(
    ended.map((pod) => completionIndex(pod) as number),
  );
  const failures = hasBackoffPerIndex(job) ? indexFailures(job, pods, succeededIndexes) : undefined;
  const indexed = {
    ...counts,
    succeeded: succeededIndexes.size,
    succeededIndexes,
    ...(failures === undefined ? {} : { indexFailures: failures }),
  };
  const met = metSuccessPolicy(job.spec.successPolicy, succeededIndexes, completions);
  return withVerdict(
    indexed,
    verdictOf(indexed, now) ??
      indexVerdict(indexed, completions) ??
      (met === undefined ? undefined : { type: 'SuccessCriteriaMet', reason: 'SuccessPolicy', message: met }),
  );
}

const withVerdict = (counts: Tally, verdict: Verdict | undefined): Tally =>
  verdict === undefined ? counts : { ...counts, verdict };

/** What was decided before stands; then the failure policy, the back-off limit and the deadline, in this order. */
function verdictOf(counts: Tally, now: number): Verdict | undefined {
  const { job, pods } = counts;
  for (const type of ['SuccessCriteriaMet', 'FailureTarget'] as const) {
    const known = findCondition(job.status?.conditions, type);
    if (known?.status === 'True') return { type, reason: known.reason ?? '', message: known.message ?? '' };
  }
  for (const pod of job.spec.podFailurePolicy === undefined ? [] : pods) {
    if (!hasFailed(job, pod)) continue;
    const { message } = judgeFailure(job.spec.podFailurePolicy, pod);
    if (message !== undefined) return fails('PodFailurePolicy', message);
  }
  if (counts.failed > (job.spec.backoffLimit ?? 6) || restartedTooOften(counts))
    return fails('BackoffLimitExceeded', 'Job has reached the specified backoff limit');
  if (untilDeadline(job, now) === 0) return fails('DeadlineExceeded', 'Job was active longer than specified deadline');
  return undefined;
}

const fails = (reason: string, message: string): Verdict => ({ type: 'FailureTarget', reason, message });

function indexVerdict({ job, indexFailures: failures, succeeded }: Tally, completions: number): Verdict | undefined {
  if (failures === undefined) return undefined;
  const { size } = failures.failed;
  const limit = job.spec.maxFailedIndexes;
  if (limit !== undefined && limit !== null && size > limit)
    return fails('MaxFailedIndexesExceeded', 'Job has exceeded the specified maximal number of failed indexes');
  if (size > 0 && size + succeeded >= completions) return fails('FailedIndexes', 'Job has failed indexes');
  return undefined;
}

/** With restartPolicy OnFailure the restarts within pods count, too. */
function restartedTooOften({ job, pods }: Tally): boolean {
  if (job.spec.template.spec?.restartPolicy !== 'OnFailure') return false;
  let restarts = 0;
  for (const { status } of pods) {
    if (status?.phase !== 'Running' && status?.phase !== 'Pending') continue;
    for (const { restartCount } of [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])])
      restarts += restartCount ?? 0;
  }
  const limit = job.spec.backoffLimit ?? 6;
  return limit === 0 ? restarts > 0 : restarts >= limit;
}

/** Milliseconds until the Job has run for too long; undefined when it may run for ever, or is not running. */
export function untilDeadline(job: Job, now: number): number | undefined {
  const { activeDeadlineSeconds } = job.spec;
  const started = parseTime(job.status?.startTime);
  if (typeof activeDeadlineSeconds !== 'number' || isSuspended(job)) return undefined;
  return Math.max(0, (started ?? now) + activeDeadlineSeconds * 1000 - now);
}

export function uncountedOf(job: Job): { succeeded: ReadonlySet<string>; failed: ReadonlySet<string> } {
  const { succeeded = [], failed = [] } = job.status?.uncountedTerminatedPods ?? {};
  return { succeeded: new Set(succeeded), failed: new Set(failed) };
}

const order = (pod: Pod): number => completionIndex(pod) ?? Number.POSITIVE_INFINITY;
