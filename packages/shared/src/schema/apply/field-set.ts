import { isObject } from '../data.ts';
import type { ListNode, SchemaNode } from '../node.ts';
import { emptyTree, type FieldNode, type FieldTree, leafField } from './field-tree.ts';
import { elementOf, fieldElement } from './path-element.ts';
import { asList, childNode, isDeclared, isEmptyContainer, listParts, objectParts, shapeOf } from './shape.ts';

/** Every field that a value mentions: its leaves, its elements of keyed lists and sets, its keys of maps. */
export function fieldSetOf(node: SchemaNode | undefined, value: unknown): FieldTree {
  // A leaf as a whole is the object itself, which nobody owns.
  return partsOf(node, value) ?? emptyTree;
}

/** undefined for a leaf. */
function partsOf(node: SchemaNode | undefined, value: unknown): FieldTree | undefined {
  const shape = shapeOf(node, value);
  if (shape === 'leaf') return undefined;
  return shape === 'map' ? partsOfMap(node, objectParts(value)) : partsOfList(asList(node), listParts(value));
}

function partsOfMap(node: SchemaNode | undefined, map: Record<string, unknown>): FieldTree {
  const parts = new Map<string, FieldNode>();
  for (const key of Object.keys(map)) {
    const value = map[key];
    const below = partsOf(childNode(node, key), value);
    const isLeaf = value === null || (isObject(value) && isEmptyContainer(value));
    addField(parts, fieldElement(key), isLeaf || !isDeclared(node, key), below);
  }
  return parts;
}

/** Elements that share their keys are owned together, as one. */
function partsOfList(node: ListNode, list: readonly unknown[]): FieldTree {
  const parts = new Map<string, FieldNode>();
  for (const value of list) {
    const element = elementOf(node, value);
    if (parts.has(element)) parts.set(element, leafField);
    else addField(parts, element, true, partsOf(node.element, value));
  }
  return parts;
}

function addField(
  parts: Map<string, FieldNode>,
  element: string,
  member: boolean,
  children: FieldTree | undefined,
): void {
  if (children === undefined) parts.set(element, leafField);
  else if (children.size > 0) parts.set(element, { member, children });
  else if (member) parts.set(element, leafField);
}
