import { isObject } from '../data.ts';
import type { ListNode, SchemaNode } from '../node.ts';
import { type FieldTree, TreeBuilder } from './field-tree.ts';
import { elementOf, fieldElement } from './path-element.ts';
import { asList, childNode, isDeclared, isEmptyContainer, listParts, objectParts, shapeOf } from './shape.ts';

/** Every field that a value mentions: its leaves, its elements of keyed lists and sets, its keys of maps. */
export function fieldSetOf(node: SchemaNode | undefined, value: unknown): FieldTree {
  const walk = new FieldSetWalk();
  walk.visit(node, value);
  return walk.tree;
}

class FieldSetWalk {
  readonly #builder = new TreeBuilder();
  readonly #path: string[] = [];

  get tree(): FieldTree {
    return this.#builder.tree;
  }

  visit(node: SchemaNode | undefined, value: unknown): void {
    const shape = shapeOf(node, value);
    if (shape === 'leaf') this.#builder.insert(this.#path);
    else if (shape === 'map') this.#map(node, objectParts(value));
    else this.#list(asList(node), listParts(value));
  }

  #map(node: SchemaNode | undefined, map: Record<string, unknown>): void {
    for (const key of Object.keys(map)) {
      const value = map[key];
      this.#path.push(fieldElement(key));
      this.visit(childNode(node, key), value);
      const isLeaf = value === null || (isObject(value) && isEmptyContainer(value));
      if (isLeaf || !isDeclared(node, key)) this.#builder.insert(this.#path);
      this.#path.pop();
    }
  }

  /** Elements that share their keys are owned together, as one. */
  #list(node: ListNode, list: readonly unknown[]): void {
    const elements = list.map((value) => elementOf(node, value));
    const counts = new Map<string, number>();
    for (const element of elements) counts.set(element, (counts.get(element) ?? 0) + 1);
    for (const [i, element] of elements.entries()) {
      this.#path.push(element);
      if (counts.get(element) === 1) this.visit(node.element, list[i]);
      this.#builder.insert(this.#path);
      this.#path.pop();
    }
  }
}
