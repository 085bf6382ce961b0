import { formatTime } from '../common/time.ts';
import type { Condition, PodDisruptionBudget, PodDisruptionBudgetStatus } from '../common/types.ts';

const type = 'DisruptionAllowed';

/** The status with its condition: whether an eviction would be granted now. */
export function disruptionAllowed(
  budget: PodDisruptionBudget,
  status: PodDisruptionBudgetStatus,
  now: number,
): PodDisruptionBudgetStatus {
  const allowed = (status.disruptionsAllowed ?? 0) > 0;
  return withCondition(
    budget,
    status,
    { status: allowed ? 'True' : 'False', reason: allowed ? 'SufficientPods' : 'InsufficientPods', message: '' },
    now,
  );
}

/** Where nothing could be counted, nothing is allowed. */
export function syncFailed(budget: PodDisruptionBudget, message: string, now: number): PodDisruptionBudgetStatus {
  const status = { ...budget.status, disruptionsAllowed: 0 };
  return withCondition(budget, status, { status: 'False', reason: 'SyncFailed', message }, now);
}

function withCondition(
  budget: PodDisruptionBudget,
  status: PodDisruptionBudgetStatus,
  wanted: { status: string; reason: string; message: string },
  now: number,
): PodDisruptionBudgetStatus {
  const before = budget.status?.conditions ?? [];
  const former = before.find((condition) => condition.type === type);
  const lastTransitionTime = former?.status === wanted.status ? former.lastTransitionTime : formatTime(now);
  const condition: Condition = {
    type,
    ...wanted,
    observedGeneration: status.observedGeneration ?? 0,
    lastTransitionTime,
  };
  return { ...status, conditions: [...before.filter((one) => one.type !== type), condition] };
}
