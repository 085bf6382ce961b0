import { formatTime, parseTime } from '../common/time.ts';
import type { Pod } from '../common/types.ts';
import { findCondition, type NewCondition, withCondition } from './conditions.ts';
import { judgeFailure } from './failure-policy.ts';
import { completionIndex, hasFailed, hasSucceeded, hasValidIndex, isIndexed, isTracked } from './pods.ts';
import { isSuspended, type Tally, uncountedOf, type Verdict } from './tally.ts';
import type { Job, JobCondition, JobStatus } from './types.ts';

/** Pods on the way into the counts at once, so that a status stays small and one Job does not hold up the others. */
const maxUncounted = 500;

/** What became of the planned pods. */
export interface Outcome {
  created: number;
  deleted: readonly Pod[];
  /** Something could not be done, or there is more to do: the Job cannot end with this reconcile. */
  incomplete: boolean;
}

export interface Tracking {
  /** To be written before any finalizer goes: it names those that are counted next. */
  status: JobStatus;
  /** Pods whose finalizer goes. */
  release: Pod[];
  /** The Job ends, if nothing is uncounted and nothing terminating any more. */
  verdict?: Verdict;
  terminating: number;
  /** Not all pods that have ended found room in the list; the Job is looked at again. */
  more: boolean;
  /** 'Suspended' or 'Resumed', when that is new. */
  event?: { reason: string; message: string };
}

/**
 * First half of counting pods exactly once (KEP-2307): those that have ended are listed in `uncountedTerminatedPods` while their finalizer still holds
 * them; `counted` moves them into the numbers when the finalizer is gone. A worker may die anywhere between: the next one finds either the finalizer
 * or the entry in the list, and each is looked at once.
 */
export function track(tally: Tally, outcome: Outcome, now: number): Tracking {
  const { job } = tally;
  const deletedReady = outcome.deleted.filter((pod) => findReady(pod)).length;
  const active = tally.active.length + outcome.created - outcome.deleted.length;
  const terminating = tally.terminating + outcome.deleted.length;
  const verdict = decide(tally, active, outcome);
  const { release, uncounted, more } = countable(tally, verdict);
  const suspension = verdict === undefined && !outcome.incomplete ? suspensionOf(job) : undefined;
  const known = job.status?.conditions ?? [];
  const suspended = suspension === undefined ? known : withCondition(known, suspension, now);
  const changed = suspended !== known;
  const conditions = verdict === undefined ? suspended : withVerdict(suspended, verdict, now);
  const startTime = startOf(job, changed, now);
  const status: JobStatus = {
    ...rest(job),
    ...(conditions.length === 0 ? {} : { conditions: [...conditions] }),
    ...(startTime === undefined ? {} : { startTime }),
    ...unlessZero('active', active),
    ready: tally.ready - deletedReady,
    terminating,
    uncountedTerminatedPods: uncounted,
    ...indexesOf(tally),
  };
  return {
    status,
    release,
    terminating,
    more,
    ...(verdict === undefined ? {} : { verdict }),
    ...(changed && suspension !== undefined ? { event: eventOf(suspension) } : {}),
  };
}

/** Complete when there are as many successes as wanted, or any when no number is wanted, and nothing runs any more. */
function decide({ job, succeeded, verdict }: Tally, active: number, outcome: Outcome): Verdict | undefined {
  if (verdict !== undefined) return outcome.incomplete ? undefined : verdict;
  const { completions } = job.spec;
  const complete = active === 0 && (typeof completions === 'number' ? succeeded >= completions : succeeded > 0);
  if (!complete) return undefined;
  return {
    type: 'SuccessCriteriaMet',
    reason: 'CompletionsReached',
    message: 'Reached expected number of succeeded pods',
  };
}

type Uncounted = { succeeded?: string[]; failed?: string[] };

interface Countable {
  release: Pod[];
  uncounted: Uncounted;
  more: boolean;
}

function countable(tally: Tally, verdict: Verdict | undefined): Countable {
  const { job } = tally;
  const known = uncountedOf(job);
  const [succeeded, failed] = [[...known.succeeded], [...known.failed]];
  const release: Pod[] = [];
  let indexes = 0;
  let more = false;
  for (const pod of tally.pods) {
    const { uid = '' } = pod.metadata;
    const isFailure = hasFailed(job, pod);
    if (!isTracked(pod) || !mayGo(tally, pod, isFailure, verdict)) continue;
    more = succeeded.length + failed.length + indexes >= maxUncounted;
    if (more) break;
    release.push(pod);
    if (hasSucceeded(pod) && !known.failed.has(uid)) {
      if (isIndexed(job)) indexes++;
      else if (!known.succeeded.has(uid)) succeeded.push(uid);
    } else if (isFailure || verdict?.type === 'FailureTarget') {
      const counts =
        judgeFailure(job.spec.podFailurePolicy, pod).counts && (!isIndexed(job) || hasValidIndex(job, pod));
      if (counts && !known.failed.has(uid)) failed.push(uid);
    }
  }
  return {
    release,
    more,
    uncounted: { ...(succeeded.length === 0 ? {} : { succeeded }), ...(failed.length === 0 ? {} : { failed }) },
  };
}

/** The latest failure of an index stays until its successor has taken over the count of failures. */
function mayGo(tally: Tally, pod: Pod, isFailure: boolean, verdict: Verdict | undefined): boolean {
  if (tally.job.metadata.deletionTimestamp !== undefined || verdict !== undefined || hasSucceeded(pod)) return true;
  const index = completionIndex(pod);
  return isFailure && (index === undefined || tally.indexFailures?.latest.get(index) !== pod);
}

function suspensionOf(job: Job): NewCondition | undefined {
  if (job.metadata.deletionTimestamp !== undefined) return undefined;
  return isSuspended(job)
    ? { type: 'Suspended', status: 'True', reason: 'JobSuspended', message: 'Job suspended' }
    : { type: 'Suspended', status: 'False', reason: 'JobResumed', message: 'Job resumed' };
}

const eventOf = ({ status, message }: NewCondition) => ({
  reason: status === 'True' ? 'Suspended' : 'Resumed',
  message,
});

/** A resumed Job starts anew: the deadline counts the time that it is active without a break. */
function startOf(job: Job, suspensionChanged: boolean, now: number): string | undefined {
  const restarted = suspensionChanged && !isSuspended(job);
  if (restarted || (job.status?.startTime === undefined && !isSuspended(job))) return formatTime(now);
  return job.status?.startTime;
}

function withVerdict(conditions: readonly JobCondition[], verdict: Verdict, now: number): readonly JobCondition[] {
  return findCondition(conditions, verdict.type) === undefined
    ? withCondition(conditions, { ...verdict, status: 'True' }, now)
    : conditions;
}

function indexesOf({ succeededIndexes, indexFailures }: Tally): Partial<JobStatus> {
  if (succeededIndexes === undefined) return {};
  const completedIndexes = succeededIndexes.toString();
  return {
    ...unlessZero('succeeded', succeededIndexes.size),
    ...(completedIndexes === '' ? {} : { completedIndexes }),
    ...(indexFailures === undefined ? {} : { failedIndexes: indexFailures.failed.toString() }),
  };
}

/** What the status keeps from before. */
function rest(job: Job): JobStatus {
  const {
    active: _,
    conditions: __,
    completedIndexes: ___,
    failedIndexes: ____,
    succeeded,
    ...kept
  } = job.status ?? {};
  return succeeded === undefined || isIndexed(job) ? kept : { ...kept, succeeded };
}

function unlessZero<K extends string>(name: K, value: number): { [name in K]?: number } {
  return (value === 0 ? {} : { [name]: value }) as { [name in K]?: number };
}

const findReady = (pod: Pod): boolean =>
  pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;

/** Second half: pods that have no finalizer any more leave the list and enter the numbers. `held` are the uids of those that still have it. */
export function counted(status: JobStatus, held: ReadonlySet<string>): JobStatus {
  const { succeeded = [], failed = [] } = status.uncountedTerminatedPods ?? {};
  const left = { succeeded: succeeded.filter((uid) => held.has(uid)), failed: failed.filter((uid) => held.has(uid)) };
  return {
    ...status,
    ...unlessZero('succeeded', (status.succeeded ?? 0) + succeeded.length - left.succeeded.length),
    ...unlessZero('failed', (status.failed ?? 0) + failed.length - left.failed.length),
    uncountedTerminatedPods: {
      ...(left.succeeded.length === 0 ? {} : { succeeded: left.succeeded }),
      ...(left.failed.length === 0 ? {} : { failed: left.failed }),
    },
  };
}

/** The end, when every pod is counted and none is terminating; undefined before. */
export function finished(status: JobStatus, tracking: Tracking, now: number): JobStatus | undefined {
  const { verdict, terminating, more } = tracking;
  const { succeeded = [], failed = [] } = status.uncountedTerminatedPods ?? {};
  if (verdict === undefined || more || terminating > 0 || succeeded.length + failed.length > 0) return undefined;
  const type = verdict.type === 'FailureTarget' ? 'Failed' : 'Complete';
  const { reason, message } = verdict;
  const conditions = withCondition(status.conditions ?? [], { type, status: 'True', reason, message }, now);
  return {
    ...status,
    conditions: [...conditions],
    ...(type === 'Complete' ? { completionTime: formatTime(now) } : {}),
  };
}

/** When the Job ended; undefined while it has not. */
export function finishTime(job: Job): number | undefined {
  const end = job.status?.conditions?.find(
    ({ type, status }) => (type === 'Complete' || type === 'Failed') && status === 'True',
  );
  return end === undefined ? undefined : parseTime(end.lastTransitionTime);
}
