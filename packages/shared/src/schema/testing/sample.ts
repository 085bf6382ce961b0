import type { JsonObject } from '../data.ts';
import type { ScalarType } from '../facts.ts';
import type { Field, SchemaNode, StructNode } from '../node.ts';

/**
 * An object with every field that its type has, each with a value that is not zero and that tells where it is. A type that holds itself does so once;
 * what Go keeps of kinds inside of objects in no protobuf is left out.
 */
export function filledObject(node: StructNode, apiVersion: string, kind: string): JsonObject {
  return { ...filledStruct(node, []), apiVersion, kind };
}

function filledStruct(node: StructNode, above: readonly StructNode[]): JsonObject {
  const object: JsonObject = {};
  for (const field of node.fields.values()) {
    if (node.document && (field.name === 'apiVersion' || field.name === 'kind')) continue;
    const value = filledValue(field, field.node, [...above, node]);
    if (value !== undefined) object[field.name] = value;
  }
  return object;
}

function filledValue(field: Field, node: SchemaNode, above: readonly StructNode[]): unknown {
  if (node.kind === 'scalar') return scalar(field, node.scalar, above.length);
  if (node.kind === 'struct') return above.includes(node) ? undefined : filledStruct(node, above);
  const element = filledValue(field, node.element, above);
  if (element === undefined) return undefined;
  return node.kind === 'list' ? [element] : { [`key-${field.name}`]: element };
}

function scalar({ name, enum: values }: Field, type: ScalarType, depth: number): unknown {
  switch (type) {
    case 'string':
      return values?.[0] ?? `${name}-${depth}`;
    case 'bool':
      return true;
    case 'int32':
    case 'int64':
      return depth + name.length * 1000;
    case 'double':
      return 1.5;
    case 'bytes':
      return Buffer.from(name).toString('base64');
    case 'Time':
      return '2026-01-02T03:04:05Z';
    case 'MicroTime':
      return '2026-01-02T03:04:05.000006Z';
    case 'Duration':
      return '1h2m3s';
    case 'Quantity':
      return `${depth}500m`;
    case 'IntOrString':
      return depth % 2 === 0 ? `${name}-${depth}` : depth;
    case 'FieldsV1':
      return { [`f:${name}`]: {} };
    default:
      return { kind: 'Embedded', [name]: [true, 1, null] };
  }
}
