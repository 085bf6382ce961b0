import type { Deployment, ReplicaSet } from '../common/types.ts';
import { desiredAtLastScale, maxAtLastScale } from './annotations.ts';
import { availableOf, isActive, type Sizes, sizeOf, totalSize } from './sizes.ts';
import { desiredReplicas, isRollingUpdate, maxSurge } from './strategy.ts';
import { byCreation } from './template.ts';

/** The number of replicas was changed since a ReplicaSet with pods was last sized. */
export function isScalingEvent(deployment: Deployment, replicaSets: readonly ReplicaSet[]): boolean {
  return replicaSets.filter(isActive).some((replicaSet) => {
    const sizedFor = desiredAtLastScale(replicaSet);
    return sizedFor !== undefined && sizedFor !== desiredReplicas(deployment);
  });
}

/**
 * Sizes for a changed number of replicas, without moving a rollout on: in the middle of one, every ReplicaSet with pods gets its share
 * of the change, so that the risk between old and new stays what it was (Kubernetes: "Proportional scaling").
 */
export function scaledSizes(deployment: Deployment, newest: ReplicaSet | undefined, old: readonly ReplicaSet[]): Sizes {
  const all = newest === undefined ? [...old] : [...old, newest];
  const active = all.filter(isActive);
  const only = active.length > 1 ? undefined : (active[0] ?? newest ?? [...old].sort(byCreation).at(-1));
  if (only !== undefined) return new Map([[only.metadata.name, desiredReplicas(deployment)]]);
  if (newest !== undefined && isSaturated(deployment, newest)) return emptied(old);
  return isRollingUpdate(deployment) ? proportions(deployment, active) : new Map();
}

export function emptied(replicaSets: readonly ReplicaSet[]): Sizes {
  return new Map(replicaSets.filter(isActive).map((replicaSet) => [replicaSet.metadata.name, 0]));
}

/** It alone has all pods that are wanted, and they are available. */
function isSaturated(deployment: Deployment, replicaSet: ReplicaSet): boolean {
  const desired = desiredReplicas(deployment);
  return (
    sizeOf(replicaSet) === desired && desiredAtLastScale(replicaSet) === desired && availableOf(replicaSet) === desired
  );
}

function proportions(deployment: Deployment, active: readonly ReplicaSet[]): Sizes {
  const desired = desiredReplicas(deployment);
  const allowed = desired === 0 ? 0 : desired + maxSurge(deployment);
  const change = allowed - totalSize(active);
  const ordered = [...active].sort(change > 0 ? largestThenNewest : largestThenOldest);
  const sizes = new Map<string, number>();
  let spent = 0;
  for (const replicaSet of ordered) {
    const part = share(deployment, replicaSet, change, change - spent);
    sizes.set(replicaSet.metadata.name, sizeOf(replicaSet) + part);
    spent += part;
  }
  return withLeftover(sizes, ordered[0], change - spent);
}

/** What rounding left over goes to the largest. */
function withLeftover(sizes: Map<string, number>, largest: ReplicaSet | undefined, leftover: number): Sizes {
  if (largest === undefined) return sizes;
  const size = (sizes.get(largest.metadata.name) ?? 0) + leftover;
  return sizes.set(largest.metadata.name, Math.max(0, size));
}

/** The part of `change` that is in proportion to the size of the ReplicaSet, but not more than is `left`. */
function share(deployment: Deployment, replicaSet: ReplicaSet, change: number, left: number): number {
  if (change === 0 || left === 0) return 0;
  const part = exactShare(deployment, replicaSet);
  return change > 0 ? Math.min(part, left) : Math.max(part, left);
}

function exactShare(deployment: Deployment, replicaSet: ReplicaSet): number {
  const size = sizeOf(replicaSet);
  if (desiredReplicas(deployment) === 0) return -size;
  const before = maxAtLastScale(replicaSet) || (deployment.status?.replicas ?? 0);
  if (before === 0) return 0;
  return Math.round((size * (desiredReplicas(deployment) + maxSurge(deployment))) / before) - size;
}

const largestThenNewest = (a: ReplicaSet, b: ReplicaSet): number => sizeOf(b) - sizeOf(a) || byCreation(b, a);
const largestThenOldest = (a: ReplicaSet, b: ReplicaSet): number => sizeOf(b) - sizeOf(a) || byCreation(a, b);
