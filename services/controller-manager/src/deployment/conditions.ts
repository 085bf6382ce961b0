import { formatTime } from '../common/time.ts';
import type { ConditionStatus, DeploymentCondition } from '../common/types.ts';

export type Conditions = readonly DeploymentCondition[];

export const find = (conditions: Conditions, type: string): DeploymentCondition | undefined =>
  conditions.find((condition) => condition.type === type);

export const without = (conditions: Conditions, type: string): Conditions =>
  conditions.filter((condition) => condition.type !== type);

export function condition(
  type: string,
  status: ConditionStatus,
  reason: string,
  message: string,
  now: number,
): DeploymentCondition {
  const at = formatTime(now);
  return { type, status, lastUpdateTime: at, lastTransitionTime: at, reason, message };
}

/** Replaces the condition of its type. The same status and reason change nothing; the same status keeps the time of transition. */
export function set(conditions: Conditions, next: DeploymentCondition): Conditions {
  const current = find(conditions, next.type);
  if (current?.status === next.status && current.reason === next.reason) return conditions;
  return renew(conditions, next);
}

/** As `set`, but also where status and reason are the same: the time of update says that something moved. */
export function renew(conditions: Conditions, next: DeploymentCondition): Conditions {
  const current = find(conditions, next.type);
  const transition = current?.status === next.status ? current.lastTransitionTime : next.lastTransitionTime;
  const kept = transition === undefined ? next : { ...next, lastTransitionTime: transition };
  return [...without(conditions, next.type), kept];
}
