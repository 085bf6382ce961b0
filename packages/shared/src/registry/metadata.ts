import type { FieldError } from '../errors/index.ts';
import {
  type ManagedFieldsEntry,
  names,
  type ObjectMeta,
  type OwnerReference,
  parseApiVersion,
} from '../object/index.ts';
import { equal } from './equal.ts';
import { field, immutable } from './field.ts';

/** Names of a kind: the reasons for which one is refused. `prefix`: it is a generateName. */
export type ValidateName = (name: string, prefix: boolean) => string[];

export const subdomainName: ValidateName = (name, prefix) =>
  names.dnsSubdomain(prefix ? names.maskTrailingDash(name) : name);
export const labelName: ValidateName = (name, prefix) => names.dnsLabel(prefix ? names.maskTrailingDash(name) : name);
export const dns1035Name: ValidateName = (name, prefix) =>
  names.dns1035Label(prefix ? names.maskTrailingDash(name) : name);
/** Whatever can be a segment of a path: RBAC objects. */
export const pathSegment: ValidateName = (name) => names.pathSegmentName(name);

/** Bytes of all annotations together. */
const MAX_ANNOTATIONS = 256 * 1024;

const path = 'metadata';

/** Rules for metadata when an object is created (apimachinery/pkg/api/validation ValidateObjectMeta). */
export function validateMetadata(meta: ObjectMeta, namespaced: boolean, validateName: ValidateName): FieldError[] {
  const errors: FieldError[] = [];
  if (meta.generateName) {
    errors.push(...field.invalids(`${path}.generateName`, meta.generateName, validateName(meta.generateName, true)));
  }
  if (!meta.name) errors.push(field.required(`${path}.name`, 'name or generateName is required'));
  else errors.push(...field.invalids(`${path}.name`, meta.name, validateName(meta.name, false)));
  errors.push(...namespaceErrors(meta.namespace, namespaced));
  if ((meta.generation ?? 0) < 0) {
    errors.push(field.invalid(`${path}.generation`, meta.generation, 'must be greater than or equal to 0'));
  }
  errors.push(...commonErrors(meta), ...finalizerErrors(meta.finalizers ?? []));
  return errors;
}

/** Rules for metadata when an object is changed (ValidateObjectMetaUpdate); `meta` has a resourceVersion. */
export function validateMetadataUpdate(meta: ObjectMeta, old: ObjectMeta): FieldError[] {
  const errors: FieldError[] = [];
  if (old.deletionTimestamp !== undefined) errors.push(...newFinalizerErrors(meta, old));
  if ((meta.generation ?? 0) < (old.generation ?? 0)) {
    errors.push(field.invalid(`${path}.generation`, meta.generation ?? 0, 'must not be decremented'));
  }
  for (const name of immutableFields) {
    if ((meta[name] ?? '') === (old[name] ?? '')) continue;
    errors.push(field.invalid(`${path}.${name}`, meta[name] ?? null, immutable));
  }
  errors.push(...commonErrors(meta, old));
  if (!equal(meta.finalizers, old.finalizers)) errors.push(...finalizerErrors(meta.finalizers ?? []));
  return errors;
}

const immutableFields = [
  'name',
  'namespace',
  'uid',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
] as const;

function namespaceErrors(namespace: string | undefined, namespaced: boolean): FieldError[] {
  const where = `${path}.namespace`;
  if (!namespaced) return namespace ? [field.forbidden(where, 'not allowed on this type')] : [];
  return namespace ? field.invalids(where, namespace, names.dnsLabel(namespace)) : [field.required(where)];
}

/** What has not changed was checked when it came: `old` spares the work. */
function commonErrors(meta: ObjectMeta, old?: ObjectMeta): FieldError[] {
  const errors: FieldError[] = [];
  if (meta.labels !== undefined && !equal(meta.labels, old?.labels)) {
    errors.push(...validateLabels(meta.labels, `${path}.labels`));
  }
  if (meta.annotations !== undefined && !equal(meta.annotations, old?.annotations)) {
    errors.push(...validateAnnotations(meta.annotations, `${path}.annotations`));
  }
  if (meta.ownerReferences !== undefined && !equal(meta.ownerReferences, old?.ownerReferences)) {
    errors.push(...ownerErrors(meta.ownerReferences));
  }
  if (meta.managedFields !== undefined && meta.managedFields !== old?.managedFields) {
    errors.push(...managedFieldsErrors(meta.managedFields));
  }
  return errors;
}

export function validateLabels(labels: Readonly<Record<string, string>>, where: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const [key, value] of Object.entries(labels)) {
    errors.push(...field.invalids(where, key, names.qualifiedName(key)));
    errors.push(...field.invalids(where, value, names.labelValueErrors(value)));
  }
  return errors;
}

export function validateAnnotations(annotations: Readonly<Record<string, string>>, where: string): FieldError[] {
  const errors: FieldError[] = [];
  let size = 0;
  for (const [key, value] of Object.entries(annotations)) {
    errors.push(...field.invalids(where, key, names.qualifiedName(key.toLowerCase())));
    size += Buffer.byteLength(key) + Buffer.byteLength(value);
  }
  if (size > MAX_ANNOTATIONS) errors.push(field.tooLong(where, MAX_ANNOTATIONS));
  return errors;
}

function ownerErrors(owners: readonly OwnerReference[]): FieldError[] {
  const where = `${path}.ownerReferences`;
  const errors: FieldError[] = [];
  let controller = '';
  for (const owner of owners) {
    errors.push(...oneOwnerErrors(owner, where));
    if (owner.controller !== true) continue;
    const name = `${owner.kind}/${owner.name}`;
    if (controller === '') controller = name;
    else {
      const why = `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${name}`;
      errors.push(field.invalid(where, owners, why));
    }
  }
  return errors;
}

function oneOwnerErrors(owner: OwnerReference, where: string): FieldError[] {
  const { group, version } = parseApiVersion(owner.apiVersion ?? '');
  const errors: FieldError[] = [];
  if (version === '') errors.push(field.invalid(`${where}.apiVersion`, owner.apiVersion, 'version must not be empty'));
  for (const name of ['kind', 'name', 'uid'] as const) {
    if (!owner[name]) errors.push(field.invalid(`${where}.${name}`, owner[name] ?? '', 'must not be empty'));
  }
  if (group === '' && version === 'v1' && owner.kind === 'Event') {
    errors.push(field.invalid(where, owner, '/v1, Kind=Event is disallowed from being an owner'));
  }
  return errors;
}

function finalizerErrors(finalizers: readonly string[]): FieldError[] {
  const where = `${path}.finalizers`;
  const errors = finalizers.flatMap((name) => field.invalids(where, name, names.qualifiedName(name)));
  if (finalizers.includes('orphan') && finalizers.includes('foregroundDeletion')) {
    errors.push(field.invalid(where, finalizers, 'finalizer orphan and foregroundDeletion cannot be both set'));
  }
  return errors;
}

function newFinalizerErrors(meta: ObjectMeta, old: ObjectMeta): FieldError[] {
  const before = new Set(old.finalizers);
  const added = (meta.finalizers ?? []).filter((name) => !before.has(name)).sort();
  if (added.length === 0) return [];
  const shown = `[]string{${added.map((name) => JSON.stringify(name)).join(', ')}}`;
  const why = `no new finalizers can be added if the object is being deleted, found new finalizers ${shown}`;
  return [field.forbidden(`${path}.finalizers`, why)];
}

function managedFieldsErrors(entries: readonly ManagedFieldsEntry[]): FieldError[] {
  return entries.flatMap((entry, i) => {
    const where = `${path}.managedFields[${i}]`;
    const errors: FieldError[] = [];
    if (entry.operation !== 'Apply' && entry.operation !== 'Update') {
      errors.push(field.invalid(`${where}.operation`, entry.operation ?? '', 'must be `Apply` or `Update`'));
    }
    if (entry.fieldsType !== undefined && entry.fieldsType !== 'FieldsV1') {
      errors.push(field.invalid(`${where}.fieldsType`, entry.fieldsType, 'must be `FieldsV1`'));
    }
    if (Buffer.byteLength(entry.manager ?? '') > 128) errors.push(field.tooLong(`${where}.manager`, 128));
    if (Buffer.byteLength(entry.subresource ?? '') > 256) errors.push(field.tooLong(`${where}.subresource`, 256));
    return errors;
  });
}
