import type { KubeObject, ManagedFieldsEntry } from '../../object/index.ts';
import type { JsonObject } from '../data.ts';
import type { StructNode } from '../node.ts';
import { builtinSchema } from '../schema-set.ts';
import { describeChange } from './compare.ts';
import { ElementNames, FieldForms, FieldTemplate } from './field-forms.ts';
import { compareManagers, MAX_UPDATE_MANAGERS, managerId, writerOf } from './managers.ts';
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
  fields: FieldTemplate | undefined;
  /** It is the writer's, who has set a field: it gets the time of the write. */
  isWriters: boolean;
}

/**
 * `trackUpdate` for updates of what is stored, which remembers. What an update makes of the entries follows from them and from which fields it sets, changes
 * or removes, not from the values, nor from what elements of lists are called; and most updates are like one before: pods are bound, report their status and lose a finalizer, each like
 * the other but for its addresses.
 */
export class UpdateTracker {
  /** By type, entries, writer and change. */
  readonly #known = new Map<StructNode, RecentlyUsed<string, readonly Fate[]>>();
  readonly #forms = new FieldForms();

  track<T extends KubeObject>(type: string | StructNode, live: T, next: T, writer: Writer): T {
    const node = typeof type === 'string' ? builtinSchema.struct(type) : type;
    const entries = entriesOf(live, next, writer);
    const names = new ElementNames();
    const who = entries === undefined ? undefined : this.#describe(entries, next.apiVersion, names);
    const what = who === undefined ? undefined : changeOf(node, live, next, names);
    if (entries === undefined || what === undefined) return trackUpdate(node, live, next, writer);
    const known = this.#of(node);
    const { manager, subresource = '', resetFields = [] } = writer;
    const key = JSON.stringify([next.apiVersion, manager, subresource, resetFields, who, what]);
    let fates = known.get(key);
    if (fates === undefined) {
      const tracked = trackUpdate(node, live, next, { ...writer, now: someTime });
      const told = names.all.length;
      fates = fatesOf(entries, tracked.metadata.managedFields ?? [], names);
      // An element that is neither in the entries nor in the change is not for others.
      if (names.all.length === told) known.set(key, fates);
    }
    const become = (fate: Fate) => entryOf(fate, entries, names, next.apiVersion, writer);
    const managedFields = fates.map(become).sort(compareManagers);
    const of = managedFields.length === 0 ? withoutManagedFields(next) : (next as unknown as JsonObject);
    return withManagedFields(of, managedFields) as unknown as T;
  }

  #of(node: StructNode): RecentlyUsed<string, readonly Fate[]> {
    const known = this.#known.get(node) ?? new RecentlyUsed<string, readonly Fate[]>(MOST_KNOWN);
    this.#known.set(node, known);
    return known;
  }

  /** Undefined where something else than the entries and the change decides: an entry that cannot be read, or is of another version, or one of too many. */
  #describe(entries: readonly ManagedFieldsEntry[], apiVersion: string, names: ElementNames): unknown[] | undefined {
    const ids = new Set<string>();
    const described: unknown[] = [];
    for (const entry of entries) {
      const by = writerOf(entry);
      const form = by?.apiVersion === apiVersion ? this.#forms.of(entry.fieldsV1) : undefined;
      if (by === undefined || form === undefined) return undefined;
      const id = managerId(by);
      ids.add(id);
      described.push(id, form.id, ...form.names.map((name) => names.placeOf(name)));
    }
    return ids.size === entries.length && ids.size < MAX_UPDATE_MANAGERS ? described : undefined;
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
function changeOf(node: StructNode, live: KubeObject, next: KubeObject, names: ElementNames): string | undefined {
  try {
    return describeChange(node, asIf(live), asIf(next), (element) => names.standIn(element)) || undefined;
  } catch (error) {
    if (error instanceof ElementError) return undefined;
    throw error;
  }
}

/** As if nobody's fields were tracked: `withoutManagedFields`, for who does not tell absent and undefined apart. */
const asIf = (object: KubeObject) => ({ ...object, metadata: { ...object.metadata, managedFields: undefined } });

/** What has become of the entries by a write at `someTime`. */
function fatesOf(
  before: readonly ManagedFieldsEntry[],
  after: readonly ManagedFieldsEntry[],
  names: ElementNames,
): Fate[] {
  const places = new Map(before.map((entry, place) => [idOf(entry), place]));
  return after.map((entry) => {
    const from = places.get(idOf(entry));
    const same = from !== undefined && before[from] === entry;
    const fields = same ? undefined : new FieldTemplate(entry.fieldsV1 ?? {}, names);
    return { from, fields, isWriters: !same && entry.time === someTime };
  });
}

const idOf = ({ manager = '', operation = 'Update', apiVersion = '', subresource = '' }: ManagedFieldsEntry): string =>
  managerId({ manager, operation, apiVersion, subresource });

function entryOf(
  { from, fields, isWriters }: Fate,
  entries: readonly ManagedFieldsEntry[],
  names: ElementNames,
  apiVersion: string,
  writer: Writer,
): ManagedFieldsEntry {
  const fieldsV1 = fields?.with(names);
  if (isWriters) return writersEntry(writer, apiVersion, fieldsV1 ?? {});
  const former = from === undefined ? {} : (entries[from] as ManagedFieldsEntry);
  return fieldsV1 === undefined ? former : { ...former, fieldsV1 };
}

function writersEntry(
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
