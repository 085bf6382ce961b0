import type { ManagedFieldsEntry } from '../../object/index.ts';
import { emptyTree, type FieldTree, union } from './field-tree.ts';
import { KnownFieldsV1 } from './fields-v1.ts';

/** One who has written fields of an object: an entry of `metadata.managedFields`. */
export interface Manager {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly subresource: string;
  /** RFC 3339; absent when nothing was changed by it. */
  readonly time: string | undefined;
  readonly fields: FieldTree;
  /** The entry that `fields` was read from, to be written again when they are the same. */
  readonly source?: ManagedFieldsEntry | undefined;
}

/** By identity: appliers by name and subresource, updaters by their version too. */
export type Managers = ReadonlyMap<string, Manager>;

const knownFieldsV1 = new KnownFieldsV1();

/** kube-apiserver: managedfields/internal/fieldmanager.go DefaultMaxUpdateManagers. */
export const MAX_UPDATE_MANAGERS = 10;

export function managerId(manager: Pick<Manager, 'manager' | 'operation' | 'apiVersion' | 'subresource'>): string {
  const version = manager.operation === 'Apply' ? '' : manager.apiVersion;
  return JSON.stringify([manager.operation, manager.manager, version, manager.subresource]);
}

/** No managers at all when one entry cannot be read: clients may write the field, and what is wrong must not stop their writes for ever. */
export function parseManagers(entries: readonly ManagedFieldsEntry[] | undefined): Managers {
  const managers = new Map<string, Manager>();
  for (const entry of entries ?? []) {
    const manager = parseManager(entry);
    if (manager === undefined) return new Map();
    managers.set(managerId(manager), manager);
  }
  return managers;
}

/** Whose an entry is; undefined for one that cannot be read. */
export function writerOf(entry: ManagedFieldsEntry): Omit<Manager, 'fields' | 'source'> | undefined {
  const { manager = '', operation, apiVersion, subresource = '', time, fieldsType } = entry;
  if ((operation !== 'Apply' && operation !== 'Update') || !apiVersion || fieldsType !== 'FieldsV1') return undefined;
  return { manager, operation, apiVersion, subresource, time };
}

/** Undefined for an entry that cannot be read. */
function parseManager(entry: ManagedFieldsEntry): Manager | undefined {
  const writer = writerOf(entry);
  if (writer === undefined) return undefined;
  try {
    return {
      ...writer,
      fields: knownFieldsV1.read(entry.fieldsV1),
      source: entry,
    };
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** In Kubernetes' order: appliers first, then by time, name, version and subresource. */
export function formatManagers(managers: Managers): ManagedFieldsEntry[] {
  return [...managers.values()].sort(compareManagers).map(formatManager);
}

const rank = ['operation', 'time', 'manager', 'apiVersion', 'subresource'] as const;

type Ranked = { readonly [key in (typeof rank)[number]]?: string | undefined };

export function compareManagers(a: Ranked, b: Ranked): number {
  for (const key of rank) {
    const order = compareText(a[key] ?? '', b[key] ?? '');
    if (order !== 0) return order;
  }
  return 0;
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function formatManager({ source, ...manager }: Manager): ManagedFieldsEntry {
  if (source !== undefined) return source;
  const fieldsV1 = knownFieldsV1.write(manager.fields);
  return {
    ...(manager.manager === '' ? {} : { manager: manager.manager }),
    operation: manager.operation,
    apiVersion: manager.apiVersion,
    ...(manager.time === undefined ? {} : { time: manager.time }),
    fieldsType: 'FieldsV1',
    fieldsV1,
    ...(manager.subresource === '' ? {} : { subresource: manager.subresource }),
  };
}

/** A manager with other fields. */
export function withFields(manager: Manager, fields: FieldTree): Manager {
  return fields === manager.fields ? manager : { ...manager, fields, source: undefined };
}

/** Sets or, when it has no fields left, removes a manager. */
export function putManager(managers: Map<string, Manager>, id: string, manager: Manager): void {
  if (manager.fields.size === 0) managers.delete(id);
  else managers.set(id, manager);
}

/** Unites the oldest updaters under the name 'ancient-changes' until there are no more than ten. */
export function capUpdaters(managers: Map<string, Manager>): void {
  const updaters = [...managers].filter(([, manager]) => manager.operation === 'Update');
  let excess = updaters.length - MAX_UPDATE_MANAGERS;
  if (excess <= 0) return;
  updaters.sort(([idA, a], [idB, b]) => compareText(a.time ?? '', b.time ?? '') || compareText(idA, idB));
  const firstOfVersion = new Map<string, string>();
  for (const [id, manager] of updaters) {
    if (excess <= 0) return;
    const first = firstOfVersion.get(manager.apiVersion);
    if (first === undefined) {
      firstOfVersion.set(manager.apiVersion, id);
      continue;
    }
    const bucket: Manager = {
      manager: 'ancient-changes',
      operation: 'Update',
      apiVersion: manager.apiVersion,
      subresource: '',
      time: manager.time,
      fields: union(managers.get(first)?.fields ?? emptyTree, manager.fields),
    };
    managers.delete(first);
    managers.delete(id);
    firstOfVersion.set(manager.apiVersion, managerId(bucket));
    managers.set(managerId(bucket), bucket);
    excess -= 1;
  }
}
