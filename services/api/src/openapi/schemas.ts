import type { GroupVersionKind } from '@kubus/shared/object';
import type { Field, ScalarNode, SchemaNode, StructNode } from '@kubus/shared/schema';

export type OpenApiSchema = Record<string, unknown>;

const prefix = '#/components/schemas/';
export const refTo = (name: string): OpenApiSchema => ({ $ref: `${prefix}${name}` });

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';

/** Scalars that have a name of their own upstream: their schemas stand beside the structs, under those names. */
const named: ReadonlyMap<ScalarNode['scalar'], readonly [string, OpenApiSchema]> = new Map([
  ['Time', [`${META}.Time`, { type: 'string', format: 'date-time' }]],
  ['MicroTime', [`${META}.MicroTime`, { type: 'string', format: 'date-time' }]],
  ['FieldsV1', [`${META}.FieldsV1`, { type: 'object' }]],
  ['RawExtension', ['io.k8s.apimachinery.pkg.runtime.RawExtension', { type: 'object' }]],
  ['Quantity', ['io.k8s.apimachinery.pkg.api.resource.Quantity', { oneOf: [{ type: 'string' }, { type: 'number' }] }]],
  [
    'IntOrString',
    [
      'io.k8s.apimachinery.pkg.util.intstr.IntOrString',
      { format: 'int-or-string', oneOf: [{ type: 'integer' }, { type: 'string' }] },
    ],
  ],
]);

const plain: ReadonlyMap<ScalarNode['scalar'], OpenApiSchema> = new Map([
  ['string', { type: 'string' }],
  ['bool', { type: 'boolean' }],
  ['int32', { type: 'integer', format: 'int32' }],
  ['int64', { type: 'integer', format: 'int64' }],
  ['double', { type: 'number', format: 'double' }],
  ['bytes', { type: 'string', format: 'byte' }],
  ['Duration', { type: 'string' }],
  ['Any', {}],
]);

/** Collects the schemas of types and of everything they refer to, in OpenAPI 3.0's form with Kubernetes' extensions. */
export class SchemaCollector {
  readonly #schemas = new Map<string, OpenApiSchema>();

  add(node: StructNode, kinds: readonly GroupVersionKind[] = []): void {
    if (this.#schemas.has(node.name)) return;
    const schema: OpenApiSchema = { type: 'object' };
    this.#schemas.set(node.name, schema);
    const fields = [...node.fields.values()];
    const properties = fields.map((field) => [field.name, this.#property(field)] as const);
    if (properties.length > 0) schema['properties'] = Object.fromEntries(properties);
    const required = fields.filter((field) => field.required).map((field) => field.name);
    if (required.length > 0) schema['required'] = required;
    if (node.structType === 'atomic') schema['x-kubernetes-map-type'] = 'atomic';
    if (kinds.length > 0) schema['x-kubernetes-group-version-kind'] = kinds.map(({ ...kind }) => kind);
  }

  /** By name, in order. */
  finish(): Record<string, OpenApiSchema> {
    return Object.fromEntries([...this.#schemas].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  #property(field: Field): OpenApiSchema {
    return {
      ...this.#of(field.node),
      ...(field.enum === undefined ? {} : { enum: field.enum }),
      ...(field.default === undefined ? {} : { default: field.default }),
      ...(field.patchStrategy === undefined ? {} : { 'x-kubernetes-patch-strategy': field.patchStrategy }),
      ...(field.patchMergeKey === undefined ? {} : { 'x-kubernetes-patch-merge-key': field.patchMergeKey }),
    };
  }

  #of(node: SchemaNode): OpenApiSchema {
    switch (node.kind) {
      case 'scalar':
        return this.#scalar(node);
      case 'list':
        return {
          type: 'array',
          items: this.#of(node.element),
          'x-kubernetes-list-type': node.listType,
          ...(node.keys.length === 0 ? {} : { 'x-kubernetes-list-map-keys': node.keys }),
        };
      case 'map':
        return {
          type: 'object',
          additionalProperties: this.#of(node.element),
          ...(node.mapType === 'atomic' ? { 'x-kubernetes-map-type': 'atomic' } : {}),
        };
      case 'struct':
        this.add(node);
        return { allOf: [refTo(node.name)] };
    }
  }

  #scalar({ scalar }: ScalarNode): OpenApiSchema {
    const [name, schema] = named.get(scalar) ?? [];
    if (name === undefined || schema === undefined) return plain.get(scalar) ?? {};
    this.#schemas.set(name, schema);
    return { allOf: [refTo(name)] };
  }
}
