import { type Entry, keyOf, type Recorded, type Recording, type Violation } from './history.ts';

/** I3: what a reader saw is lists and the deltas after them, with no gap, no duplicate and no reordering; no list is older than what was seen before. */
export function watchIsListAndDeltas(recording: Recording): Violation[] {
  const violations: Violation[] = [];
  const say = (entry: Entry, text: string) =>
    violations.push(`${recording.reader}: ${recording.resource} at revision ${entry.revision}: ${text}`);
  let objects = new Map<string, Recorded>();
  let last = 0;
  for (const entry of recording.entries) {
    if (entry.revision < last) say(entry, `came after revision ${last}`);
    if (entry.kind === 'list') {
      objects = new Map(entry.objects.map((object) => [keyOf(object), object]));
    } else {
      if (entry.revision === last) say(entry, 'came twice');
      const problem = delta(entry.type, objects.get(keyOf(entry.object)), entry.object);
      if (problem !== undefined) say(entry, `${entry.type} of ${keyOf(entry.object)}, ${problem}`);
      if (entry.type === 'DELETED') objects.delete(keyOf(entry.object));
      else objects.set(keyOf(entry.object), entry.object);
    }
    last = Math.max(last, entry.revision);
  }
  return violations;
}

function delta(type: string, former: Recorded | undefined, object: Recorded): string | undefined {
  if (type === 'ADDED') return former === undefined ? undefined : 'which is there';
  if (former === undefined) return 'which is not there';
  return former.metadata.uid === object.metadata.uid ? undefined : 'which has another uid';
}

/** The state that a reader's deltas lead to is the one that is stored in the end. */
export function deltasLeadTo(recording: Recording, stored: readonly Recorded[]): Violation[] {
  const objects = new Map<string, Recorded>();
  for (const entry of recording.entries) {
    if (entry.kind === 'list') {
      objects.clear();
      for (const object of entry.objects) objects.set(keyOf(object), object);
    } else if (entry.type === 'DELETED') objects.delete(keyOf(entry.object));
    else objects.set(keyOf(entry.object), entry.object);
  }
  const version = (object: Recorded | undefined) => object?.metadata.resourceVersion ?? 'nothing';
  const expected = new Map(stored.map((object) => [keyOf(object), object]));
  return [...new Set([...objects.keys(), ...expected.keys()])]
    .filter((key) => version(objects.get(key)) !== version(expected.get(key)))
    .map(
      (key) =>
        `${recording.reader}: ${recording.resource} ${key} was last seen at ${version(objects.get(key))}, stored is ${version(expected.get(key))}`,
    );
}

/** I2: a revision is the same change for every reader, and none is left out for one of them that was following meanwhile. */
export function readersAgree(recordings: readonly Recording[]): Violation[] {
  const violations: Violation[] = [];
  const seen = new Map<number, { reader: string; text: string }>();
  for (const { reader, entries } of recordings) {
    for (const entry of entries) {
      if (entry.kind === 'list') continue;
      const text = `${entry.type} ${entry.resource} ${JSON.stringify(entry.object)}`;
      const other = seen.get(entry.revision);
      if (other === undefined) seen.set(entry.revision, { reader, text });
      else if (other.text !== text)
        violations.push(`revision ${entry.revision} is ${text} for ${reader}, and ${other.text} for ${other.reader}`);
    }
  }
  for (const a of recordings) {
    for (const b of recordings) {
      if (a !== b && a.resource === b.resource && a.namespace === b.namespace) violations.push(...leftOut(a, b));
    }
  }
  return violations;
}

/** Changes that `a` saw, and `b` did not while it was following. */
function leftOut(a: Recording, b: Recording): Violation[] {
  const revisions = new Set(b.entries.flatMap((entry) => (entry.kind === 'change' ? [entry.revision] : [])));
  const followed = spans(b);
  return a.entries
    .filter((entry) => entry.kind === 'change' && !revisions.has(entry.revision))
    .filter(({ revision }) => followed.some(([from, to]) => revision > from && revision < to))
    .map(({ revision }) => `${b.reader} never saw revision ${revision} of ${b.resource}, ${a.reader} did`);
}

/** From each list to the last change before the next one. */
function spans({ entries }: Recording): [from: number, to: number][] {
  const found: [number, number][] = [];
  for (const entry of entries) {
    const current = found.at(-1);
    if (entry.kind === 'list') found.push([entry.revision, entry.revision]);
    else if (current !== undefined) current[1] = Math.max(current[1], entry.revision);
  }
  return found;
}

/** I10: who asks for one namespace gets nothing of another. */
export function staysInNamespace({ reader, resource, namespace, entries }: Recording): Violation[] {
  if (namespace === undefined) return [];
  return entries
    .flatMap((entry) => (entry.kind === 'list' ? entry.objects : [entry.object]))
    .filter((object) => object.metadata.namespace !== namespace)
    .map((object) => `${reader}: ${resource} of ${namespace} showed ${keyOf(object)}`);
}
