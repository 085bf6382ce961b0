import type { Field, ScalarNode, SchemaNode, StructNode } from '../schema/node.ts';
import { builtinSchema } from '../schema/schema-set.ts';
import type { Structural } from './structural.ts';

const any: ScalarNode = { kind: 'scalar', scalar: 'Any', goType: 'interface {}' };
const text: ScalarNode = { kind: 'scalar', scalar: 'string', goType: 'string' };

/** The form in which decoding, patching and server-side apply know the types of a custom resource. `name`: 'com.example.stable.v1.CronTab'. */
export function rootNode(name: string, schema: Structural): StructNode {
  const node = structNode(name, schema, true);
  return { ...node, custom: { preservesUnknown: schema.preservesUnknown, openApi: schema.props } };
}

function structNode(name: string, schema: Structural, document: boolean): StructNode {
  const fields = new Map<string, Field>();
  if (document) for (const own of ['kind', 'apiVersion']) fields.set(own, fieldOf(own, text, true));
  for (const [key, child] of schema.properties) {
    if (!fields.has(key)) fields.set(key, fieldOf(key, nodeOf(`${name}.${key}`, child), schema.required.includes(key)));
  }
  if (document)
    fields.set(
      'metadata',
      fieldOf('metadata', builtinSchema.struct('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'), false),
    );
  return {
    kind: 'struct',
    name,
    goType: 'unstructured.Unstructured',
    structType: schema.mapType === 'atomic' ? 'atomic' : 'granular',
    document,
    fields,
    always: [],
    wire: [],
    custom: { preservesUnknown: schema.preservesUnknown },
  };
}

function nodeOf(name: string, schema: Structural): SchemaNode {
  if (schema.intOrString) return any;
  if (schema.type === 'array' && schema.items !== undefined) {
    const element = nodeOf(`${name}.items`, schema.items);
    return {
      kind: 'list',
      element,
      listType: schema.listType ?? 'atomic',
      keys: schema.listMapKeys,
      goType: '[]interface {}',
    };
  }
  if (schema.type !== 'object') return any;
  if (schema.additional !== undefined && schema.properties.size === 0) {
    const element =
      schema.additional === true || schema.additional === false
        ? any
        : nodeOf(`${name}.additionalProperties`, schema.additional);
    return { kind: 'map', element, mapType: schema.mapType ?? 'granular', goType: 'map[string]interface {}' };
  }
  return structNode(name, schema, schema.embedded);
}

function fieldOf(name: string, node: SchemaNode, required: boolean): Field {
  return {
    ...{ name, node, pointer: true, dropsEmpty: false, required },
    ...{ patchStrategy: undefined, patchMergeKey: undefined, enum: undefined, default: undefined },
  };
}
