import type { KubeObject, ManagedFieldsEntry } from '../../object/index.ts';
import type { StructNode } from '../node.ts';
import { builtinSchema } from '../schema-set.ts';
import { describeChange } from './compare.ts';
import type { FieldTree } from './field-tree.ts';
import { compareManagers, MAX_UPDATE_MANAGERS, managerId, parseManager } from './managers.ts';
import { ElementError } from './path-element.ts';
import { RecentlyUsed } from './recently-used.ts';
import { trackUpdate, type Writer, withManagedFields, withoutManagedFields } from './track-update.ts';

/** Updates that are known at once, of all kinds together: a kilobyte or two each. */
const MOST_KNOWN = 1_000;

/** Stands for the time of a write; no entry has it. */
const someTime = 'now';

/** What becomes of an entry. */
interface Fate {
  /** The entry's place before; undefined for one that is new. */
  from: number | undefined;
  /** Undefined: the entry stays as it is. */
  fieldsV1: Record<string, unknown> | undefined;
  /** It is the writer's, who has set a field: it gets the time of the write. */
  isWriters: boolean;
}

/**
 * `trackUpdate` for updates of what is stored, which remembers. What an update makes of the entries follows from them and from which fields it sets, changes
 * or removes, not from the values; and most updates are like one before: pods are bound, report their status and lose a finalizer, each like the other.
 */
export class UpdateTracker {
  /** By type, entries, writer and change. */
  readonly #known = new Map<StructNode, RecentlyUsed<string, readonly Fate[]>>();
  readonly #ids = new WeakMap<FieldTree, number>();
  #lastId = 0;

  track<T extends KubeObject>(type: string | StructNode, live: T, next: T, writer: Writer): T {
    const node = typeof type === 'string' ? builtinSchema.struct(type) : type;
    const entries = entriesOf(live, next, writer);
    const who = entries === undefined ? undefined : this.#describe(entries, next.apiVersion);
    const what = who === undefined ? undefined : changeOf(node, live, next);
    if (entries === undefined || what === undefined) return trackUpdate(node, live, next, writer);
    const known = this.#of(node);
    const { manager, subresource = '', resetFields = [] } = writer;
    const key = JSON.stringify([next.apiVersion, manager, subresource, resetFields, who, what]);
    let fates = known.get(key);
    if (fates === undefined) {
      const tracked = trackUpdate(node, live, next, { ...writer, now: someTime });
      fates = fatesOf(entries, tracked.metadata.managedFields ?? []);
      known.set(key, fates);
    }
    const managedFields = fates.map((fate) => become(fate, entries, next.apiVersion, writer)).sort(compareManagers);
    return withManagedFields(withoutManagedFields(next), managedFields) as unknown as T;
  }

  #of(node: StructNode): RecentlyUsed<string, readonly Fate[]> {
    const known = this.#known.get(node) ?? new RecentlyUsed<string, readonly Fate[]>(MOST_KNOWN);
    this.#known.set(node, known);
    return known;
  }

  /** Undefined where something else than the entries and the change decides: an entry that cannot be read, or is of another version, or one of too many. */
  #describe(entries: readonly ManagedFieldsEntry[], apiVersion: string): unknown[] | undefined {
    const ids = new Set<string>();
    const described: unknown[] = [];
    for (const entry of entries) {
      const read = parseManager(entry);
      if (read === undefined || read.apiVersion !== apiVersion) return undefined;
      ids.add(managerId(read));
      described.push(managerId(read), this.#idOf(read.fields));
    }
    return ids.size === entries.length && ids.size < MAX_UPDATE_MANAGERS ? described : undefined;
  }

  #idOf(tree: FieldTree): number {
    const known = this.#ids.get(tree);
    if (known !== undefined) return known;
    this.#lastId += 1;
    this.#ids.set(tree, this.#lastId);
    return this.#lastId;
  }
}

/** The entries that count; undefined where there are none. */
function entriesOf(
  live: KubeObject,
  next: KubeObject,
  { subresource }: Writer,
): readonly ManagedFieldsEntry[] | undefined {
  const sent = subresource === undefined ? next.metadata.managedFields : undefined;
  const entries = sent === undefined || sent.length === 0 ? live.metadata.managedFields : sent;
  return entries === undefined || entries.length === 0 ? undefined : entries;
}

/** Undefined where nothing changes, which is quickly told, and where an element cannot be named, which is for `trackUpdate` to say. */
function changeOf(node: StructNode, live: KubeObject, next: KubeObject): string | undefined {
  try {
    return describeChange(node, withoutManagedFields(live), withoutManagedFields(next)) || undefined;
  } catch (error) {
    if (error instanceof ElementError) return undefined;
    throw error;
  }
}

/** What has become of the entries by a write at `someTime`. */
function fatesOf(before: readonly ManagedFieldsEntry[], after: readonly ManagedFieldsEntry[]): Fate[] {
  const places = new Map(before.map((entry, place) => [idOf(entry), place]));
  return after.map((entry) => {
    const from = places.get(idOf(entry));
    const same = from !== undefined && before[from] === entry;
    return { from, fieldsV1: same ? undefined : entry.fieldsV1, isWriters: !same && entry.time === someTime };
  });
}

const idOf = ({ manager = '', operation = 'Update', apiVersion = '', subresource = '' }: ManagedFieldsEntry): string =>
  managerId({ manager, operation, apiVersion, subresource });

function become(
  { from, fieldsV1, isWriters }: Fate,
  entries: readonly ManagedFieldsEntry[],
  apiVersion: string,
  writer: Writer,
): ManagedFieldsEntry {
  if (isWriters) return entryOf(writer, apiVersion, fieldsV1 ?? {});
  const former = from === undefined ? {} : (entries[from] as ManagedFieldsEntry);
  return fieldsV1 === undefined ? former : { ...former, fieldsV1 };
}

function entryOf(
  { manager, now, subresource = '' }: Writer,
  apiVersion: string,
  fieldsV1: Record<string, unknown>,
): ManagedFieldsEntry {
  return {
    manager: manager === '' ? 'unknown' : manager,
    operation: 'Update',
    apiVersion,
    time: now,
    fieldsType: 'FieldsV1',
    fieldsV1,
    ...(subresource === '' ? {} : { subresource }),
  };
}
