import type { Deployment, ReplicaSet } from '../common/types.ts';
import { availableOf, isActive, isShrinking, resized, type Sizes, sizeOf, sum, totalSize } from './sizes.ts';
import { desiredReplicas, isRollingUpdate, maxSurge, maxUnavailable } from './strategy.ts';
import { byCreation } from './template.ts';

/**
 * One step of a rolling update: the new ReplicaSet grows as far as the surge allows; if it cannot, the old ones shrink as far as
 * availability allows. Never both in one step: the growth has to be seen before anything is taken away for it. An update that was undone half way
 * waits until the ReplicaSet that is wanted again has let go of what it was told to.
 */
export function rollingStep(deployment: Deployment, newest: ReplicaSet, old: readonly ReplicaSet[]): Sizes {
  const size = newReplicaSetSize(deployment, newest, old);
  if (size > sizeOf(newest) && isShrinking(newest)) return new Map();
  if (size !== sizeOf(newest)) return new Map([[newest.metadata.name, size]]);
  return shrinkOld(deployment, newest, old.filter(isActive));
}

/** What the ReplicaSet of the current template is to have now; 0 before it exists counts as its size. */
export function newReplicaSetSize(
  deployment: Deployment,
  newest: ReplicaSet | undefined,
  old: readonly ReplicaSet[],
): number {
  const desired = desiredReplicas(deployment);
  const size = newest === undefined ? 0 : sizeOf(newest);
  if (size >= desired || !isRollingUpdate(deployment)) return desired;
  const room = desired + maxSurge(deployment) - totalSize(old) - size;
  return size + Math.max(0, Math.min(room, desired - size));
}

/**
 * Old pods that are not available go first: they only stand in the way. Then available ones, as many as there are above the minimum.
 * New pods that are not available yet count as missing, so that a new version that never gets ready takes nothing away.
 */
function shrinkOld(deployment: Deployment, newest: ReplicaSet, old: readonly ReplicaSet[]): Sizes {
  const minAvailable = desiredReplicas(deployment) - maxUnavailable(deployment);
  const notYetAvailable = sizeOf(newest) - availableOf(newest);
  const removable = totalSize(old) + sizeOf(newest) - minAvailable - notYetAvailable;
  if (old.length === 0 || removable <= 0) return new Map();
  const oldestFirst = [...old].sort(byCreation);
  const cleaned = take(oldestFirst, removable, (rs) => sizeOf(rs) - availableOf(rs));
  const remaining = oldestFirst.map((rs) => resized(rs, cleaned.get(rs.metadata.name) ?? sizeOf(rs)));
  const available = sum([...remaining, newest].map(availableOf));
  const shrunk = take(remaining, Math.max(0, available - minAvailable), sizeOf);
  return new Map([...cleaned, ...shrunk]);
}

/** Takes up to `most` pods away in all, from each ReplicaSet in turn as many as `takeable` says. */
function take(
  replicaSets: readonly ReplicaSet[],
  most: number,
  takeable: (replicaSet: ReplicaSet) => number,
): Map<string, number> {
  const sizes = new Map<string, number>();
  let left = most;
  for (const replicaSet of replicaSets) {
    const taken = Math.min(left, takeable(replicaSet));
    if (taken === 0) continue;
    sizes.set(replicaSet.metadata.name, sizeOf(replicaSet) - taken);
    left -= taken;
  }
  return sizes;
}
