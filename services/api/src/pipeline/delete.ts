import type { ApiResponse } from '@kubus/shared/bus';
import { notFound, type Status } from '@kubus/shared/errors';
import type { KubeObject } from '@kubus/shared/object';
import { equal } from '@kubus/shared/registry';
import type { CommitResult } from '@kubus/shared/store';
import { admitWhole } from './admission.ts';
import { keyOf, type StoredCall, untilOf } from './call.ts';
import { commitOne } from './commit.ts';
import { allFromStored, fromStored } from './convert.ts';
import { type DeleteOptions, deleteOptions } from './delete-options.ts';
import { planDeletion } from './deletion.ts';
import type { Deps } from './deps.ts';
import { conflict } from './errors.ts';
import { listObjects } from './read.ts';
import { asError } from './refusals.ts';
import { commitDeletion, isFinished } from './update-object.ts';

/** Objects of a collection that are deleted at the same time. */
const COLLECTION_CONCURRENCY = 64;

export async function remove(deps: Deps, call: StoredCall): Promise<ApiResponse> {
  const options = deleteOptions(call.request.body, call.request.query);
  const { object, gone } = await deleteObject(deps, call, options);
  const whole = !gone || call.strategy.returnsDeleted === true;
  return {
    code: !gone && options.propagation === 'Foreground' ? 202 : 200,
    body: whole ? await fromStored(call.resource, object) : deletedStatus(call, object),
    ...unasked(call, options),
  };
}

function unasked({ strategy }: StoredCall, { propagation }: DeleteOptions): { warnings?: string[] } {
  const warning = propagation === undefined ? strategy.deletion?.unaskedWarning : undefined;
  return warning === undefined ? {} : { warnings: [warning] };
}

function deletedStatus({ resource, name }: StoredCall, object: KubeObject): Status {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: {
      name,
      ...(resource.group === '' ? {} : { group: resource.group }),
      kind: resource.resource,
      ...(object.metadata.uid === undefined ? {} : { uid: object.metadata.uid }),
    },
  };
}

export interface Deleted {
  /** Its last state; marked, when something holds it. */
  object: KubeObject;
  gone: boolean;
}

/** Deletes an object, or marks it when a grace period, finalizers or the kind itself hold it. Throws NotFound, Conflict, Forbidden. */
export async function deleteObject(deps: Deps, call: StoredCall, options: DeleteOptions): Promise<Deleted> {
  for (;;) {
    call.context.signal.throwIfAborted();
    const old = await deps.store.get(keyOf(call));
    if (old === undefined) throw notFound(call.resource, call.name);
    checkPreconditions(call, options, old);
    await admitWhole(deps, call, {
      operation: 'DELETE',
      subresource: '',
      old,
      dryRun: options.dryRun,
      options: 'DeleteOptions',
    });
    const object = planDeletion(call, options, old, deps.clock.now());
    const gone = isFinished(call, object);
    if (options.dryRun || (!gone && equal(object, old))) return { object, gone };
    const result = await commit(deps, call, old, object, gone);
    if (result.ok) return { object: result.object, gone };
    if (result.refusal.reason !== 'Conflict') throw asError(call.resource, call.name, result.refusal);
  }
}

function checkPreconditions(call: StoredCall, options: DeleteOptions, { metadata }: KubeObject): void {
  const { uid, resourceVersion } = options;
  if (uid !== undefined && uid !== metadata.uid) {
    const why = `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`;
    throw conflict(call.resource, call.name, why);
  }
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
    const why = `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`;
    throw conflict(call.resource, call.name, why);
  }
}

function commit(
  deps: Deps,
  call: StoredCall,
  old: KubeObject,
  object: KubeObject,
  gone: boolean,
): Promise<CommitResult> {
  const key = keyOf(call);
  const preconditions = { resourceVersion: old.metadata.resourceVersion as string };
  if (gone) return commitDeletion(deps, call, old);
  const footprint = call.strategy.footprint?.(object);
  return commitOne(deps.store, { type: 'update', key, object, preconditions, until: untilOf(call), ...footprint });
}

/** DELETE of a collection: every object that is selected, each for itself; those that are gone meanwhile do not matter. */
export async function removeCollection(deps: Deps, call: StoredCall): Promise<ApiResponse> {
  const options = deleteOptions(call.request.body, call.request.query);
  const { items, revision } = await listObjects(deps, call);
  const deleted: KubeObject[] = [];
  for (let from = 0; from < items.length; from += COLLECTION_CONCURRENCY) {
    const batch = items.slice(from, from + COLLECTION_CONCURRENCY);
    deleted.push(...(await Promise.all(batch.map((item) => removeOne(deps, call, options, item)))).flat());
  }
  return {
    code: 200,
    body: {
      kind: call.resource.listKind,
      apiVersion: call.resource.apiVersion,
      metadata: { resourceVersion: String(revision) },
      items: await allFromStored(call.resource, deleted),
    },
    ...unasked(call, options),
  };
}

async function removeOne(
  deps: Deps,
  call: StoredCall,
  options: DeleteOptions,
  { metadata }: KubeObject,
): Promise<KubeObject[]> {
  const one = { ...call, namespace: metadata.namespace ?? '', name: metadata.name };
  const uid = options.uid ?? metadata.uid;
  try {
    return [(await deleteObject(deps, one, { ...options, uid })).object];
  } catch (error) {
    const current = await deps.store.get(keyOf(one));
    if (current === undefined || current.metadata.uid !== metadata.uid) return [];
    throw error;
  }
}
