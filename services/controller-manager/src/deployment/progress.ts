import { parseTime } from '../common/time.ts';
import type { Deployment, DeploymentCondition, DeploymentStatus } from '../common/types.ts';
import { type Conditions, condition, find, renew, set, without } from './conditions.ts';
import { allOf, isComplete, type Rollout } from './status.ts';
import { progressDeadline } from './strategy.ts';

const progressing = 'Progressing';
const replicaFailure = 'ReplicaFailure';

/** Pausing stops the clock of the deadline, and resuming starts it anew; a deadline that was missed stays missed. */
export function pauseConditions(deployment: Deployment, conditions: Conditions, now: number): Conditions {
  const current = find(conditions, progressing);
  if (progressDeadline(deployment) === undefined || current?.reason === 'ProgressDeadlineExceeded') return conditions;
  const pausedBefore = current?.reason === 'DeploymentPaused';
  if (deployment.spec.paused === true && !pausedBefore)
    return set(conditions, condition(progressing, 'Unknown', 'DeploymentPaused', 'Deployment is paused', now));
  if (deployment.spec.paused !== true && pausedBefore)
    return set(conditions, condition(progressing, 'Unknown', 'DeploymentResumed', 'Deployment is resumed', now));
  return conditions;
}

/** A ReplicaSet for the template was there already: a rollback, or a Deployment that somebody began to watch the progress of. */
export function foundConditions(deployment: Deployment, conditions: Conditions, name: string, now: number): Conditions {
  if (progressDeadline(deployment) === undefined || find(conditions, progressing) !== undefined) return conditions;
  return set(conditions, condition(progressing, 'True', 'FoundNewReplicaSet', `Found new replica set "${name}"`, now));
}

export function createdConditions(
  deployment: Deployment,
  conditions: Conditions,
  name: string,
  now: number,
): Conditions {
  if (progressDeadline(deployment) === undefined) return conditions;
  return set(
    conditions,
    condition(progressing, 'True', 'NewReplicaSetCreated', `Created new replica set "${name}"`, now),
  );
}

export function createFailedConditions(
  deployment: Deployment,
  conditions: Conditions,
  message: string,
  now: number,
): Conditions {
  if (progressDeadline(deployment) === undefined) return conditions;
  return set(conditions, condition(progressing, 'False', 'ReplicaSetCreateError', message, now));
}

/**
 * How the rollout stands: done, moving (the counts are better than they were), or standing still for longer than the deadline. Takes
 * and returns the new status; `deployment.status` is the one before.
 */
export function judgeProgress(
  deployment: Deployment,
  rollout: Rollout,
  status: DeploymentStatus,
  now: number,
): DeploymentStatus {
  const conditions = status.conditions ?? [];
  if (progressDeadline(deployment) === undefined)
    return { ...status, conditions: [...without(conditions, progressing)] };
  if (isSettled(status, find(conditions, progressing))) return status;
  const subject =
    rollout.newest === undefined
      ? `Deployment "${deployment.metadata.name}"`
      : `ReplicaSet "${rollout.newest.metadata.name}"`;
  return { ...status, conditions: [...progressOf(deployment, status, conditions, subject, now)] };
}

/** The last rollout is complete; what happens to its pods now is no progress of a rollout. */
function isSettled(status: DeploymentStatus, current: DeploymentCondition | undefined): boolean {
  return (status.replicas ?? 0) === (status.updatedReplicas ?? 0) && current?.reason === 'NewReplicaSetAvailable';
}

function progressOf(
  deployment: Deployment,
  status: DeploymentStatus,
  conditions: Conditions,
  subject: string,
  now: number,
): Conditions {
  const say = (status: 'True' | 'False', reason: string, message: string) =>
    condition(progressing, status, reason, `${subject} ${message}`, now);
  if (isComplete(deployment, status))
    return set(conditions, say('True', 'NewReplicaSetAvailable', 'has successfully progressed.'));
  if (hasMoved(deployment.status ?? {}, status))
    return renew(conditions, say('True', 'ReplicaSetUpdated', 'is progressing.'));
  if (hasTimedOut(deployment, find(conditions, progressing), now))
    return set(conditions, say('False', 'ProgressDeadlineExceeded', 'has timed out progressing.'));
  return conditions;
}

/** More pods of the new template, fewer of the old, or more that are ready or available. */
function hasMoved(before: DeploymentStatus, after: DeploymentStatus): boolean {
  const oldPods = (status: DeploymentStatus) => (status.replicas ?? 0) - (status.updatedReplicas ?? 0);
  return (
    (after.updatedReplicas ?? 0) > (before.updatedReplicas ?? 0) ||
    oldPods(after) < oldPods(before) ||
    (after.readyReplicas ?? 0) > (before.readyReplicas ?? 0) ||
    (after.availableReplicas ?? 0) > (before.availableReplicas ?? 0)
  );
}

function hasTimedOut(deployment: Deployment, current: DeploymentCondition | undefined, now: number): boolean {
  if (current === undefined || current.reason === 'NewReplicaSetAvailable') return false;
  if (current.reason === 'ProgressDeadlineExceeded') return true;
  const deadline = deadlineOf(deployment, current);
  return deadline !== undefined && deadline < now;
}

function deadlineOf(deployment: Deployment, current: DeploymentCondition): number | undefined {
  const seconds = progressDeadline(deployment);
  const updated = parseTime(current.lastUpdateTime);
  return seconds === undefined || updated === undefined ? undefined : updated + seconds * 1000;
}

/** Milliseconds until the deadline has to be looked at again; undefined when none runs. */
export function untilDeadline(deployment: Deployment, status: DeploymentStatus, now: number): number | undefined {
  const current = find(status.conditions ?? [], progressing);
  if (current === undefined || deployment.spec.paused === true) return undefined;
  if (current.reason === 'NewReplicaSetAvailable' || current.reason === 'ProgressDeadlineExceeded') return undefined;
  const deadline = deadlineOf(deployment, current);
  // Times are whole seconds: one second more, so that the look comes after the deadline and not just before.
  return deadline === undefined ? undefined : Math.max(0, deadline - now) + 1000;
}

/** The new ReplicaSet's trouble with its pods shows on the Deployment, or else that of an old one. */
export function showReplicaFailure(rollout: Rollout, status: DeploymentStatus): DeploymentStatus {
  const newestFirst = [rollout.newest, ...allOf(rollout)];
  const failure = newestFirst
    .flatMap((replicaSet) => replicaSet?.status?.conditions ?? [])
    .find(({ type }) => type === replicaFailure);
  const conditions = status.conditions ?? [];
  if (failure === undefined) return { ...status, conditions: [...without(conditions, replicaFailure)] };
  const at = failure.lastTransitionTime;
  const shown = { ...failure, ...(at === undefined ? {} : { lastUpdateTime: at }) };
  return { ...status, conditions: [...set(conditions, shown)] };
}
