import type { KubeObject, ObjectMeta } from '@kubus/shared/object';
import type { StoredCall } from './call.ts';
import type { DeleteOptions, Propagation } from './delete-options.ts';
import { timestamp } from './deps.ts';

const orphan = 'orphan';
const foreground = 'foregroundDeletion';

/**
 * What an object becomes when its deletion is asked for: marked, with the time at which it is to end and the finalizers that the propagation policy
 * calls for. Nothing changes when it is on its way out already and no sooner end is asked for (apiserver/pkg/registry/rest BeforeDelete and
 * .../generic/registry deletionFinalizersForGarbageCollection).
 */
export function planDeletion(call: StoredCall, options: DeleteOptions, old: KubeObject, now: Date): KubeObject {
  const rules = call.strategy.deletion;
  const grace = rules?.gracePeriod?.(old, options.gracePeriodSeconds) ?? 0;
  const object: KubeObject = { ...old, metadata: { ...old.metadata } };
  if (old.metadata.deletionTimestamp !== undefined) {
    shorten(object.metadata, options.gracePeriodSeconds === undefined ? undefined : grace);
    return object;
  }
  setFinalizers(object.metadata, options.propagation, rules?.defaultPropagation);
  const { metadata } = object;
  metadata.deletionTimestamp = timestamp(new Date(now.getTime() + grace * 1000));
  metadata.deletionGracePeriodSeconds = grace;
  if ((metadata.generation ?? 0) > 0) metadata.generation = (metadata.generation ?? 0) + 1;
  rules?.prepareForDeletion?.(object);
  return object;
}

/** A later request can bring the end nearer, never put it off. */
function shorten(metadata: ObjectMeta, grace: number | undefined): void {
  const standing = metadata.deletionGracePeriodSeconds ?? 0;
  if (grace === undefined || grace >= standing) return;
  const asked = Date.parse(metadata.deletionTimestamp as string) - standing * 1000;
  metadata.deletionTimestamp = timestamp(new Date(asked + grace * 1000));
  metadata.deletionGracePeriodSeconds = grace;
}

function setFinalizers(
  metadata: ObjectMeta,
  asked: Propagation | undefined,
  standard: Propagation = 'Background',
): void {
  const present = metadata.finalizers ?? [];
  const policy = asked ?? policyOf(present) ?? standard;
  const finalizers = present.filter((name) => name !== orphan && name !== foreground);
  if (policy === 'Orphan') finalizers.push(orphan);
  if (policy === 'Foreground') finalizers.push(foreground);
  if (finalizers.length > 0) metadata.finalizers = finalizers;
  else delete metadata.finalizers;
}

/** What the finalizers that are there already call for. */
function policyOf(finalizers: readonly string[]): Propagation | undefined {
  if (finalizers.includes(orphan)) return 'Orphan';
  return finalizers.includes(foreground) ? 'Foreground' : undefined;
}
