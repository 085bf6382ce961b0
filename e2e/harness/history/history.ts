import type { KubeObject } from '@kubus/shared/object';

/** An object as it came over HTTP; what is read of spec and status is narrowed where it is read. */
export interface Recorded extends KubeObject {
  spec?: Record<string, unknown>;
  status?: Record<string, unknown>;
  data?: Record<string, string>;
}

/** One event of a watch. */
export interface Change {
  readonly kind: 'change';
  /** Plural, as in the path: 'pods'. */
  readonly resource: string;
  readonly revision: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: Recorded;
}

/** A whole list, at the revision that it names. */
export interface Listing {
  readonly kind: 'list';
  readonly resource: string;
  readonly revision: number;
  readonly objects: readonly Recorded[];
}

export type Entry = Change | Listing;

/** What one reader saw of one resource, in the order in which it saw it. */
export interface Recording {
  /** Where it was read from: 'api', 'api-2'. */
  readonly reader: string;
  readonly resource: string;
  /** The one namespace that was asked for; absent: all. */
  readonly namespace?: string;
  readonly entries: readonly Entry[];
}

/** A violation of an invariant, for people. */
export type Violation = string;

export const keyOf = ({ metadata }: KubeObject): string =>
  metadata.namespace === undefined ? metadata.name : `${metadata.namespace}/${metadata.name}`;

/**
 * The recordings of all readers as one history in the order of revisions, each change once. Where every reader of a resource lost its place there is a
 * list in place of the changes.
 */
export function merge(recordings: readonly Recording[]): Entry[] {
  const changes = new Map<number, Change>();
  const lists: Listing[] = [];
  for (const entry of recordings.flatMap((recording) => recording.entries)) {
    if (entry.kind === 'list') lists.push(entry);
    else changes.set(entry.revision, entry);
  }
  // A list holds the changes up to its revision.
  const order = (entry: Entry) => (entry.kind === 'list' ? 1 : 0);
  return [...changes.values(), ...lists].sort((a, b) => a.revision - b.revision || order(a) - order(b));
}

/** The objects of one resource while a history is read. */
export type Objects = ReadonlyMap<string, Recorded>;

/** Goes through the history of one resource; `visit` is given each change with the objects as they were before it. */
export function replay(
  history: readonly Entry[],
  resource: string,
  visit: (change: Change, before: Objects) => void,
  listed: (objects: Objects) => void = () => undefined,
): Objects {
  let objects = new Map<string, Recorded>();
  for (const entry of history) {
    if (entry.resource !== resource) continue;
    if (entry.kind === 'list') {
      objects = new Map(entry.objects.map((object) => [keyOf(object), object]));
      listed(objects);
      continue;
    }
    visit(entry, objects);
    if (entry.type === 'DELETED') objects.delete(keyOf(entry.object));
    else objects.set(keyOf(entry.object), entry.object);
  }
  return objects;
}
