import { getKey, type JsonObject, setKey } from '../data.ts';
import type { ListNode, SchemaNode } from '../node.ts';
import { elementOf } from './path-element.ts';
import { asList, childNode, isEmptyContainer, listParts, objectParts, shapeOf } from './shape.ts';

/**
 * An applied configuration laid over an object: leaves are the configuration's where it has them, nothing is removed. Neither is changed;
 * unchanged parts are shared.
 */
export function mergeConfig(node: SchemaNode | undefined, live: unknown, config: unknown): unknown {
  if (config === undefined) return live;
  if (live === undefined || shapeOf(node, config) === 'leaf') return config;
  if (isEmptyContainer(live) && isEmptyContainer(config)) return config;
  if (shapeOf(node, config) === 'list') return mergeLists(asList(node), listParts(live), listParts(config));
  const result: JsonObject = { ...objectParts(live) };
  const parts = objectParts(config);
  for (const key of Object.keys(parts)) {
    setKey(result, key, mergeConfig(childNode(node, key), getKey(result, key), parts[key]));
  }
  return result;
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
