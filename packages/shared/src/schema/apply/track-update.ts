import type { KubeObject, ManagedFieldsEntry } from '../../object/index.ts';
import { isObject, type JsonObject } from '../data.ts';
import type { StructNode } from '../node.ts';
import { builtinSchema } from '../schema-set.ts';
import { addAlwaysWritten } from '../zero.ts';
import { emptyTree, treeOfFields, union } from './field-tree.ts';
import {
  capUpdaters,
  formatManagers,
  type Manager,
  type Managers,
  managerId,
  parseManagers,
  putManager,
} from './managers.ts';
import { takeFields, type VersionOf, withoutUnowned } from './ownership.ts';

/** Who writes, and how. */
export interface Writer {
  /** The request's fieldManager, else the name of the client program. */
  manager: string;
  /** Default: none, the object itself. */
  subresource?: string;
  /** RFC 3339 in whole seconds. */
  now: string;
  /** Fields that this kind of request cannot write and so cannot own, as paths of names: [['status']] for the object itself. */
  resetFields?: readonly (readonly string[])[];
  /** Needed for kinds whose versions differ. Default: entries of other versions are dropped. */
  versionOf?: VersionOf;
}

/**
 * Gives an object that is about to be stored its `metadata.managedFields`, after a write other than apply: the writer owns what it set, and others
 * lose that. `live` is the stored object, undefined on create; neither is changed. Objects of which nobody's fields were tracked stay so
 * (Kubernetes: apimachinery/pkg/util/managedfields).
 */
export function trackUpdate<T extends KubeObject>(
  type: string | StructNode,
  live: T | undefined,
  next: T,
  writer: Writer,
): T {
  const node = typeof type === 'string' ? builtinSchema.struct(type) : type;
  const before = live === undefined ? newObject(node, next) : withoutManagedFields(live);
  const after = withoutManagedFields(next);
  const tracked = trackedManagers(live, next, writer);
  if (tracked.size === 0 && live?.metadata.uid !== undefined) return after as unknown as T;
  const managers = afterUpdate(node, before, after, tracked, writer);
  return withManagedFields(after, formatManagers(managers)) as unknown as T;
}

/** The entries that a request sends count, if they can be read; clients that do not know the field cannot lose it. */
function trackedManagers(live: KubeObject | undefined, next: KubeObject, { subresource }: Writer): Managers {
  const sent = next.metadata.managedFields;
  if (subresource === undefined && sent?.length === 1 && Object.keys(sent[0] as object).length === 0) return new Map();
  const managers = subresource === undefined ? parseManagers(sent) : new Map();
  return managers.size > 0 ? managers : parseManagers(live?.metadata.managedFields);
}

/** @internal */
export function afterUpdate(
  node: StructNode,
  before: JsonObject,
  after: JsonObject,
  managers: Managers,
  writer: Writer,
): Managers {
  const apiVersion = String(after['apiVersion']);
  const { manager, subresource = '', now, resetFields = [], versionOf } = writer;
  const change = { node, apiVersion, before, after, ignored: treeOfFields(resetFields), versionOf };
  const { managers: result, comparison } = takeFields(change, managers, undefined);
  const set = withoutUnowned(union(comparison.modified, comparison.added));
  if (set.size > 0) {
    const name = manager === '' ? 'unknown' : manager;
    const updater: Manager = { manager: name, operation: 'Update', apiVersion, subresource, time: now, fields: set };
    const id = managerId(updater);
    putManager(result, id, { ...updater, fields: union(result.get(id)?.fields ?? emptyTree, set) });
  }
  capUpdaters(result);
  return result;
}

/** What an object is before anybody wrote it: a Go value of its type, whose zero fields nobody set. */
export function newObject(
  node: StructNode,
  { apiVersion, kind }: { apiVersion?: unknown; kind?: unknown },
): JsonObject {
  const object: JsonObject = { apiVersion, kind };
  addAlwaysWritten(node, object);
  return object;
}

/** A copy whose other parts are shared. V8 takes twenty times as long for it as for one of all fields. */
export function withoutManagedFields(object: object): JsonObject {
  const { metadata, ...rest } = object as JsonObject;
  if (!isObject(metadata)) return object as JsonObject;
  const { managedFields: _, ...others } = metadata;
  return { ...rest, metadata: others };
}

export function withManagedFields(object: JsonObject, managedFields: readonly ManagedFieldsEntry[]): JsonObject {
  if (managedFields.length === 0) return object;
  const metadata = isObject(object['metadata']) ? object['metadata'] : {};
  return { ...object, metadata: { ...metadata, managedFields } };
}
