import { invalid, notFound } from '@kubus/shared/errors';
import type { KubeObject, ObjectKey } from '@kubus/shared/object';
import { field } from '@kubus/shared/registry';
import type { Committed } from '@kubus/shared/store';
import { type Claim, type CompanionResult, commitWith } from '../allocation/index.ts';
import type { WatchCache } from '../watchcache/index.ts';
import { keyOf, type StoredCall, untilOf } from './call.ts';
import { commitOne, commitWithinQuota } from './commit.ts';
import type { Deps } from './deps.ts';
import { badRequest } from './errors.ts';
import type { WriteOptions } from './options.ts';
import { type Prepared, prepare } from './prepare-update.ts';
import { asError } from './refusals.ts';
import { type Change, lockOn, type UpdateSpec } from './update-spec.ts';

/** What an update came to, and what it came from; its text where it was committed and is kept as it is served. */
export type Updated = Pick<Committed, 'object' | 'text'> & { old: KubeObject };

/**
 * Reads, changes, admits, checks and commits, and does it again when another was faster, unless the client insists on a revision. The first try may work on
 * what the watch cache has, or on what another request has just left; whatever it comes to but success is tried on the object as it is in the store.
 * Undefined when there is no such object.
 */
export async function updateObject(
  deps: Deps,
  call: StoredCall,
  spec: UpdateSpec,
  options: WriteOptions,
  change: Change,
): Promise<Updated | undefined> {
  const key = keyOf(call);
  const id = `${key.group}/${key.resource}/${key.namespace}/${key.name}`;
  const cache = await deps.caches.of(call.storage);
  let turn = deps.turns.isTaken(id) ? await deps.turns.take(id) : undefined;
  let old = turn?.former ?? (await cache.get(key.namespace, key.name, 'any'));
  let live = false;
  let left: KubeObject | undefined;
  try {
    for (;;) {
      let settle: (() => Updated) | undefined;
      let former: KubeObject | undefined;
      if (old === undefined) {
        if (live) return undefined;
      } else {
        const outcome = await attempt(deps, call, spec, options, change, old, live);
        if (typeof outcome === 'function') settle = outcome;
        else if (outcome !== 'again') {
          if (!options.dryRun) left = outcome.object;
          return outcome;
        } else if (turn === undefined) {
          turn = await deps.turns.take(id);
          former = turn.former;
        }
      }
      call.context.signal.throwIfAborted();
      const current: KubeObject | undefined =
        former ?? (settle === undefined ? await deps.store.get(key) : await currentObject(deps, cache, key));
      // The cache was not behind: what it came to holds, and nobody is asked twice.
      if (settle !== undefined && current?.metadata.resourceVersion === old?.metadata.resourceVersion) return settle();
      old = current;
      live = former === undefined;
    }
  } finally {
    turn?.done(left);
  }
}

/** The object as it is now, read where that costs least: a cache that lacks nothing is as good as the store. */
async function currentObject({ store }: Deps, cache: WatchCache, key: ObjectKey): Promise<KubeObject | undefined> {
  return (await cache.isFresh()) ? cache.get(key.namespace, key.name, 'any') : store.get(key);
}

/** A function gives what was found on an object that may be out of date; it holds when that proves to be current. */
async function attempt(
  deps: Deps,
  call: StoredCall,
  spec: UpdateSpec,
  options: WriteOptions,
  change: Change,
  old: KubeObject,
  live: boolean,
): Promise<Updated | 'again' | (() => Updated)> {
  let prepared: Prepared;
  try {
    prepared = await prepare(deps, call, spec, options, old, await change.produce(old));
  } catch (error) {
    if (live) throw error;
    return () => {
      throw error;
    };
  }
  const { object, same, claim } = prepared;
  // What lies there sealed with an old key is written again, as Kubernetes does: that is how keys are rotated.
  if (same && deps.store.isOutdated?.(old) !== true) return live ? { object: old, old } : () => ({ object: old, old });
  if (options.dryRun) return { object, old };
  const result = await commit(deps, call, spec, old, object, claim);
  if (result.ok) return { ...result, old };
  if (result.refusal.reason === 'Conflict' || (result.refusal.reason === 'NotFound' && !live)) return 'again';
  if (result.refusal.reason === 'NotFound') throw notFound(call.resource, call.name);
  if (claim !== undefined) {
    const error = claim.refused(result.refusal, result.companion);
    if (error === undefined) return 'again';
    throw error;
  }
  throw asError(call.resource, call.name, result.refusal);
}

/** Writes the update, or the deletion that it completes: the last finalizer gone from an object on its way out. */
function commit(
  deps: Deps,
  call: StoredCall,
  spec: UpdateSpec,
  old: KubeObject,
  object: KubeObject,
  claim: Claim | undefined,
): Promise<CompanionResult> {
  const key = keyOf(call);
  const preconditions = { resourceVersion: old.metadata.resourceVersion as string };
  if (isFinished(call, object)) return commitDeletion(deps, call, old);
  const footprint = call.strategy.footprint?.(object) ?? {};
  const charges = footprint.charges?.map((charge) => ({
    ...charge,
    enforce: charge.enforce || spec.enforceCharges === true,
  }));
  const operation = {
    type: 'update',
    key,
    object,
    preconditions,
    until: untilOf(call),
    ...footprint,
    ...(charges === undefined ? {} : { charges }),
  } as const;
  const { subresource } = spec;
  return commitWithinQuota(deps, call, operation, { subresource, old, companions: claim?.companions });
}

/** Deletes the object as it was read, with what goes with it. */
export function commitDeletion(deps: Deps, call: StoredCall, old: KubeObject): Promise<CompanionResult> {
  const preconditions = { resourceVersion: old.metadata.resourceVersion as string };
  const operation = { type: 'delete', key: keyOf(call), preconditions, until: untilOf(call) } as const;
  const allocator = deps.allocators.get(call.resource.declaration);
  return allocator === undefined
    ? commitOne(deps.store, operation)
    : commitWith(deps.store, operation, allocator.release(old));
}

/** An object marked for deletion that nothing holds any longer. */
export function isFinished(call: StoredCall, object: KubeObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds, finalizers } = object.metadata;
  return (
    deletionTimestamp !== undefined &&
    (finalizers ?? []).length === 0 &&
    (deletionGracePeriodSeconds ?? 0) === 0 &&
    call.strategy.deletion?.isHeld?.(object) !== true
  );
}

/** The name and namespace of a PUT's body must be those of its path. */
export function checkName(call: StoredCall, { metadata }: KubeObject): void {
  if (!metadata.name) {
    throw badRequest(`the name of the object (${call.name} based on URL) was undeterminable: name must be provided`);
  }
  if (metadata.name !== call.name) {
    throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${call.name})`);
  }
  if (call.namespace !== '' && metadata.namespace && metadata.namespace !== call.namespace) {
    throw badRequest(
      `the namespace of the object (${metadata.namespace}) does not match the namespace on the request (${call.namespace})`,
    );
  }
}

export function requireRevision(call: StoredCall, { metadata }: KubeObject): void {
  if (lockOn(metadata.resourceVersion) !== undefined || call.strategy.requireResourceVersion !== true) return;
  throw invalid({ group: call.resource.group, kind: call.resource.kind, name: call.name }, [
    field.invalid('metadata.resourceVersion', 0, 'must be specified for an update'),
  ]);
}
