import { invalid } from '@kubus/shared/errors';
import type { KubeObject } from '@kubus/shared/object';
import { equal, validateMetadataUpdate } from '@kubus/shared/registry';
import type { Writer } from '@kubus/shared/schema';
import type { AdmissionRequest } from '../admission/index.ts';
import type { Claim } from '../allocation/index.ts';
import { admissionRequest } from './admission.ts';
import { resetFields, type StoredCall, storedSchema, versionsOf } from './call.ts';
import { type Deps, timestamp } from './deps.ts';
import { conflict } from './errors.ts';
import type { WriteOptions } from './options.ts';
import { checkRules } from './rules.ts';
import type { Produced, UpdateSpec } from './update-spec.ts';

export interface Prepared {
  object: KubeObject;
  /** The update comes to what is there already, but for the time of who wrote it. */
  same: boolean;
  claim: Claim | undefined;
}

/** Makes of what a request says the object as it is to be stored, admitted and checked. Throws for all that speaks against it. */
export async function prepare(
  deps: Deps,
  call: StoredCall,
  spec: UpdateSpec,
  options: WriteOptions,
  old: KubeObject,
  produced: Produced,
): Promise<Prepared> {
  checkPreconditions(call, produced.object, old, produced.lock);
  const admission = spec.admitted === true ? undefined : askAbout(call, spec, options, old, produced.object);
  const admitting = admission && deps.admission.admit(admission);
  if (admitting !== undefined) await admitting;
  const object = admission?.object ?? produced.object;
  const now = timestamp(deps.clock.now());
  keepWhatNobodyWrites(call, spec, object, old);
  const unchanged = equal(object, old);
  if (unchanged && deps.settled.has(spec.rules, old)) {
    await (admission && deps.admission.validate(admission));
    return { object, same: true, claim: undefined };
  }
  spec.rules.prepareForUpdate?.(object, old, { now });
  const allocator = spec.subresource === '' ? deps.allocators.get(call.resource.declaration) : undefined;
  const claim = allocator?.claim(object, old, options.dryRun);
  setGeneration(call, spec, object, old);
  refuseInvalid(call, spec, object, old);
  const checking = checkRules(deps, call, object, old);
  if (checking !== undefined) await checking;
  const validating = admission && deps.admission.validate(admission);
  if (validating !== undefined) await validating;
  const next = own(deps, call, spec, writerOf(call, spec, options, now), old, produced, object);
  const same = isSame(next, old);
  if (unchanged && same && dependsOnObjectAlone(deps, call, spec)) deps.settled.add(spec.rules, old);
  return { object: next, same, claim };
}

/**
 * Who writes owns what he sent, not what webhooks and policies make of it, which put another object in its place: fields have their owners before an object is admitted
 * (apiserver/pkg/endpoints/handlers UpdateResource and patcher).
 */
function own(
  deps: Deps,
  call: StoredCall,
  spec: UpdateSpec,
  writer: Writer,
  old: KubeObject,
  { object: sent, tracked }: Produced,
  object: KubeObject,
): KubeObject {
  const track = (of: KubeObject) => (tracked === true ? of : deps.updates.track(storedSchema(call), old, of, writer));
  if (object === sent) return track(object);
  if (tracked !== true) {
    keepWhatNobodyWrites(call, spec, sent, old);
    spec.rules.prepareForUpdate?.(sent, old, { now: writer.now });
  }
  const { managedFields: _, ...metadata } = object.metadata;
  const { managedFields } = track(sent).metadata;
  return { ...object, metadata: { ...metadata, ...(managedFields === undefined ? {} : { managedFields }) } };
}

/** Nothing but the two objects decides what an update comes to, admission aside. */
function dependsOnObjectAlone(deps: Deps, { resource, strategy }: StoredCall, spec: UpdateSpec): boolean {
  return (
    strategy.check === undefined &&
    !deps.checks.has(resource.declaration) &&
    !(spec.subresource === '' && deps.allocators.has(resource.declaration))
  );
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

function keepWhatNobodyWrites(call: StoredCall, spec: UpdateSpec, object: KubeObject, old: KubeObject): void {
  restoreSystemFields(object, old);
  if (call.strategy.hasStatus === true && spec.subresource === '') copyStatus(object, old);
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
    ...validateMetadataUpdate(object.metadata, old.metadata, call.strategy),
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
  return equal(withoutManagers(object), withoutManagers(old)) && equal(managersOf(object), managersOf(old));
}

const withoutManagers = (object: KubeObject) => ({
  ...object,
  metadata: { ...object.metadata, managedFields: undefined },
});

const managersOf = ({ metadata }: KubeObject) => metadata.managedFields?.map(({ time: _, ...entry }) => entry);
