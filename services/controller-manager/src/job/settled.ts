import { semanticEqual } from '../common/equality.ts';
import type { Pod } from '../common/types.ts';
import { type PodSource, planClaims, planPods } from './plan.ts';
import { tally, uncountedOf, untilDeadline } from './tally.ts';
import { track } from './track.ts';
import type { Job } from './types.ts';

/**
 * Whether a reconcile would change nothing and wait for nothing: most of what happens to a pod between its creation and its end is no news to its Job.
 * `candidates`: pods that the Job manages, and those of its namespace that nobody manages.
 */
export function isSettled(job: Job, candidates: readonly Pod[], source: PodSource, now: number): boolean {
  const { owned, actions } = planClaims(job, candidates);
  if (actions.length > 0 || untilDeadline(job, now) !== undefined) return false;
  const { succeeded, failed } = uncountedOf(job);
  if (succeeded.size + failed.size > 0) return false;
  const observed = tally(job, owned, now);
  const planned = planPods(observed, source, now);
  if (planned.actions.length > 0 || planned.wait !== undefined) return false;
  const { status, release, verdict, event } = track(observed, { created: 0, deleted: [], incomplete: false }, now);
  return verdict === undefined && event === undefined && release.length === 0 && semanticEqual(job.status, status);
}
