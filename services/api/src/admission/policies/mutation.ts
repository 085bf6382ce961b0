import {
  type Budget,
  CelList,
  CelStruct,
  type CelValue,
  jsonPatchType,
  listOf,
  type ObjectType,
  objectOf,
  toJson,
  types,
} from '@kubus/shared/cel';
import type { KubeObject } from '@kubus/shared/object';
import { type JsonObject, jsonPatch, layOver, type SchemaNode } from '@kubus/shared/schema';
import type { bindingsOf } from '../expressions/activation.ts';
import { type Composition, type Expression, evaluate } from '../expressions/composition.ts';
import type { Mutation } from './contract.ts';

/** Why a mutation cannot be made; the failure policy decides what that means. */
export class MutationError extends Error {
  override readonly name = 'MutationError';
}

type Bindings = ReturnType<typeof bindingsOf>;

/** Types that mutations may make: `Object`, `Object.spec` and so on without end, whatever fields they have, and `JSONPatch`. */
export class MutationTypes extends Map<string, ObjectType> {
  override get(name: string): ObjectType | undefined {
    if (name === jsonPatchType.name) return jsonPatchType;
    if (name !== 'Object' && !name.startsWith('Object.')) return undefined;
    const known = super.get(name) ?? { kind: 'object', name, fields: new AnyField() };
    super.set(name, known);
    return known;
  }
}

class AnyField extends Map<string, { json: string; type: typeof types.dyn }> {
  override get(name: string): { json: string; type: typeof types.dyn } {
    return { json: name, type: types.dyn };
  }
}

/** One mutation of a policy, compiled. */
export class Mutator {
  readonly #expression: Expression;
  readonly #apply: boolean;

  constructor({ patchType, applyConfiguration, jsonPatch: patch }: Mutation, composition: Composition) {
    this.#apply = patchType === 'ApplyConfiguration';
    const source = (this.#apply ? applyConfiguration?.expression : patch?.expression) ?? '';
    const result = this.#apply ? objectOf('Object', {}) : listOf(jsonPatchType);
    this.#expression = composition.compile(source, [result]);
  }

  /** The object as the mutation makes it, not yet decoded. Throws MutationError. */
  mutate(object: KubeObject, node: SchemaNode, bindings: Bindings, budget: Budget): unknown {
    const result = evaluate(this.#expression, bindings, budget);
    if ('error' in result) throw new MutationError(result.error);
    return this.#apply ? applyConfiguration(object, node, result.value) : patched(object, result.value);
  }
}

function applyConfiguration(object: KubeObject, node: SchemaNode, value: CelValue): unknown {
  if (!(value instanceof CelStruct))
    throw new MutationError('unsupported return type from ApplyConfiguration expression');
  assertTypes(value, 'Object');
  const { apiVersion, kind } = object;
  const configuration = { ...(toJson(value) as JsonObject), apiVersion, kind };
  const atomics = atomicsOf(node, configuration, '');
  if (atomics.length > 0) {
    throw new MutationError(
      `error applying patch: invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: ${atomics.join(', ')}`,
    );
  }
  return layOver(node, object, configuration);
}

/** Objects have to be named after the field in which they stand. */
function assertTypes(value: CelValue, path: string): void {
  if (value instanceof CelList) {
    for (const item of value) assertTypes(item, path);
  }
  if (!(value instanceof CelStruct)) return;
  if (value.typeName !== path) {
    throw new MutationError(
      `type mismatch: unexpected type name ${JSON.stringify(value.typeName)}, expected ${JSON.stringify(path)}, which matches field name path from root Object type`,
    );
  }
  for (const name of value.names()) assertTypes(value.get(name) ?? null, `${path}.${name}`);
}

/** Whoever sets a part of something that is replaced as a whole would lose the rest of it unawares. */
function atomicsOf(node: SchemaNode | undefined, value: unknown, path: string): string[] {
  if (node === undefined || value === null || typeof value !== 'object') return [];
  if (Array.isArray(value)) {
    if (node.kind !== 'list') return [];
    const own = node.listType === 'atomic' ? [path] : [];
    return [...own, ...value.flatMap((item, i) => atomicsOf(node.element, item, `${path}[${i}]`))];
  }
  const own =
    (node.kind === 'struct' && node.structType === 'atomic') || (node.kind === 'map' && node.mapType === 'atomic');
  const parts = Object.entries(value).flatMap(([key, part]) => {
    const child = node.kind === 'struct' ? node.fields.get(key)?.node : node.kind === 'map' ? node.element : undefined;
    return atomicsOf(child, part, `${path}.${key}`);
  });
  return own ? [path, ...parts] : parts;
}

function patched(object: KubeObject, value: CelValue): unknown {
  const operations = toJson(value) as JsonObject[];
  try {
    return jsonPatch(object, operations.map(withValue));
  } catch (error) {
    throw new MutationError(`error applying JSON Patch: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** An operation that leaves its value out means null where the operation has one. */
function withValue(operation: JsonObject): JsonObject {
  const { op } = operation;
  const takes = op === 'add' || op === 'replace' || op === 'test';
  return takes && !Object.hasOwn(operation, 'value') ? { ...operation, value: null } : operation;
}
