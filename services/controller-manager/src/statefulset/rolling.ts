import { scaledIntOrPercent } from '@kubus/shared/object';
import type { Pod, StatefulSet } from '../common/types.ts';
import { revisionOf, sizeOf } from './identity.ts';
import { isTerminating, isUnavailable, type Slot } from './pods.ts';

export const isRolling = (set: StatefulSet): boolean => (set.spec.updateStrategy?.type ?? '') !== 'OnDelete';

/** Ordinals from the start on that keep the old revision. */
export const partitionOf = (set: StatefulSet): number => set.spec.updateStrategy?.rollingUpdate?.partition ?? 0;

/** As many pods may be down for an update at once; rounded up, and 1 at least (KEP-961). */
function maxUnavailable(set: StatefulSet, honoured: boolean): number {
  const value = set.spec.updateStrategy?.rollingUpdate?.maxUnavailable;
  return !honoured || value === undefined ? 1 : Math.max(1, scaledIntOrPercent(value, sizeOf(set), 'up'));
}

/** Pods to delete so that their ordinals come back with the new revision: from the highest ordinal down to the partition. */
export function podsToUpdate(
  set: StatefulSet,
  slots: readonly Slot[],
  updateRevision: string,
  options: { now: number; maxUnavailable: boolean },
): Pod[] {
  if (!isRolling(set)) return [];
  const candidates = slots.slice(partitionOf(set)).reverse();
  if (!options.maxUnavailable) return oneByOne(set, candidates, updateRevision, options.now);
  const down = slots.filter(({ pod }) => isUnavailable(set, pod, options.now)).length;
  return candidates
    .flatMap(({ pod }) => pod ?? [])
    .filter((pod) => revisionOf(pod) !== updateRevision && !isTerminating(pod))
    .slice(0, Math.max(0, maxUnavailable(set, true) - down));
}

/** The first of the old ones, unless one before it is not available yet. */
function oneByOne(set: StatefulSet, candidates: readonly Slot[], updateRevision: string, now: number): Pod[] {
  for (const { pod } of candidates) {
    if (pod !== undefined && revisionOf(pod) !== updateRevision && !isTerminating(pod)) return [pod];
    if (isUnavailable(set, pod, now)) return [];
  }
  return [];
}
