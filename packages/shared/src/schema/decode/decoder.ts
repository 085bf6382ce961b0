import { cloneJson, getKey, isObject, type JsonObject, setKey } from '../data.ts';
import type { Field, ListNode, MapNode, ScalarNode, SchemaNode, StructNode } from '../node.ts';
import { addAlwaysWritten, zeroElement } from '../zero.ts';
import type { DecodeProblems } from './problems.ts';
import { decodeScalar, describe } from './scalars.ts';

/** Deeper values are refused; no kind comes near it. */
const MAX_DEPTH = 256;

/** Why a value of a wrong type is not taken, where that is told otherwise than by Go's reader of JSON. */
export type MismatchWords = (node: SchemaNode, value: unknown) => string | undefined;

/**
 * Walks a body beside its type and builds the form that Kubernetes stores: unknown fields left out, nulls and empty optional values absent, fields
 * that Go always writes present, quantities and times canonical. The result shares nothing with the body but the values of untyped fields.
 */
export class Decoder {
  readonly #problems: DecodeProblems;
  readonly #words: MismatchWords | undefined;
  /** From the body's root to the value at hand: `.field`, `.key`, `[index]`. */
  readonly #path: string[] = [];
  /** The fields on the way, without keys and indexes, and the structs that have them: Go's messages tell no more. */
  readonly #fields: string[] = [];
  readonly #structs: StructNode[] = [];

  constructor(problems: DecodeProblems, words?: MismatchWords) {
    this.#problems = problems;
    this.#words = words;
  }

  /**
   * undefined stands for a value that is left out, after its problem was told. `known`: what was decoded before in the same place; structs that the value has taken
   * over from there are copied as they are.
   */
  decode(node: SchemaNode, value: unknown, known?: unknown): unknown {
    switch (node.kind) {
      case 'scalar':
        return this.#scalar(node, value);
      case 'struct':
        return this.#struct(node, value, known);
      case 'list':
        return this.#list(node, value);
      default:
        return this.#map(node, value);
    }
  }

  #scalar(node: ScalarNode, value: unknown): unknown {
    // Most values are strings that are to be strings.
    if (node.scalar === 'string' && typeof value === 'string') return value;
    const result = decodeScalar(node.scalar, value);
    if ('value' in result) return result.value;
    if ('mismatch' in result) return this.#mismatch(node, value, result.mismatch);
    this.#problems.addType(this.#where(), result.message);
    return undefined;
  }

  #struct(node: StructNode, value: unknown, known?: unknown): unknown {
    if (!isObject(value)) return this.#mismatch(node, value);
    if (this.#isTooDeep()) return undefined;
    if (value === known && node.custom === undefined) return cloneJson(value);
    const before = isObject(known) ? known : undefined;
    if (node.custom !== undefined) return this.#customStruct(node, node.custom.preservesUnknown, value);
    const result: JsonObject = {};
    this.#structs.push(node);
    for (const key of Object.keys(value)) {
      const field = node.fields.get(key);
      this.#path.push('.', key);
      if (field === undefined) this.#problems.addStrict(`unknown field ${JSON.stringify(this.#where())}`);
      else this.#field(field, value[key], result, before && getKey(before, key));
      this.#path.length -= 2;
    }
    this.#structs.pop();
    addAlwaysWritten(node, result);
    return result;
  }

  #customStruct(node: StructNode, preservesUnknown: boolean, value: JsonObject): JsonObject {
    const result: JsonObject = {};
    for (const key of Object.keys(value)) {
      const field = node.fields.get(key);
      this.#path.push('.', key);
      if (field !== undefined) {
        const decoded = this.#custom(field.node, value[key]);
        if (decoded !== undefined) setKey(result, key, decoded);
      } else if (preservesUnknown) setKey(result, key, value[key]);
      else this.#problems.addStrict(`unknown field ${JSON.stringify(this.#where())}`);
      this.#path.length -= 2;
    }
    return result;
  }

  /** A part of a custom resource: what is not as its type says is left as it is. */
  #custom(node: SchemaNode, value: unknown): unknown {
    switch (node.kind) {
      case 'struct':
        // Metadata is metadata, whatever the definition says.
        if (node.custom === undefined) return value === null ? undefined : this.#struct(node, value);
        return isObject(value) ? this.#struct(node, value) : value;
      case 'list':
        return Array.isArray(value) && !this.#isTooDeep()
          ? value.map((item, i) => this.#customElement(node, item, i))
          : value;
      case 'map':
        return isObject(value) && !this.#isTooDeep() ? this.#customMap(node, value) : value;
      default:
        return value;
    }
  }

  #customElement(node: ListNode, item: unknown, i: number): unknown {
    this.#path.push('[', String(i), ']');
    const decoded = this.#custom(node.element, item);
    this.#path.length -= 3;
    return decoded;
  }

  #customMap(node: MapNode, value: JsonObject): JsonObject {
    const result: JsonObject = {};
    for (const key of Object.keys(value)) {
      this.#path.push('.', key);
      setKey(result, key, this.#custom(node.element, value[key]));
      this.#path.length -= 2;
    }
    return result;
  }

  #field(field: Field, value: unknown, target: JsonObject, known: unknown): void {
    if (value === null || value === undefined) return;
    this.#fields.push(field.name);
    const decoded = this.decode(field.node, value, known);
    this.#fields.pop();
    if (decoded !== undefined && !(field.dropsEmpty && isEmpty(decoded))) target[field.name] = decoded;
  }

  #list(node: ListNode, value: unknown): unknown {
    if (!Array.isArray(value)) return this.#mismatch(node, value);
    if (this.#isTooDeep()) return undefined;
    return value.map((element: unknown, i) => {
      this.#path.push('[', String(i), ']');
      const decoded = this.#element(node.element, element);
      this.#path.length -= 3;
      return decoded;
    });
  }

  #map(node: MapNode, value: unknown): unknown {
    if (!isObject(value)) return this.#mismatch(node, value);
    if (this.#isTooDeep()) return undefined;
    const result: JsonObject = {};
    for (const key of Object.keys(value)) {
      this.#path.push('.', key);
      setKey(result, key, this.#element(node.element, value[key]));
      this.#path.length -= 2;
    }
    return result;
  }

  /** A null among elements is the zero value, as nothing else can stand for it. */
  #element(node: SchemaNode, value: unknown): unknown {
    return value === null ? zeroElement(node) : this.decode(node, value);
  }

  #where(): string {
    return this.#path.slice(1).join('');
  }

  /** Schemas that refer to themselves can be nested without end. */
  #isTooDeep(): boolean {
    if (this.#path.length <= MAX_DEPTH * 2) return false;
    this.#problems.addType(this.#where(), 'exceeded max depth');
    return true;
  }

  #mismatch(node: SchemaNode, value: unknown, found = describe(value)): undefined {
    this.#problems.addType(this.#where(), this.#words?.(node, value) ?? this.#jsonMismatch(node, found));
    return undefined;
  }

  #jsonMismatch({ goType }: SchemaNode, found: string): string {
    const struct = this.#structs.at(-1)?.goType.replace(/^.*\./, '');
    const place = struct === undefined ? 'value' : `struct field ${struct}.${this.#fields.join('.')}`;
    return `json: cannot unmarshal ${found} into Go ${place} of type ${goType}`;
  }
}

function isEmpty(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return value === '' || value === 0 || value === false;
  if (Array.isArray(value)) return value.length === 0;
  for (const _ in value) return false;
  return true;
}
