import { getKey, isObject, type JsonObject, setKey } from '../../data.ts';
import type { SchemaNode } from '../../node.ts';
import {
  badElementOrder,
  badPrimitiveList,
  badRetainKeys,
  DELETE_FROM_PRIMITIVE_LIST,
  isDirective,
  PATCH,
  RETAIN_KEYS,
  SET_ELEMENT_ORDER,
  unknownDirective,
  withoutDirectives,
} from './directives.ts';
import { deleteFromList, mergeLists, orderList, type PatchRule } from './lists.ts';

/**
 * A strategic merge patch (apimachinery/pkg/util/strategicpatch): like a merge patch, but lists merge by the keys that the type declares, and
 * directives delete, replace, order and retain. Changes neither argument; unchanged parts are shared. Throws StrategicPatchError.
 */
export function strategicMerge(original: JsonObject, patch: JsonObject, node: SchemaNode | undefined): JsonObject {
  if (Object.hasOwn(patch, PATCH)) return wholeDirective(patch);
  const result = retained(original, patch);
  for (const key of Object.keys(patch)) {
    if (!isDirective(key)) mergeKeyInto(result, key, patch[key], ruleOf(node, key));
  }
  // Orders and deletions concern lists in the state after the merge.
  for (const key of Object.keys(patch)) {
    if (key.startsWith(SET_ELEMENT_ORDER)) applyOrder(result, original, patch, key, node);
    else if (key.startsWith(DELETE_FROM_PRIMITIVE_LIST)) applyDeletions(result, patch[key], key);
  }
  return result;
}

function wholeDirective(patch: JsonObject): JsonObject {
  const { [PATCH]: directive, ...rest } = patch;
  if (directive === 'replace') return rest;
  if (directive === 'delete') return {};
  throw unknownDirective(directive);
}

/** A copy of the original, without the keys that `$retainKeys` does not name. */
function retained(original: JsonObject, patch: JsonObject): JsonObject {
  if (!Object.hasOwn(patch, RETAIN_KEYS)) return { ...original };
  const names = patch[RETAIN_KEYS];
  if (!Array.isArray(names)) throw badRetainKeys();
  const kept = new Set<unknown>(names);
  for (const key of Object.keys(patch)) {
    if (!isDirective(key) && patch[key] !== null && !kept.has(key)) throw badRetainKeys();
  }
  return Object.fromEntries(Object.entries(original).filter(([key]) => kept.has(key)));
}

function ruleOf(node: SchemaNode | undefined, key: string): PatchRule {
  if (node?.kind === 'map') return { node: node.element, strategy: 'merge', mergeKey: undefined };
  const field = node?.kind === 'struct' ? node.fields.get(key) : undefined;
  const strategies = field?.patchStrategy?.split(',') ?? [];
  const isList = field?.node.kind === 'list';
  const strategy = isList ? strategies.includes('merge') : !strategies.includes('replace');
  return { node: field?.node, strategy: strategy ? 'merge' : 'replace', mergeKey: field?.patchMergeKey };
}

function mergeKeyInto(target: JsonObject, key: string, value: unknown, rule: PatchRule): void {
  if (value === null) {
    delete target[key];
    return;
  }
  const merged = mergeValue(getKey(target, key), value, rule);
  if (merged === undefined) delete target[key];
  else setKey(target, key, merged);
}

/** undefined: the value goes. */
function mergeValue(original: unknown, patch: unknown, rule: PatchRule): unknown {
  if (isObject(original) && isObject(patch)) {
    return rule.strategy === 'replace' ? patch : strategicMerge(original, patch, rule.node);
  }
  if (Array.isArray(original) && Array.isArray(patch)) {
    return rule.strategy === 'replace' ? patch : mergeLists(original, patch, rule, strategicMerge);
  }
  return withoutDirectives(patch);
}

function applyOrder(
  target: JsonObject,
  original: JsonObject,
  patch: JsonObject,
  directive: string,
  node: SchemaNode | undefined,
): void {
  const order = patch[directive];
  const key = directive.slice(SET_ELEMENT_ORDER.length);
  const patched = getKey(patch, key) ?? [];
  if (!Array.isArray(order) || !Array.isArray(patched)) throw badElementOrder();
  const list = getKey(target, key);
  if (!Array.isArray(list)) return;
  const before = getKey(original, key);
  setKey(target, key, orderList(list, patched, order, Array.isArray(before) ? before : [], ruleOf(node, key)));
}

function applyDeletions(target: JsonObject, values: unknown, directive: string): void {
  const key = directive.slice(DELETE_FROM_PRIMITIVE_LIST.length);
  if (!Array.isArray(values) || key === '') throw badPrimitiveList();
  const list = getKey(target, key);
  if (Array.isArray(list)) setKey(target, key, deleteFromList(list, values));
}
