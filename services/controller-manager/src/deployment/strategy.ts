import { scaledIntOrPercent } from '@kubus/shared/object';
import type { Deployment } from '../common/types.ts';

/** A limit that is not set is written as the largest 32-bit number. */
const unlimited = 2 ** 31 - 1;

export const desiredReplicas = (deployment: Deployment): number => deployment.spec.replicas ?? 1;

export const isRollingUpdate = (deployment: Deployment): boolean => deployment.spec.strategy?.type !== 'Recreate';

/** Both limits in pods: surge rounds up, unavailable rounds down, and never are both 0, for then nothing could move. */
function limits(deployment: Deployment): { surge: number; unavailable: number } {
  const { maxSurge = '25%', maxUnavailable = '25%' } = deployment.spec.strategy?.rollingUpdate ?? {};
  const surge = scaledIntOrPercent(maxSurge, desiredReplicas(deployment), 'up');
  const unavailable = scaledIntOrPercent(maxUnavailable, desiredReplicas(deployment), 'down');
  return { surge, unavailable: surge === 0 && unavailable === 0 ? 1 : unavailable };
}

/** Pods that may exist above the desired number. */
export function maxSurge(deployment: Deployment): number {
  return isRollingUpdate(deployment) ? limits(deployment).surge : 0;
}

/** Pods that may be missing from the desired number; never more than there are to be. */
export function maxUnavailable(deployment: Deployment): number {
  if (!isRollingUpdate(deployment)) return 0;
  return Math.min(limits(deployment).unavailable, desiredReplicas(deployment));
}

/** Seconds a rollout may stand still; undefined when nobody asked. */
export function progressDeadline(deployment: Deployment): number | undefined {
  const seconds = deployment.spec.progressDeadlineSeconds;
  return seconds === unlimited ? undefined : seconds;
}

export function revisionHistoryLimit(deployment: Deployment): number | undefined {
  const limit = deployment.spec.revisionHistoryLimit;
  return limit === unlimited ? undefined : limit;
}
