import { getKey, type JsonObject, jsonEqual, setKey } from '../data.ts';
import type { ListNode, SchemaNode } from '../node.ts';
import { elementOf } from './path-element.ts';
import { asList, childNode, isEmptyContainer, listParts, objectParts, shapeOf } from './shape.ts';

/**
 * An applied configuration laid over an object: leaves are the configuration's where it has them, nothing is removed. Neither is changed;
 * unchanged parts are shared: where the configuration says what is there already, the result is `live` itself.
 */
export function mergeConfig(node: SchemaNode | undefined, live: unknown, config: unknown): unknown {
  if (config === undefined) return live;
  const shape = shapeOf(node, config);
  if (live === undefined || shape === 'leaf' || (isEmptyContainer(live) && isEmptyContainer(config))) {
    return jsonEqual(live, config) ? live : config;
  }
  if (shape === 'map') return mergeMaps(node, live, objectParts(config));
  const merged = mergeLists(asList(node), listParts(live), listParts(config));
  return Array.isArray(live) && isSameList(merged, live) ? live : merged;
}

function mergeMaps(node: SchemaNode | undefined, live: unknown, config: JsonObject): JsonObject {
  const before = objectParts(live);
  let result: JsonObject | undefined;
  for (const key of Object.keys(config)) {
    const value = getKey(before, key);
    const merged = mergeConfig(childNode(node, key), value, config[key]);
    if (merged === value) continue;
    result ??= { ...before };
    setKey(result, key, merged);
  }
  return result ?? before;
}

function isSameList(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}

/**
 * The elements of both lists. Where both order the same elements the configuration decides; elements of the live object alone stay where they
 * stood among them.
 */
function mergeLists(node: ListNode, live: readonly unknown[], config: readonly unknown[]): unknown[] {
  const left = index(node, live);
  const right = index(node, config);
  const shared = right.elements.filter((element) => left.values.has(element));
  const merged = new Set<string>();
  const result: unknown[] = [];
  let nextShared = 0;
  const take = (element: string): void => {
    merged.add(element);
    result.push(mergeConfig(node.element, left.values.get(element), right.values.get(element)));
    if (shared[nextShared] === element) nextShared += 1;
  };
  let l = 0;
  let r = 0;
  while (l < left.elements.length || r < right.elements.length) {
    const ours = left.elements[l];
    const theirs = right.elements[r];
    if (ours !== undefined && ours === theirs) {
      take(theirs);
      l += 1;
      r += 1;
    } else if (ours !== undefined && !right.values.has(ours)) {
      result.push(live[l]);
      l += 1;
    } else if (ours !== undefined && theirs !== undefined && comesLater(shared[nextShared], ours)) l += 1;
    else {
      if (ours !== undefined && merged.has(ours)) l += 1;
      if (theirs !== undefined) {
        take(theirs);
        r += 1;
      }
    }
  }
  return result;
}

/** The configuration has `ours` at a later place than the element that both lists come to next. */
const comesLater = (next: string | undefined, ours: string): boolean => next !== undefined && next !== ours;

interface ListIndex {
  elements: string[];
  /** Of elements that share their keys, none can be merged with. */
  values: Map<string, unknown>;
}

function index(node: ListNode, list: readonly unknown[]): ListIndex {
  const elements = list.map((value) => elementOf(node, value));
  const values = new Map<string, unknown>();
  for (const [i, element] of elements.entries()) values.set(element, values.has(element) ? undefined : list[i]);
  return { elements, values };
}
