import { invalid, notFound } from '@kubus/shared/errors';
import type { KubeObject } from '@kubus/shared/object';
import { equal, field, type UpdateRules, validateMetadataUpdate } from '@kubus/shared/registry';
import { trackUpdate, type Writer } from '@kubus/shared/schema';
import type { AdmissionRequest, View } from '../admission/index.ts';
import { type Claim, type CompanionResult, commitWith } from '../allocation/index.ts';
import { admissionRequest } from './admission.ts';
import { keyOf, resetFields, type StoredCall, storedSchema, versionsOf } from './call.ts';
import { commitOne, commitWithinQuota } from './commit.ts';
import { type Deps, timestamp } from './deps.ts';
import { badRequest, conflict } from './errors.ts';
import type { WriteOptions } from './options.ts';
import { asError } from './refusals.ts';
import { checkRules } from './rules.ts';

/** What is to become of the object, given what it is now. `lock`: the revision the client insists on. The argument must not be changed. */
export interface Change {
  produce(old: KubeObject): Produced | Promise<Produced>;
}

export interface Produced {
  /** In the stored version, defaulted; the update's own to change. */
  object: KubeObject;
  /** The client saw this revision and will have no other. */
  lock?: string | undefined;
  /** managedFields are those of `object` already (apply). */
  tracked?: boolean;
}

export interface UpdateSpec {
  rules: UpdateRules & { validate?(object: KubeObject): ReturnType<NonNullable<StoredCall['strategy']['validate']>> };
  /** '' for the object itself. */
  subresource: string;
  countsForGeneration: boolean;
  /** Paths that it does not reach, for applies. */
  resetFields?: readonly (readonly string[])[] | undefined;
  /** Charges that exceed their limit refuse the update. */
  enforceCharges?: boolean;
  /** How admission sees the object: as clients of the subresource do. */
  view?: View;
  /** Admission has had its say about the body that this update carries out. */
  admitted?: boolean;
}

/** The rules by which the object itself is updated. */
export function mainUpdate(call: StoredCall): UpdateSpec {
  return { rules: call.strategy, subresource: '', countsForGeneration: true };
}

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
): Promise<KubeObject | undefined> {
  const key = keyOf(call);
  const id = `${key.group}/${key.resource}/${key.namespace}/${key.name}`;
  const cache = await deps.caches.of(call.storage);
  let turn = deps.turns.isTaken(id) ? await deps.turns.take(id) : undefined;
  let old = turn?.former ?? (await cache.get(key.namespace, key.name, 'any'));
  let live = false;
  let left: KubeObject | undefined;
  try {
    for (;;) {
      let settle: (() => KubeObject) | undefined;
      let former: KubeObject | undefined;
      if (old === undefined) {
        if (live) return undefined;
      } else {
        const outcome = await attempt(deps, call, spec, options, change, old, live);
        if (typeof outcome === 'function') settle = outcome;
        else if (outcome !== 'again') {
          if (!options.dryRun) left = outcome;
          return outcome;
        } else if (turn === undefined) {
          turn = await deps.turns.take(id);
          former = turn.former;
        }
      }
      call.context.signal.throwIfAborted();
      const current: KubeObject | undefined = former ?? (await deps.store.get(key));
      // The cache was not behind: what it came to holds, and nobody is asked twice.
      if (settle !== undefined && current?.metadata.resourceVersion === old?.metadata.resourceVersion) return settle();
      old = current;
      live = former === undefined;
    }
  } finally {
    turn?.done(left);
  }
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
): Promise<KubeObject | 'again' | (() => KubeObject)> {
  let object: KubeObject;
  let claim: Claim | undefined;
  try {
    ({ object, claim } = await prepare(deps, call, spec, options, old, await change.produce(old)));
  } catch (error) {
    if (live) throw error;
    return () => {
      throw error;
    };
  }
  // What lies there sealed with an old key is written again, as Kubernetes does: that is how keys are rotated.
  if (isSame(object, old) && deps.store.isOutdated?.(old) !== true) return live ? old : () => old;
  if (options.dryRun) return object;
  const result = await commit(deps, call, spec, old, object, claim);
  if (result.ok) return result.object;
  if (result.refusal.reason === 'Conflict' || (result.refusal.reason === 'NotFound' && !live)) return 'again';
  if (result.refusal.reason === 'NotFound') throw notFound(call.resource, call.name);
  if (claim !== undefined) {
    const error = claim.refused(result.refusal, result.companion);
    if (error === undefined) return 'again';
    throw error;
  }
  throw asError(call.resource, call.name, result.refusal);
}

async function prepare(
  deps: Deps,
  call: StoredCall,
  spec: UpdateSpec,
  options: WriteOptions,
  old: KubeObject,
  produced: Produced,
): Promise<{ object: KubeObject; claim: Claim | undefined }> {
  const { lock, tracked } = produced;
  checkPreconditions(call, produced.object, old, lock);
  const admission = spec.admitted === true ? undefined : askAbout(call, spec, options, old, produced.object);
  const admitting = admission && deps.admission.admit(admission);
  if (admitting !== undefined) await admitting;
  const object = admission?.object ?? produced.object;
  const now = timestamp(deps.clock.now());
  restoreSystemFields(object, old);
  if (call.strategy.hasStatus === true && spec.subresource === '') copyStatus(object, old);
  spec.rules.prepareForUpdate?.(object, old, { now });
  const allocator = spec.subresource === '' ? deps.allocators.get(call.resource.declaration) : undefined;
  const claim = allocator?.claim(object, old, options.dryRun);
  setGeneration(call, spec, object, old);
  refuseInvalid(call, spec, object, old);
  const checking = checkRules(deps, call, object, old);
  if (checking !== undefined) await checking;
  const validating = admission && deps.admission.validate(admission);
  if (validating !== undefined) await validating;
  if (tracked === true) return { object, claim };
  return { object: trackUpdate(storedSchema(call), old, object, writerOf(call, spec, options, now)), claim };
}

function askAbout(
  call: StoredCall,
  spec: UpdateSpec,
  options: WriteOptions,
  old: KubeObject,
  object: KubeObject,
): AdmissionRequest {
  return admissionRequest(call, {
    operation: 'UPDATE',
    subresource: spec.subresource,
    object,
    old,
    dryRun: options.dryRun,
    options: call.request.verb === 'patch' ? 'PatchOptions' : 'UpdateOptions',
    view: spec.view,
  });
}

function checkPreconditions(call: StoredCall, object: KubeObject, old: KubeObject, lock: string | undefined): void {
  const { uid } = object.metadata;
  if (uid && uid !== old.metadata.uid) {
    const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${old.metadata.uid}`;
    throw conflict(call.resource, call.name, why);
  }
  if (lock !== undefined && lock !== old.metadata.resourceVersion) throw conflict(call.resource, call.name);
}

/** What no update may change (apiserver/pkg/registry/rest BeforeUpdate). */
function restoreSystemFields(object: KubeObject, old: KubeObject): void {
  const { metadata } = object;
  metadata.uid ||= old.metadata.uid as string;
  metadata.resourceVersion = old.metadata.resourceVersion as string;
  if (old.metadata.creationTimestamp !== undefined) metadata.creationTimestamp = old.metadata.creationTimestamp;
  if (old.metadata.deletionTimestamp !== undefined) metadata.deletionTimestamp = old.metadata.deletionTimestamp;
  if (old.metadata.deletionGracePeriodSeconds !== undefined) {
    metadata.deletionGracePeriodSeconds ??= old.metadata.deletionGracePeriodSeconds;
  }
  if (old.metadata.namespace !== undefined) metadata.namespace ||= old.metadata.namespace;
}

function copyStatus(object: KubeObject & { status?: unknown }, old: KubeObject & { status?: unknown }): void {
  if (old.status === undefined) delete object.status;
  else object.status = old.status;
}

function setGeneration(call: StoredCall, spec: UpdateSpec, object: KubeObject, old: KubeObject): void {
  const { generation } = old.metadata;
  if (call.strategy.hasGeneration !== true) {
    if (generation === undefined) delete object.metadata.generation;
    else object.metadata.generation = generation;
    return;
  }
  const counts =
    spec.countsForGeneration &&
    (!equalBesidesStatus(object, old) || call.strategy.countsForGeneration?.(object, old) === true);
  object.metadata.generation = (generation ?? 0) + (counts ? 1 : 0);
}

const besides: ReadonlySet<string> = new Set(['apiVersion', 'kind', 'metadata', 'status']);

function equalBesidesStatus(a: KubeObject, b: KubeObject): boolean {
  const left = a as unknown as Record<string, unknown>;
  const right = b as unknown as Record<string, unknown>;
  const names = new Set([...Object.keys(left), ...Object.keys(right)]);
  return [...names].every((name) => besides.has(name) || equal(left[name], right[name]));
}

function refuseInvalid(call: StoredCall, spec: UpdateSpec, object: KubeObject, old: KubeObject): void {
  const errors = [
    ...validateMetadataUpdate(object.metadata, old.metadata),
    ...(spec.rules.validate?.(object) ?? []),
    ...(spec.rules.validateUpdate?.(object, old) ?? []),
  ];
  if (errors.length === 0) return;
  throw invalid({ group: call.resource.group, kind: call.resource.kind, name: object.metadata.name }, errors);
}

function writerOf(call: StoredCall, spec: UpdateSpec, options: WriteOptions, now: string): Writer {
  const writer = { manager: options.fieldManager, now, ...versionsOf(call) };
  return spec.subresource === ''
    ? { ...writer, resetFields: resetFields(call.strategy) }
    : { ...writer, subresource: spec.subresource };
}

/** Whether anything but who wrote it differs. */
function isSame(object: KubeObject, old: KubeObject): boolean {
  return equal(object, old) || equal(withoutTimes(object), withoutTimes(old));
}

function withoutTimes(object: KubeObject): KubeObject {
  const managedFields = object.metadata.managedFields?.map(({ time: _, ...entry }) => entry);
  return { ...object, metadata: { ...object.metadata, ...(managedFields === undefined ? {} : { managedFields }) } };
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
    ...footprint,
    ...(charges === undefined ? {} : { charges }),
  } as const;
  const { subresource } = spec;
  return commitWithinQuota(deps, call, operation, { subresource, old, companions: claim?.companions });
}

/** Deletes the object as it was read, with what goes with it. */
export function commitDeletion(deps: Deps, call: StoredCall, old: KubeObject): Promise<CompanionResult> {
  const preconditions = { resourceVersion: old.metadata.resourceVersion as string };
  const operation = { type: 'delete', key: keyOf(call), preconditions } as const;
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
  if (metadata.resourceVersion || call.strategy.requireResourceVersion !== true) return;
  throw invalid({ group: call.resource.group, kind: call.resource.kind, name: call.name }, [
    field.invalid('metadata.resourceVersion', 0, 'must be specified for an update'),
  ]);
}
