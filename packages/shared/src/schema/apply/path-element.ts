import { getKey, isObject, type JsonObject } from '../data.ts';
import type { ListNode } from '../node.ts';

/** Why an element of a list cannot be told from the others. */
export class ElementError extends Error {
  override readonly name = 'ElementError';
}

export const fieldElement = (name: string): string => `f:${name}`;

/**
 * What names an element of a list: its keys ('k:{"containerPort":80,"protocol":"TCP"}', absent keys by their defaults) or, in a set, its value
 * ('v:"x"'). Throws ElementError.
 */
export function elementOf(list: ListNode, element: unknown): string {
  return list.keys.length > 0 ? `k:${keysOf(list, element)}` : `v:${setValueOf(element)}`;
}

function keysOf(list: ListNode, element: unknown): string {
  if (!isObject(element)) {
    throw new ElementError(
      element === null
        ? 'associative list with keys may not have a null element'
        : 'associative list with keys may not have non-map elements',
    );
  }
  const parts: string[] = [];
  for (const key of list.keys.length === 1 ? list.keys : list.keys.toSorted()) {
    const value = getKey(element, key) ?? defaultOf(list, key);
    if (value !== undefined) parts.push(`${goJson(key)}:${goJson(value)}`);
  }
  if (parts.length > 0) return `{${parts.join(',')}}`;
  throw new ElementError(
    `associative list with keys has an element that omits all key fields ${JSON.stringify(list.keys)} (and doesn't have default values for any key fields)`,
  );
}

function defaultOf({ element }: ListNode, key: string): unknown {
  return element.kind === 'struct' ? element.fields.get(key)?.default : undefined;
}

function setValueOf(element: unknown): string {
  if (typeof element !== 'object') return goJson(element);
  const kind = element === null ? 'an explicit null' : 'a map or list type';
  throw new ElementError(`associative list without keys has an element that's ${kind}`);
}

/** Texts that mean themselves in Go's JSON: nearly all. */
const plain = /^[ !#-%'-;=?-[\]-~]*$/;

/** Go's JSON escapes what HTML would read. */
function goJson(value: unknown): string {
  if (typeof value === 'string' && plain.test(value)) return `"${value}"`;
  return JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (char) => {
    return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** The form that `elementOf` gives, of an element that a client wrote; undefined for kinds that are not known. Throws on bad JSON. */
export function canonicalElement(element: string): string | undefined {
  // Nearly all are fields.
  if (element.startsWith('f:')) return element;
  const text = element.slice(2);
  switch (element.slice(0, 2)) {
    case 'i:':
      return element;
    case 'v:':
      return `v:${goJson(JSON.parse(text))}`;
    case 'k:': {
      const keys = JSON.parse(text) as JsonObject;
      const parts = Object.keys(keys).toSorted();
      return `k:{${parts.map((key) => `${goJson(key)}:${goJson(keys[key])}`).join(',')}}`;
    }
    default:
      return undefined;
  }
}

/** A path as conflicts show it: `.spec.containers[name="web"].image`. */
export function formatPath(path: readonly string[]): string {
  return path.map(formatElement).join('');
}

function formatElement(element: string): string {
  const text = element.slice(2);
  switch (element.slice(0, 2)) {
    case 'f:':
      return `.${text}`;
    case 'v:':
      return `[=${text}]`;
    case 'k:': {
      const keys = Object.entries(JSON.parse(text) as JsonObject);
      return `[${keys.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(',')}]`;
    }
    default:
      return `[${text}]`;
  }
}
