import { type StatusCause, StatusError } from '@kubus/shared/errors';
import { labelSelector } from '@kubus/shared/object';
import type { Pod, PodDisruptionBudget } from '@kubus/shared/schema';
import { forbidden } from '../../authz/index.ts';

/** Evictions that the disruption controller has not seen yet; more are too many. */
const maxDisrupted = 2000;
const budgets = { group: 'policy', resource: 'poddisruptionbudget' };

/** What a budget says of an eviction. `take`: it goes on, and the budget becomes this. */
export type Verdict = { free: true } | { free: false; take: PodDisruptionBudget };

/** Pods that have ended, or not begun, are no loss to anybody. */
export function countsForBudgets({ metadata, status }: Pod): boolean {
  return metadata.deletionTimestamp === undefined && (status?.phase === 'Running' || status?.phase === 'Unknown');
}

export function budgetsOf(pod: Pod, all: readonly PodDisruptionBudget[]): PodDisruptionBudget[] {
  const labels = pod.metadata.labels ?? {};
  if (Object.keys(labels).length === 0) return [];
  return all.filter(({ spec }) => labelSelector(spec?.selector).matches(labels));
}

/** Throws TooManyRequests or Forbidden (pkg/registry/core/pod/storage/eviction.go). */
export function judge(budget: PodDisruptionBudget, pod: Pod, now: string): Verdict {
  if (!isReady(pod) && mayAlwaysGo(budget)) return { free: true };
  refuseUnlessAllowed(budget);
  const { status } = budget;
  const left = (status?.disruptionsAllowed ?? 0) - 1;
  const disruptedPods = Object.fromEntries([
    ...Object.entries(status?.disruptedPods ?? {}),
    [pod.metadata.name, now] as const,
  ]);
  const conditions = left === 0 ? exhausted(budget, now) : status?.conditions;
  const next = { ...status, disruptionsAllowed: left, disruptedPods, ...(conditions && { conditions }) };
  return { free: false, take: { ...budget, status: next as NonNullable<PodDisruptionBudget['status']> } };
}

function isReady({ status }: Pod): boolean {
  return status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') === true;
}

/** A pod that is not ready is not what a budget protects: always, or as long as enough others are healthy. */
function mayAlwaysGo({ spec, status }: PodDisruptionBudget): boolean {
  if (spec?.unhealthyPodEvictionPolicy === 'AlwaysAllow') return true;
  const { currentHealthy = 0, desiredHealthy = 0 } = status ?? {};
  return currentHealthy >= desiredHealthy && desiredHealthy > 0;
}

function refuseUnlessAllowed({ metadata, status }: PodDisruptionBudget): void {
  const { name, generation = 0 } = metadata;
  if ((status?.observedGeneration ?? 0) < generation) {
    throw tooMany(`The disruption budget ${name} is still being processed by the server.`, 10);
  }
  const allowed = status?.disruptionsAllowed ?? 0;
  if (allowed < 0) throw forbidden(budgets, name, 'pdb disruptions allowed is negative');
  if (Object.keys(status?.disruptedPods ?? {}).length > maxDisrupted) {
    const why = 'DisruptedPods map too big - too many evictions not confirmed by PDB controller';
    throw forbidden(budgets, name, why);
  }
  if (allowed > 0) return;
  const failed = status?.conditions?.find(
    ({ type, reason }) => type === 'DisruptionAllowed' && reason === 'SyncFailed',
  );
  const { desiredHealthy = 0, currentHealthy = 0 } = status ?? {};
  const needs = `The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`;
  throw tooMany(
    failed === undefined
      ? needs
      : `The disruption budget ${name} does not allow evicting pods currently because it failed sync: ${failed.message}`,
    0,
  );
}

function tooMany(message: string, retryAfterSeconds: number): StatusError {
  const causes: StatusCause[] = [{ reason: 'DisruptionBudget', message }];
  const details = { causes, ...(retryAfterSeconds === 0 ? {} : { retryAfterSeconds }) };
  return new StatusError(
    'TooManyRequests',
    "Cannot evict pod as it would violate the pod's disruption budget.",
    details,
  );
}

function exhausted({ metadata, status }: PodDisruptionBudget, now: string) {
  const type = 'DisruptionAllowed';
  const former = status?.conditions?.find((condition) => condition.type === type);
  const others = (status?.conditions ?? []).filter((condition) => condition.type !== type);
  const changed = former?.status !== 'False';
  return [
    ...others,
    {
      type,
      status: 'False',
      reason: 'InsufficientPods',
      message: '',
      observedGeneration: metadata.generation ?? 0,
      lastTransitionTime: changed ? now : former.lastTransitionTime,
    },
  ];
}

/** Says on the pod why it goes. */
export function withDisruptionTarget(pod: Pod, now: string): Pod {
  const type = 'DisruptionTarget';
  const others = (pod.status?.conditions ?? []).filter((condition) => condition.type !== type);
  const condition = {
    type,
    status: 'True',
    reason: 'EvictionByEvictionAPI',
    message: 'Eviction API: evicting',
    lastTransitionTime: now,
    ...(pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation }),
  };
  return { ...pod, status: { ...pod.status, conditions: [...others, condition] } as NonNullable<Pod['status']> };
}
