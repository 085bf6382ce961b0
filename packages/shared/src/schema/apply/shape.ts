import { isObject } from '../data.ts';
import type { ListNode, SchemaNode } from '../node.ts';

/**
 * How ownership sees a value: as one leaf, or as a map or list whose parts are owned one by one. A value without a type (`node` undefined) is a map
 * by keys when it is an object; its lists are leaves.
 */
export type Shape = 'leaf' | 'map' | 'list';

export function shapeOf(node: SchemaNode | undefined, value: unknown): Shape {
  if (node === undefined) return isObject(value) ? 'map' : 'leaf';
  switch (node.kind) {
    case 'scalar':
      return 'leaf';
    case 'list':
      return node.listType === 'atomic' ? 'leaf' : 'list';
    case 'map':
      return node.mapType === 'atomic' ? 'leaf' : 'map';
    default:
      return node.structType === 'atomic' ? 'leaf' : 'map';
  }
}

/** The type of a part of a map or struct. */
export function childNode(node: SchemaNode | undefined, key: string): SchemaNode | undefined {
  if (node?.kind === 'struct') return node.fields.get(key)?.node;
  return node?.kind === 'map' ? node.element : undefined;
}

/** True for names that a type declares, as opposed to keys that users choose. */
export function isDeclared(node: SchemaNode | undefined, key: string): boolean {
  return node?.kind === 'struct' && node.fields.has(key);
}

/** Absent, null, or without parts. */
export function isEmptyContainer(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  if (Array.isArray(value)) return value.length === 0;
  if (typeof value !== 'object') return false;
  for (const _ in value) return false;
  return true;
}

export const objectParts = (value: unknown): Record<string, unknown> => (isObject(value) ? value : {});
export const listParts = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
export const asList = (node: SchemaNode | undefined): ListNode => node as ListNode;
