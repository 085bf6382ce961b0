import type { JsonObject } from './data.ts';
import type { ScalarType } from './facts.ts';
import type { SchemaNode, StructNode } from './node.ts';

/** What Go writes for a scalar that nobody set; undefined when that is null. */
export function zeroOf(scalar: ScalarType): string | number | boolean | undefined {
  switch (scalar) {
    case 'string':
      return '';
    case 'bool':
      return false;
    case 'int32':
    case 'int64':
    case 'double':
    case 'IntOrString':
      return 0;
    case 'Quantity':
      return '0';
    case 'Duration':
      return '0s';
    default:
      return undefined;
  }
}

/** What stands for a value that nobody set, of any type. */
export function zeroValue(node: SchemaNode): unknown {
  if (node.kind === 'scalar') return zeroOf(node.scalar) ?? null;
  if (node.kind === 'list') return [];
  const value: JsonObject = {};
  if (node.kind === 'struct') addAlwaysWritten(node, value);
  return value;
}

/** What stands for an element of a list or map that is null: no bytes are '' there, since a stored element cannot be absent. */
export function zeroElement(node: SchemaNode): unknown {
  return node.kind === 'scalar' && node.scalar === 'bytes' ? '' : zeroValue(node);
}

/** Adds the fields that Go writes even when nobody set them. */
export function addAlwaysWritten(node: StructNode, target: JsonObject): void {
  for (const field of node.always) {
    if (target[field.name] === undefined) target[field.name] = zeroValue(field.node);
  }
}
