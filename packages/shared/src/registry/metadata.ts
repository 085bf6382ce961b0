import type { FieldError } from '../errors/index.ts';
import { equal } from '../object/equal.ts';
import {
  type ManagedFieldsEntry,
  names,
  type ObjectMeta,
  type OwnerReference,
  parseApiVersion,
} from '../object/index.ts';
import type { Strategy } from './contract.ts';
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

/** What kinds have to say about metadata. */
export type MetadataRules = Pick<Strategy, 'takesShortFinalizers' | 'validateName'>;

/** Rules for metadata when an object is created (apimachinery/pkg/api/validation and pkg/apis/core/validation ValidateObjectMeta). */
export function validateMetadata(meta: ObjectMeta, namespaced: boolean, rules: MetadataRules = {}): FieldError[] {
  const { validateName = subdomainName } = rules;
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
  errors.push(...commonErrors(meta), ...finalizerErrors(meta.finalizers ?? [], rules));
  return errors;
}

/** Rules for metadata when an object is changed (ValidateObjectMetaUpdate); `meta` has a resourceVersion. */
export function validateMetadataUpdate(meta: ObjectMeta, old: ObjectMeta, rules: MetadataRules = {}): FieldError[] {
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
  if (!equal(meta.finalizers, old.finalizers)) errors.push(...finalizerErrors(meta.finalizers ?? [], rules));
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

function finalizerErrors(finalizers: readonly string[], rules: MetadataRules): FieldError[] {
  const where = `${path}.finalizers`;
  const errors = finalizers.flatMap((name) => field.invalids(where, name, names.qualifiedName(name)));
  if (finalizers.includes('orphan') && finalizers.includes('foregroundDeletion')) {
    errors.push(field.invalid(where, finalizers, 'finalizer orphan and foregroundDeletion cannot be both set'));
  }
  if (rules.takesShortFinalizers === true) return errors;
  return [...errors, ...finalizers.flatMap((name, i) => shortFinalizerErrors(name, `${where}[${i}]`))];
}

/** Rules for one of a namespace's own finalizers (pkg/apis/core/validation validateFinalizerName). */
export function finalizerNameErrors(name: string, where: string): FieldError[] {
  return [...field.invalids(where, name, names.qualifiedName(name)), ...shortFinalizerErrors(name, where)];
}

const standardFinalizers: ReadonlySet<string> = new Set(['kubernetes', 'orphan', 'foregroundDeletion']);

const isShortFinalizer = (name: string): boolean => !name.includes('/') && !standardFinalizers.has(name);

function shortFinalizerErrors(name: string, where: string): FieldError[] {
  if (!isShortFinalizer(name)) return [];
  return [field.invalid(where, name, 'name is neither a standard finalizer name nor is it fully qualified')];
}

/** What is said of finalizers that are new on an object whose kind takes any (apiextensions-apiserver, pkg/registry/customresource). */
export function newFinalizerWarnings(meta: ObjectMeta, old: ObjectMeta | undefined): string[] {
  if (meta.finalizers === undefined || meta.finalizers === old?.finalizers) return [];
  const added = new Set(meta.finalizers);
  for (const name of old?.finalizers ?? []) added.delete(name);
  return [...added].sort().flatMap((name) => {
    const said = names.qualifiedName(name);
    if (isShortFinalizer(name)) {
      const form = name.includes('.') ? ' including a path (/)' : '';
      said.push(
        `prefer a domain-qualified finalizer name${form} to avoid accidental conflicts with other finalizer writers`,
      );
    }
    return said.map((text) => `${path}.finalizers: ${JSON.stringify(name)}: ${text}`);
  });
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
