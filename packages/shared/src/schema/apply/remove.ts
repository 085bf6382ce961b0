import { type JsonObject, setKey } from '../data.ts';
import type { ListNode, SchemaNode } from '../node.ts';
import type { FieldTree } from './field-tree.ts';
import { elementOf, fieldElement } from './path-element.ts';
import { asList, childNode, isEmptyContainer, listParts, objectParts, shapeOf } from './shape.ts';

/** The value without the members of a tree. A map or list of which nothing is left is null. */
export function removeFields(node: SchemaNode | undefined, value: unknown, fields: FieldTree): unknown {
  if (fields.size === 0 || node?.kind === 'scalar' || (typeof value !== 'object' && node === undefined)) return value;
  const shape = shapeOf(node, value);
  if (shape === 'leaf' || isEmptyContainer(value)) return null;
  const rest =
    shape === 'map'
      ? removeKeys(node, objectParts(value), fields)
      : removeElements(asList(node), listParts(value), fields);
  return isEmptyContainer(rest) ? null : rest;
}

function removeKeys(node: SchemaNode | undefined, map: JsonObject, fields: FieldTree): JsonObject {
  const result: JsonObject = {};
  for (const key of Object.keys(map)) {
    const field = fields.get(fieldElement(key));
    if (field?.member) continue;
    const below = field?.children;
    setKey(result, key, below === undefined ? map[key] : removeFields(childNode(node, key), map[key], below));
  }
  return result;
}

function removeElements(node: ListNode, list: readonly unknown[], fields: FieldTree): unknown[] {
  return list.flatMap((value) => {
    const field = fields.get(elementOf(node, value));
    if (field === undefined) return [value];
    if (field.member) return [];
    return [field.children === undefined ? value : removeFields(node.element, value, field.children)];
  });
}
