import { type Entry, keyOf, type Recorded, type Violation } from './history.ts';

/** One attempt at a write, by a writer that alone writes its keys, one attempt after the other, each on the condition of what it last knew. */
export interface Write {
  readonly key: string;
  /** What the object holds afterwards; undefined: it is deleted. */
  readonly value: string | undefined;
  /** 'unknown': no answer came, so it may have been done, or may be done later. */
  readonly outcome: 'acknowledged' | 'refused' | 'unknown';
  /** Of an acknowledged write that left an object. */
  readonly revision?: number;
  /** Its condition is that there is no such object, which may come true again. */
  readonly creates?: boolean;
}

/** I1: no acknowledged write is lost. What is stored is the last acknowledged value, or that of an attempt after it whose outcome nobody knows; after a
 * deletion also that of a creation before it, if that was held up until then (a request that lies before a process that is stopped). */
export function noAcknowledgedWriteLost(
  writes: readonly Write[],
  stored: readonly Recorded[],
  contentOf: (object: Recorded) => string | undefined,
): Violation[] {
  const allowed = new Map<string, Set<string | undefined>>();
  const heldUp = new Map<string, string[]>();
  for (const { key, value, outcome, creates } of writes) {
    const late = value === undefined ? (heldUp.get(key) ?? []) : [];
    if (outcome === 'acknowledged') allowed.set(key, new Set([value, ...late]));
    else if (outcome === 'unknown') allowed.set(key, new Set([...(allowed.get(key) ?? [undefined]), value, ...late]));
    if (outcome === 'unknown' && creates && value !== undefined) heldUp.set(key, [...(heldUp.get(key) ?? []), value]);
  }
  const values = new Map(stored.map((object) => [keyOf(object), contentOf(object)]));
  return [...allowed]
    .filter(([key, possible]) => !possible.has(values.get(key)))
    .map(([key, possible]) => `${key} is ${values.get(key)}, and can only be ${[...possible].join(' or ')}`);
}

/** I1, as the history tells it: an acknowledged write is the change of the revision that its answer named, unless nobody was following then. */
export function acknowledgedWritesWereSeen(
  writes: readonly Write[],
  history: readonly Entry[],
  resource: string,
  contentOf: (object: Recorded) => string | undefined,
): Violation[] {
  const changes = new Map(
    history.flatMap((entry) => (entry.kind === 'change' ? [[entry.revision, entry] as const] : [])),
  );
  const lists = history.filter((entry) => entry.kind === 'list' && entry.resource === resource);
  return writes.flatMap(({ key, value, outcome, revision }) => {
    if (outcome !== 'acknowledged' || revision === undefined) return [];
    const change = changes.get(revision);
    if (change !== undefined) {
      const right = change.resource === resource && keyOf(change.object) === key && contentOf(change.object) === value;
      return right
        ? []
        : [`revision ${revision} was acknowledged as ${key} = ${value}, and is ${keyOf(change.object)}`];
    }
    // In a hole of the history, which a list closes.
    return lists.some((list) => list.revision >= revision) ? [] : [`revision ${revision} of ${key} was never seen`];
  });
}
