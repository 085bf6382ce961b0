import { labelsSelector } from '@kubus/shared/object';
import { semanticEqual } from '../common/equality.ts';
import { isPodActive, isPodReady, isPodTerminating, untilAvailable } from '../common/pod-state.ts';
import { formatTime } from '../common/time.ts';
import type { Pod, ReplicaSet, ReplicaSetCondition, ReplicaSetStatus } from '../common/types.ts';

export interface Failure {
  reason: 'FailedCreate' | 'FailedDelete';
  message: string;
}

/** What the status is after looking at the owned pods, before what this reconcile did to them shows. */
export function statusOf(
  replicaSet: ReplicaSet,
  owned: readonly Pod[],
  options: { failure: Failure | undefined; countTerminating: boolean; now: number },
): ReplicaSetStatus {
  const active = owned.filter(isPodActive);
  const ready = active.filter(isPodReady);
  const minReady = replicaSet.spec.minReadySeconds ?? 0;
  const available = ready.filter((pod) => untilAvailable(pod, minReady, options.now) === 0);
  const template = labelsSelector(replicaSet.spec.template?.metadata?.labels);
  const labeled = active.filter((pod) => template.matches(pod.metadata.labels));
  const conditions = conditionsOf(replicaSet, options.failure, options.now);
  return {
    replicas: active.length,
    ...unlessZero('fullyLabeledReplicas', labeled.length),
    ...unlessZero('readyReplicas', ready.length),
    ...unlessZero('availableReplicas', available.length),
    ...(options.countTerminating ? { terminatingReplicas: owned.filter(isPodTerminating).length } : {}),
    ...unlessZero('observedGeneration', replicaSet.metadata.generation ?? 0),
    ...(conditions.length === 0 ? {} : { conditions }),
  };
}

/** Zero counts are left out of the JSON, as Kubernetes leaves them out. */
function unlessZero<K extends string>(name: K, value: number): { [name in K]?: number } {
  return (value === 0 ? {} : { [name]: value }) as { [name in K]?: number };
}

/** ReplicaFailure comes with the first failure, keeps its text while failures last, and goes when one reconcile had none. */
function conditionsOf(replicaSet: ReplicaSet, failure: Failure | undefined, now: number): ReplicaSetCondition[] {
  const before = replicaSet.status?.conditions ?? [];
  const others = before.filter((condition) => condition.type !== 'ReplicaFailure');
  if (failure === undefined) return others;
  if (others.length < before.length) return before;
  return [...others, { type: 'ReplicaFailure', status: 'True', lastTransitionTime: formatTime(now), ...failure }];
}

export function sameStatus(a: ReplicaSetStatus | undefined, b: ReplicaSetStatus): boolean {
  const counts = [
    'replicas',
    'fullyLabeledReplicas',
    'readyReplicas',
    'availableReplicas',
    'terminatingReplicas',
    'observedGeneration',
  ] as const;
  return (
    a !== undefined &&
    counts.every((count) => (a[count] ?? 0) === (b[count] ?? 0)) &&
    semanticEqual(a.conditions, b.conditions)
  );
}

/** Milliseconds until the next ready pod becomes available by the passing of time alone; undefined when none will. */
export function untilNextAvailable(replicaSet: ReplicaSet, owned: readonly Pod[], now: number): number | undefined {
  const minReady = replicaSet.spec.minReadySeconds ?? 0;
  const waits = owned
    .filter(isPodActive)
    .map((pod) => untilAvailable(pod, minReady, now))
    .filter((wait) => wait !== undefined && wait > 0);
  return waits.length === 0 ? undefined : Math.min(...(waits as number[]));
}
