import type { GroupVersionKind } from '../../object/index.ts';
import type { ScalarType } from '../facts.ts';
import type { Field, ScalarNode, SchemaNode, StructNode } from '../node.ts';
import { builtinSchema } from '../schema-set.ts';
import { type Dialect, definitionsPath, type OpenApiObject } from './contract.ts';
import { customDefinition } from './custom.ts';

/** The description of a type, or of a field of it; undefined where there is none. */
export type Describe = (type: string, field?: string) => string | undefined;

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';

/** Scalars that have a definition of their own in Kubernetes' documents. */
const namedScalars: ReadonlyMap<ScalarType, string> = new Map([
  ['Time', `${META}.Time`],
  ['MicroTime', `${META}.MicroTime`],
  ['Duration', `${META}.Duration`],
  ['FieldsV1', `${META}.FieldsV1`],
  ['Quantity', 'io.k8s.apimachinery.pkg.api.resource.Quantity'],
  ['IntOrString', 'io.k8s.apimachinery.pkg.util.intstr.IntOrString'],
  ['RawExtension', 'io.k8s.apimachinery.pkg.runtime.RawExtension'],
]);

/** The definitions of types and of all that they are made of, collected as they are referred to. */
export class Definitions {
  readonly #dialect: Dialect;
  readonly #definitions = new Map<string, OpenApiObject>();
  /** Group, version and kind of documents, by type name. */
  readonly #kinds: ReadonlyMap<string, readonly GroupVersionKind[]>;
  readonly #describe: Describe;

  constructor(
    dialect: Dialect,
    kinds: ReadonlyMap<string, readonly GroupVersionKind[]>,
    describe: Describe = () => undefined,
  ) {
    this.#dialect = dialect;
    this.#kinds = kinds;
    this.#describe = describe;
  }

  /** By name, in order. */
  toObject(): OpenApiObject {
    return Object.fromEntries([...this.#definitions].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** A reference to a type, which is defined along with it. */
  refer(node: StructNode): OpenApiObject {
    if (!this.#definitions.has(node.name)) {
      // Types refer to themselves: the name is taken before the parts are looked at.
      this.#definitions.set(node.name, {});
      this.#definitions.set(node.name, this.#define(node));
    }
    return this.#ref(node.name);
  }

  #ref(name: string): OpenApiObject {
    return { $ref: definitionsPath(this.#dialect) + name };
  }

  #define(node: StructNode): OpenApiObject {
    const kinds = this.#kinds.get(node.name);
    if (node.custom?.openApi !== undefined) {
      return customDefinition(node.custom.openApi, this.#ofEveryObject(), kinds, this.#dialect);
    }
    const properties: OpenApiObject = {};
    const required: string[] = [];
    for (const field of node.fields.values()) {
      properties[field.name] = this.#field(node, field);
      if (field.required) required.push(field.name);
    }
    const description = this.#describe(node.name);
    return {
      ...(description === undefined ? {} : { description }),
      type: 'object',
      ...(node.fields.size === 0 ? {} : { properties }),
      ...(required.length === 0 ? {} : { required: required.sort() }),
      ...(kinds === undefined ? {} : { 'x-kubernetes-group-version-kind': kinds }),
      ...(node.structType === 'atomic' ? { 'x-kubernetes-map-type': 'atomic' } : {}),
    };
  }

  /** The fields that every object has. */
  #ofEveryObject(): OpenApiObject {
    const described = (field: string, schema: OpenApiObject): OpenApiObject => {
      const description = this.#describe('io.k8s.api.core.v1.ConfigMap', field);
      return this.#withExtras(schema, description === undefined ? {} : { description });
    };
    return {
      apiVersion: described('apiVersion', { type: 'string' }),
      kind: described('kind', { type: 'string' }),
      metadata: described('metadata', this.refer(builtinSchema.struct(`${META}.ObjectMeta`))),
    };
  }

  #field(parent: StructNode, field: Field): OpenApiObject {
    const { node } = field;
    const description = this.#describe(parent.name, field.name);
    const extras: OpenApiObject = {
      ...(description === undefined ? {} : { description }),
      ...(field.default === undefined ? {} : { default: field.default }),
      ...(field.patchStrategy === undefined ? {} : { 'x-kubernetes-patch-strategy': field.patchStrategy }),
      ...(field.patchMergeKey === undefined ? {} : { 'x-kubernetes-patch-merge-key': field.patchMergeKey }),
      ...(field.enum === undefined || node.kind !== 'scalar' ? {} : { enum: field.enum }),
    };
    if (node.kind === 'struct' && !field.pointer) extras['default'] = {};
    return this.#withExtras(this.schemaOf(node), extras);
  }

  /** In version 3 nothing may stand beside a reference. */
  #withExtras(schema: OpenApiObject, extras: OpenApiObject): OpenApiObject {
    if (Object.keys(extras).length === 0) return schema;
    if (this.#dialect === 'v2' || !Object.hasOwn(schema, '$ref')) return { ...schema, ...extras };
    return { allOf: [schema], ...extras };
  }

  schemaOf(node: SchemaNode): OpenApiObject {
    switch (node.kind) {
      case 'scalar':
        return this.#scalar(node);
      case 'struct':
        return this.refer(node);
      case 'map':
        return {
          type: 'object',
          additionalProperties: this.schemaOf(node.element),
          ...(node.mapType === 'atomic' ? { 'x-kubernetes-map-type': 'atomic' } : {}),
        };
      default:
        return {
          type: 'array',
          items: this.schemaOf(node.element),
          'x-kubernetes-list-type': node.listType,
          ...(node.keys.length === 0 ? {} : { 'x-kubernetes-list-map-keys': node.keys }),
        };
    }
  }

  #scalar({ scalar }: ScalarNode): OpenApiObject {
    const name = namedScalars.get(scalar);
    if (name === undefined) return scalarSchema(scalar, this.#dialect);
    if (!this.#definitions.has(name)) this.#definitions.set(name, scalarSchema(scalar, this.#dialect));
    return this.#ref(name);
  }
}

function scalarSchema(scalar: ScalarType, dialect: Dialect): OpenApiObject {
  switch (scalar) {
    case 'bool':
      return { type: 'boolean' };
    case 'int32':
    case 'int64':
      return { type: 'integer', format: scalar };
    case 'double':
      return { type: 'number', format: 'double' };
    case 'bytes':
      return { type: 'string', format: 'byte' };
    case 'Time':
    case 'MicroTime':
      return { type: 'string', format: 'date-time' };
    case 'Quantity':
      return dialect === 'v2' ? { type: 'string' } : { oneOf: [{ type: 'string' }, { type: 'number' }] };
    case 'IntOrString':
      return dialect === 'v2'
        ? { type: 'string', format: 'int-or-string' }
        : { format: 'int-or-string', oneOf: [{ type: 'integer' }, { type: 'string' }] };
    case 'RawExtension':
    case 'FieldsV1':
      return { type: 'object' };
    case 'Any':
      return {};
    default:
      return { type: 'string' };
  }
}
