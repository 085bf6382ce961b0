import { isObject, type JsonObject, setKey } from '../data.ts';
import { decodeScalar, describe } from '../decode/scalars.ts';
import type { Field, ListNode, MapNode, ScalarNode, SchemaNode, StructNode } from '../node.ts';
import { ElementError, elementOf, fieldElement, formatPath } from './path-element.ts';
import { isEmptyContainer, shapeOf } from './shape.ts';

/** Most problems that are told of one configuration. */
const MAX_PROBLEMS = 100;

/**
 * Checks an applied configuration against its type: unlike other bodies it must not have unknown fields or elements that share their keys. Gives
 * it with quantities and times in the form that is stored, so that what is equal compares equal, and without empty maps and lists whose parts are
 * owned one by one: they are not stored, and who says `labels: {}` wants nothing of anybody.
 */
export function checkConfig(node: StructNode, config: JsonObject): { config: JsonObject; problems: readonly string[] } {
  const walk = new ConfigWalk();
  return { config: walk.visit(node, config) as JsonObject, problems: walk.problems };
}

class ConfigWalk {
  readonly problems: string[] = [];
  /** Names and keys; numbers are indexes. */
  readonly #path: (string | number)[] = [];

  visit(node: SchemaNode | undefined, value: unknown): unknown {
    if (node === undefined || value === null) return value;
    switch (node.kind) {
      case 'scalar':
        return this.#scalar(node, value);
      case 'struct':
        return isObject(value) ? this.#struct(node, value) : this.#expected('map', value);
      case 'list':
        return Array.isArray(value) ? this.#list(node, value) : this.#expected('list', value);
      default:
        return isObject(value) ? this.#map(node, value) : this.#expected('map', value);
    }
  }

  /** Values of a wrong kind are told here; malformed ones when the merged object is decoded. */
  #scalar({ scalar }: ScalarNode, value: unknown): unknown {
    if (scalar === 'string' && typeof value === 'string') return value;
    const result = decodeScalar(scalar, value);
    if ('value' in result) return result.value;
    if ('mismatch' in result) return this.#expected(scalarNames.get(scalar) ?? 'string', value);
    return value;
  }

  #struct(node: StructNode, value: JsonObject): JsonObject {
    const result: JsonObject = {};
    for (const key of Object.keys(value)) {
      this.#path.push(key);
      const field = node.fields.get(key);
      if (field === undefined && node.custom?.preservesUnknown === true) setKey(result, key, value[key]);
      else if (field === undefined) this.#problem('field not declared in schema');
      else if (!saysNothing(field, value[key])) setKey(result, key, this.visit(field.node, value[key]));
      this.#path.pop();
    }
    return result;
  }

  #map(node: MapNode, value: JsonObject): JsonObject {
    const result: JsonObject = {};
    for (const key of Object.keys(value)) {
      this.#path.push(key);
      setKey(result, key, this.visit(node.element, value[key]));
      this.#path.pop();
    }
    return result;
  }

  #list(node: ListNode, list: readonly unknown[]): unknown[] {
    const seen = new Set<string>();
    return list.map((value, i) => {
      this.#path.push(i);
      const result = this.visit(node.element, value);
      this.#path.pop();
      if (node.listType !== 'atomic') this.#checkElement(node, result, i, seen);
      return result;
    });
  }

  #checkElement(node: ListNode, value: unknown, i: number, seen: Set<string>): void {
    try {
      const element = elementOf(node, value);
      if (seen.has(element)) this.#problem(`duplicate entries for key ${formatPath([element])}`);
      seen.add(element);
    } catch (error) {
      if (!(error instanceof ElementError)) throw error;
      this.#problem(`element ${i}: ${error.message}`);
    }
  }

  #expected(wanted: string, found: unknown): unknown {
    this.#problem(`expected ${wanted}, got ${describe(found)}`);
    return found;
  }

  #problem(message: string): void {
    if (this.problems.length >= MAX_PROBLEMS) return;
    const path = this.#path.map((part) => (typeof part === 'number' ? `i:${part}` : fieldElement(part)));
    this.problems.push(`${formatPath(path)}: ${message}`);
  }
}

function saysNothing({ node, dropsEmpty }: Field, value: unknown): boolean {
  return dropsEmpty && value !== null && isEmptyContainer(value) && shapeOf(node, value) !== 'leaf';
}

const scalarNames: ReadonlyMap<string, string> = new Map([
  ['int32', 'numeric (int or float)'],
  ['int64', 'numeric (int or float)'],
  ['double', 'numeric (int or float)'],
  ['bool', 'boolean'],
]);
