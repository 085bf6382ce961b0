import { createHash } from 'node:crypto';
import { clusterScope, type DesiredSetKey, formatDesiredKey } from '@kubus/shared/bus';
import { apiVersionOf, type KubeObject, parseApiVersion } from '@kubus/shared/object';
import { canonicalJson } from '../common/equality.ts';
import type { ServedKind, ServedKinds } from '../common/served-kinds.ts';
import type { ManifestObject } from './manifest.ts';
import { type InventoryEntry, identify, type SetError } from './status.ts';

/** On every object of a set; a label of the set's name, for selectors, and an annotation of its whole key. */
const setLabel = 'kubus.io/desired-set';
const setAnnotation = 'kubus.io/desired-set';
/** 'true' on an object: its fields are taken from whoever else set them. Otherwise that is an error, which names them. */
const forceAnnotation = 'kubus.io/force-conflicts';

/** An object of a set, ready to be applied. */
export interface SetObject extends InventoryEntry {
  document: number;
  force: boolean;
  object: KubeObject;
}

export interface Checked {
  /** In the order in which they are to be applied. */
  objects: SetObject[];
  errors: SetError[];
}

/**
 * Which objects a manifest asks for, or all reasons for which it must not be applied: kinds that are not served, objects outside of the set's
 * namespace, the same object twice.
 */
export function checkSet(set: DesiredSetKey, manifest: readonly ManifestObject[], kinds: ServedKinds): Checked {
  const checked: Checked = { objects: [], errors: [] };
  const seen = new Map<string, number>();
  for (const entry of manifest) {
    const served = kinds.find({ ...parseApiVersion(entry.apiVersion), kind: entry.kind });
    const refusal = served === undefined ? unknownKind(entry) : outOfScope(set, entry, served);
    if (refusal !== undefined || served === undefined) {
      checked.errors.push(errorOf(entry, refusal ?? ''));
      continue;
    }
    const object = prepare(set, entry, served);
    const first = seen.get(identify(object));
    if (first !== undefined) checked.errors.push(errorOf(entry, `stands in document ${first} already`));
    else checked.objects.push(object);
    seen.set(identify(object), first ?? entry.document);
  }
  checked.objects.sort(byOrder);
  return checked;
}

const unknownKind = ({ kind, apiVersion }: ManifestObject): string =>
  `no matches for kind "${kind}" in version "${apiVersion}"`;

function outOfScope(set: DesiredSetKey, { kind, namespace }: ManifestObject, served: ServedKind): string | undefined {
  if (set.namespace === clusterScope) {
    return served.namespaced
      ? `a set of ${clusterScope} holds cluster-scoped objects only; ${kind} is namespaced`
      : undefined;
  }
  if (!served.namespaced) return `${kind} is cluster-scoped: publish it in a set of ${clusterScope}`;
  if (namespace === undefined || namespace === set.namespace) return undefined;
  return `namespace ${namespace} is not that of the set, ${set.namespace}`;
}

function errorOf(entry: ManifestObject, message: string): SetError {
  return { document: entry.document, object: `${entry.kind}/${entry.name}`, message };
}

/** What the server writes by itself is taken out: manifests are often what `kubectl get -o yaml` gave. */
function prepare(set: DesiredSetKey, entry: ManifestObject, served: ServedKind): SetObject {
  const { status: _status, ...rest } = entry.object;
  const metadata = { ...(rest['metadata'] as Record<string, unknown>) };
  for (const field of serverFields) delete metadata[field];
  const namespace = served.namespaced ? set.namespace : '';
  const annotations: Record<string, string> = {
    ...(metadata['annotations'] as Record<string, string> | null),
    [setAnnotation]: formatDesiredKey(set),
  };
  const labels = { ...(metadata['labels'] as Record<string, string> | null), [setLabel]: labelValue(set) };
  const marked = { ...metadata, name: entry.name, ...(namespace === '' ? {} : { namespace }), labels, annotations };
  const { group, version, resource, kind } = served;
  return {
    ...{ group, version, resource, kind, namespace, name: entry.name, document: entry.document },
    force: Object.hasOwn(annotations, forceAnnotation) && annotations[forceAnnotation] === 'true',
    object: { ...rest, apiVersion: entry.apiVersion, kind, metadata: marked } as KubeObject,
  };
}

const serverFields = [
  'managedFields',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'selfLink',
];

/** A label holds 63 characters; longer names end in a hash. */
function labelValue({ name }: DesiredSetKey): string {
  return name.length <= 63 ? name : `${name.slice(0, 52).replace(/[.-]+$/, '')}-${digest(name).slice(0, 10)}`;
}

/** Names who applied a field; at most 128 characters. */
export function fieldManagerOf(set: DesiredSetKey): string {
  const name = `kubus:${formatDesiredKey(set)}`;
  return name.length <= 128 ? name : `${name.slice(0, 116)}-${digest(name).slice(0, 10)}`;
}

/** What others need comes first: namespaces, definitions of kinds, configuration, access, volumes, services, then what runs. */
const order = [
  'Namespace',
  'CustomResourceDefinition',
  'PriorityClass',
  'StorageClass',
  'RuntimeClass',
  'ResourceQuota',
  'LimitRange',
  'NetworkPolicy',
  'ServiceAccount',
  'Secret',
  'ConfigMap',
  'ClusterRole',
  'ClusterRoleBinding',
  'Role',
  'RoleBinding',
  'PersistentVolume',
  'PersistentVolumeClaim',
  'PodDisruptionBudget',
  'Service',
];
/** These come after kinds that are not in either list. */
const last = ['HorizontalPodAutoscaler', 'Ingress', 'ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration'];

function rankOf({ kind }: { kind: string }): number {
  const rank = order.indexOf(kind);
  if (rank >= 0) return rank;
  const late = last.indexOf(kind);
  return order.length + (late >= 0 ? late + 1 : 0);
}

function byOrder(a: SetObject, b: SetObject): number {
  return rankOf(a) - rankOf(b) || a.document - b.document;
}

/** What is to be deleted because it is no longer wanted, in the order opposite to that of applying. */
export function planPrune(inventory: readonly InventoryEntry[], wanted: readonly SetObject[]): InventoryEntry[] {
  const keep = new Set(wanted.map(identify));
  return inventory.filter((entry) => !keep.has(identify(entry))).sort((a, b) => rankOf(b) - rankOf(a));
}

/** The inventory with entries added, those in `added` taking the place of older ones. */
export function joinInventory(old: readonly InventoryEntry[], added: readonly InventoryEntry[]): InventoryEntry[] {
  const joined = new Map(old.map((entry) => [identify(entry), entry]));
  for (const entry of added) joined.set(identify(entry), { ...joined.get(identify(entry)), ...inventoryEntry(entry) });
  return [...joined.values()];
}

export function inventoryEntry(entry: InventoryEntry): InventoryEntry {
  const { group, version, resource, kind, namespace, name, uid, fingerprint } = entry;
  return {
    ...{ group, version, resource, kind, namespace, name },
    ...(uid === undefined ? {} : { uid }),
    ...(fingerprint === undefined ? {} : { fingerprint }),
  };
}

/** Objects of an accepted set that are not as they were left; `live` is undefined where nobody knows. */
export function planDrift(
  objects: readonly SetObject[],
  inventory: readonly InventoryEntry[],
  live: (object: SetObject) => KubeObject | 'missing' | undefined,
): SetObject[] {
  const left = new Map(inventory.map((entry) => [identify(entry), entry]));
  return objects.filter((object) => {
    const now = live(object);
    if (now === undefined || now === 'missing') return true;
    const { uid, fingerprint } = left.get(identify(object)) ?? {};
    // On its way out: what comes after it can only be made when it is gone.
    if (now.metadata.deletionTimestamp !== undefined) return false;
    return now.metadata.uid !== uid || fingerprintOf(now) !== fingerprint;
  });
}

/** Of everything but status and what every write changes. */
export function fingerprintOf(object: KubeObject): string {
  const { status: _status, metadata, ...rest } = object as KubeObject & { status?: unknown };
  const { resourceVersion: _rv, managedFields: _managed, generation: _generation, ...kept } = metadata;
  return digest(canonicalJson({ ...rest, metadata: kept })).slice(0, 16);
}

const digest = (text: string): string => createHash('sha256').update(text).digest('hex');

/** The set that an object says it belongs to. */
export function setOf(object: KubeObject): string | undefined {
  const annotations = object.metadata.annotations;
  return annotations !== undefined && Object.hasOwn(annotations, setAnnotation)
    ? annotations[setAnnotation]
    : undefined;
}

/** 'apps/v1' and the rest of what a result says about an object. */
export function resultOf<R extends string>(entry: InventoryEntry, result: R) {
  const { kind, namespace, name } = entry;
  return { apiVersion: apiVersionOf(entry), kind, ...(namespace === '' ? {} : { namespace }), name, result };
}
