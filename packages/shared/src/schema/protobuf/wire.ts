import type { ScalarType } from '../facts.ts';

/** Protobuf wire types; groups (3, 4) are of no use in Kubernetes. */
export const VARINT = 0;
export const FIXED64 = 1;
export const BYTES = 2;
export const FIXED32 = 5;

export function wireTypeOf(scalar: ScalarType): number {
  switch (scalar) {
    case 'bool':
    case 'int32':
    case 'int64':
      return VARINT;
    case 'double':
      return FIXED64;
    default:
      return BYTES;
  }
}
