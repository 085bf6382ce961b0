import type { ScalarType } from '../schema/facts.ts';
import type { SchemaNode, StructNode } from '../schema/node.ts';
import { type CelField, type CelType, listOf, mapOf, type ObjectType, types } from './types.ts';

const scalars: Record<ScalarType, CelType> = {
  string: types.string,
  bool: types.bool,
  int32: types.int,
  int64: types.int,
  double: types.double,
  bytes: types.bytes,
  Time: types.timestamp,
  MicroTime: types.timestamp,
  Duration: types.duration,
  Quantity: types.dyn,
  IntOrString: types.dyn,
  RawExtension: types.dyn,
  FieldsV1: types.dyn,
  Any: types.dyn,
};

/** The type of values of a built-in kind. Fields are linked when they are asked for: kinds refer to themselves. */
export function schemaType(node: SchemaNode): CelType {
  switch (node.kind) {
    case 'scalar':
      return scalars[node.scalar];
    case 'list':
      return listOf(schemaType(node.element));
    case 'map':
      return mapOf(types.string, schemaType(node.element));
    default:
      return new StructType(node);
  }
}

class StructType implements ObjectType {
  readonly kind = 'object';
  readonly name: string;
  readonly #node: StructNode;
  #fields: ReadonlyMap<string, CelField> | undefined;

  constructor(node: StructNode) {
    this.#node = node;
    this.name = node.name;
  }

  get fields(): ReadonlyMap<string, CelField> {
    this.#fields ??= new Map(
      [...this.#node.fields].flatMap(([json, field]) => {
        const name = escapeName(json);
        return name === undefined ? [] : [[name, { json, type: schemaType(field.node) }] as const];
      }),
    );
    return this.#fields;
  }
}

const reserved: ReadonlySet<string> = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
);

/** A property's name as expressions write it; undefined when they cannot (apiserver/pkg/cel/escaping.go). */
export function escapeName(name: string): string | undefined {
  if (reserved.has(name)) return `__${name}__`;
  if (!/^[A-Za-z_./-][A-Za-z0-9_./-]*$/.test(name)) return undefined;
  return name.replace(/__|[./-]/g, (part) => escapes.get(part) as string);
}

const escapes: ReadonlyMap<string, string> = new Map([
  ['__', '__underscores__'],
  ['.', '__dot__'],
  ['-', '__dash__'],
  ['/', '__slash__'],
]);
