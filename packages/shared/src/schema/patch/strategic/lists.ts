import { isObject, type JsonObject } from '../../data.ts';
import type { SchemaNode } from '../../node.ts';
import { badElementOrder, noMergeKey, PATCH, StrategicPatchError, unknownDirective } from './directives.ts';

type List = readonly unknown[];

/** How a field is patched. */
export interface PatchRule {
  node: SchemaNode | undefined;
  strategy: 'merge' | 'replace';
  mergeKey: string | undefined;
}

/** Merges two elements of a list. */
export type MergeElement = (original: JsonObject, patch: JsonObject, node: SchemaNode | undefined) => JsonObject;

/** Merges by merge key, or as a set when the elements are scalars. The result has the patch's order where the two disagree. */
export function mergeLists(original: List, patch: List, rule: PatchRule, merge: MergeElement): unknown[] {
  if (patch.length === 0) return [...original];
  if (kindOf(original, patch) === 'scalars') {
    const merged = [...new Set([...original, ...patch])];
    return order(merged, patch, original, (element) => element);
  }
  return mergeObjects(original as readonly JsonObject[], patch as readonly JsonObject[], rule, merge);
}

function kindOf(...lists: List[]): 'objects' | 'scalars' {
  const elements = lists.flat();
  if (lists.some((list) => list.some(Array.isArray))) throw new StrategicPatchError('lists of lists are not supported');
  if (elements.every(isObject)) return 'objects';
  if (elements.some((element) => typeof element === 'object')) {
    throw new StrategicPatchError('the elements of a merged list are not of one kind');
  }
  return 'scalars';
}

function mergeObjects(
  original: readonly JsonObject[],
  patch: readonly JsonObject[],
  rule: PatchRule,
  merge: MergeElement,
): unknown[] {
  const { mergeKey } = rule;
  if (mergeKey === undefined) throw new StrategicPatchError('cannot merge lists without merge key');
  const keyOf = (element: unknown): unknown => keyValue(element as JsonObject, mergeKey);
  const { deleted, replaces, additions } = readDirectives(patch, mergeKey);
  if (replaces) return additions;
  const kept = original.filter((element) => !deleted.has(element[mergeKey]));
  const merged = [...kept];
  const positions = new Map(kept.map((element, i) => [element[mergeKey], i] as const));
  const element = rule.node?.kind === 'list' ? rule.node.element : undefined;
  for (const addition of additions) {
    const position = positions.get(keyOf(addition));
    if (position === undefined) {
      positions.set(keyOf(addition), merged.length);
      merged.push(addition);
    } else merged[position] = merge(merged[position] as JsonObject, addition, element);
  }
  return order(merged, additions, kept, keyOf);
}

function readDirectives(
  patch: readonly JsonObject[],
  mergeKey: string,
): { deleted: Set<unknown>; replaces: boolean; additions: JsonObject[] } {
  const deleted = new Set<unknown>();
  const additions: JsonObject[] = [];
  let replaces = false;
  for (const element of patch) {
    const directive = Object.hasOwn(element, PATCH) ? element[PATCH] : undefined;
    if (directive === undefined) additions.push(element);
    else if (directive === 'delete') deleted.add(keyValue(element, mergeKey));
    else if (directive === 'replace') replaces = true;
    else if (directive === 'merge') throw new StrategicPatchError('merging lists cannot yet be specified in the patch');
    else throw unknownDirective(directive);
  }
  return { deleted, replaces, additions };
}

function keyValue(element: JsonObject, mergeKey: string): unknown {
  if (Object.hasOwn(element, mergeKey)) return element[mergeKey];
  throw noMergeKey(mergeKey);
}

export function deleteFromList(list: List, values: List): unknown[] {
  const deleted = new Set(values);
  return list.filter((element) => !deleted.has(element));
}

/**
 * Brings a merged list into the order of `$setElementOrder`. Elements that it does not name keep their place among those that stood in the
 * original. The patched elements must stand in it in the same order.
 */
export function orderList(list: List, patched: List, wanted: List, original: List, { mergeKey }: PatchRule): unknown[] {
  const keyOf = (element: unknown): unknown => {
    if (mergeKey === undefined) return element;
    if (!isObject(element)) throw badElementOrder();
    return keyValue(element, mergeKey);
  };
  assertSameOrder(patched, wanted, keyOf);
  return order(list, wanted, mergeKey === undefined ? original : afterDeletions(original, patched, keyOf), keyOf);
}

/** Elements that the patch adds take the places of those that it deletes: Kubernetes merges in place, and its order shows it. */
function afterDeletions(original: List, patched: List, keyOf: (element: unknown) => unknown): List {
  const isDeletion = (element: unknown): boolean => isObject(element) && element[PATCH] === 'delete';
  const deleted = new Set(patched.filter(isDeletion).map(keyOf));
  if (deleted.size === 0) return original;
  const kept = original.filter((element) => !deleted.has(keyOf(element)));
  const known = new Set(kept.map(keyOf));
  const added = patched.filter((element) => !isDeletion(element) && !known.has(keyOf(element)));
  return [...kept, ...added].slice(0, original.length);
}

function assertSameOrder(patched: List, wanted: List, keyOf: (element: unknown) => unknown): void {
  if (wanted.length === 0) return;
  const found = patched.filter((element) => !(isObject(element) && Object.hasOwn(element, PATCH))).map(keyOf);
  let next = 0;
  for (const element of wanted) if (next < found.length && keyOf(element) === found[next]) next += 1;
  if (next < found.length) {
    throw new StrategicPatchError("The order in patch list doesn't match $setElementOrder list");
  }
}

/**
 * Elements named by `wanted` in that order, the others in the order of `original`; where the two meet, what came first in the original comes
 * first, and what is new comes as early as it can.
 */
function order(list: List, wanted: List, original: List, keyOf: (element: unknown) => unknown): unknown[] {
  const ranks = rank(wanted, keyOf);
  const places = rank(original, keyOf);
  const placeOf = (element: unknown): number | undefined => places.get(keyOf(element));
  const named = list.filter((element) => ranks.has(keyOf(element)));
  const others = list.filter((element) => !ranks.has(keyOf(element)));
  sortBy(named, (element) => ranks.get(keyOf(element)));
  sortBy(others, placeOf);
  const result: unknown[] = [];
  let next = 0;
  for (const element of named) {
    const place = placeOf(element);
    while (next < others.length && place !== undefined && (placeOf(others[next]) ?? Number.POSITIVE_INFINITY) < place) {
      result.push(others[next]);
      next += 1;
    }
    result.push(element);
  }
  return [...result, ...others.slice(next)];
}

function rank(list: List, keyOf: (element: unknown) => unknown): Map<unknown, number> {
  const ranks = new Map<unknown, number>();
  for (const [i, element] of list.entries()) if (!ranks.has(keyOf(element))) ranks.set(keyOf(element), i);
  return ranks;
}

function sortBy(list: unknown[], rankOf: (element: unknown) => number | undefined): void {
  list.sort((a, b) => (rankOf(a) ?? list.length) - (rankOf(b) ?? list.length));
}
