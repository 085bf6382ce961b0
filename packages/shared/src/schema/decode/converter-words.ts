import type { SchemaNode } from '../node.ts';

/**
 * Why a value cannot become what a node says, in the words of apimachinery's runtime/converter.go, which Kubernetes reads the outcome of a strategic merge patch
 * with. Undefined for what it would take: numbers too large for their type, which it cuts off.
 */
export function converterMismatch(node: SchemaNode, value: unknown): string | undefined {
  const found = goKindOf(value);
  if (node.kind === 'struct') return `cannot restore struct from: ${found}`;
  if (node.kind === 'map') return `cannot restore map from ${found}`;
  if (node.kind === 'list' || node.scalar === 'bytes') return `cannot restore slice from ${found}`;
  const isInteger = node.scalar === 'int32' || node.scalar === 'int64';
  if (isInteger && found === 'int64') return undefined;
  // Go converts whole numbers to texts and fractions to whole numbers, but not here.
  const isConvertible = isInteger ? found === 'float64' : node.scalar === 'string' && found === 'int64';
  if (isConvertible) return `cannot convert ${found} to ${node.goType}`;
  return `unrecognized type: ${node.scalar === 'double' ? 'float64' : node.scalar}`;
}

/** The Go kind of a value of JSON. */
function goKindOf(value: unknown): string {
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'string') return 'string';
  return Array.isArray(value) ? 'slice' : 'map';
}
