import type { Deployment, ReplicaSet } from '../common/types.ts';
import { byRevision } from './annotations.ts';
import { sizeOf } from './sizes.ts';
import { revisionHistoryLimit } from './strategy.ts';
import { byCreation } from './template.ts';

/** Old ReplicaSets above the history limit, those of the lowest revisions. One that has or may yet have pods stays. */
export function surplusHistory(deployment: Deployment, old: readonly ReplicaSet[]): ReplicaSet[] {
  const limit = revisionHistoryLimit(deployment);
  if (limit === undefined) return [];
  const alive = old.filter((replicaSet) => replicaSet.metadata.deletionTimestamp === undefined);
  return alive
    .sort((a, b) => byRevision(a, b) || byCreation(a, b))
    .slice(0, Math.max(0, alive.length - limit))
    .filter(isEmpty);
}

function isEmpty(replicaSet: ReplicaSet): boolean {
  const observed = replicaSet.status?.observedGeneration ?? 0;
  return (
    sizeOf(replicaSet) === 0 &&
    (replicaSet.status?.replicas ?? 0) === 0 &&
    observed >= (replicaSet.metadata.generation ?? 0)
  );
}
