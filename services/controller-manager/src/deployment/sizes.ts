import type { ReplicaSet } from '../common/types.ts';

/** Replicas that each ReplicaSet is to have, by name. What is not in it stays as it is. */
export type Sizes = ReadonlyMap<string, number>;

export const sizeOf = (replicaSet: ReplicaSet): number => replicaSet.spec.replicas ?? 1;

export const totalSize = (replicaSets: readonly ReplicaSet[]): number => sum(replicaSets.map(sizeOf));

export const isActive = (replicaSet: ReplicaSet): boolean => sizeOf(replicaSet) > 0;

/**
 * Available pods that will stay: a status can still count pods that the present size has already given up, and those must not be taken
 * for a reserve.
 */
export const availableOf = (replicaSet: ReplicaSet): number =>
  Math.min(replicaSet.status?.availableReplicas ?? 0, sizeOf(replicaSet));

/**
 * Its status may still count pods that it is giving up. Told to grow now, it would seem to have them all, and old pods would be taken away for those that go
 * (Kubernetes does not wait, and can fall below maxUnavailable when an update is undone half way). One that fails to delete is not waited for.
 */
export const isShrinking = (replicaSet: ReplicaSet): boolean =>
  (replicaSet.status?.replicas ?? 0) > sizeOf(replicaSet) &&
  replicaSet.status?.conditions?.some(({ type, status }) => type === 'ReplicaFailure' && status === 'True') !== true;

export const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

export function resized(replicaSet: ReplicaSet, replicas: number): ReplicaSet {
  return { ...replicaSet, spec: { ...replicaSet.spec, replicas } };
}
