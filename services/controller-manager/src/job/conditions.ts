import { formatTime } from '../common/time.ts';
import type { Job, JobCondition } from './types.ts';

export function findCondition(conditions: readonly JobCondition[] | undefined, type: string): JobCondition | undefined {
  return conditions?.find((condition) => condition.type === type);
}

export const isFinished = (job: Job): boolean =>
  job.status?.conditions?.some(({ type, status }) => (type === 'Complete' || type === 'Failed') && status === 'True') ??
  false;

export interface NewCondition {
  type: string;
  status: 'True' | 'False';
  reason: string;
  message: string;
}

/** A condition that was never there does not become False, and one that says the same already keeps its times. */
export function withCondition(
  conditions: readonly JobCondition[],
  wanted: NewCondition,
  now: number,
): readonly JobCondition[] {
  const known = findCondition(conditions, wanted.type);
  if (known === undefined && wanted.status === 'False') return conditions;
  if (known?.status === wanted.status && known.reason === wanted.reason && known.message === wanted.message)
    return conditions;
  const { type, status, reason, message } = wanted;
  const time = formatTime(now);
  const next = { type, status, lastProbeTime: time, lastTransitionTime: time, reason, message };
  return known === undefined ? [...conditions, next] : conditions.map((one) => (one === known ? next : one));
}
