import type { KubeObject, ManagedFieldsEntry } from '../../object/index.ts';
import { type JsonObject, jsonEqual } from '../data.ts';
import type { ListNode, SchemaNode, StructNode } from '../node.ts';
import { builtinSchema } from '../schema-set.ts';
import { ElementError, elementOf } from './path-element.ts';
import { asList, childNode, isEmptyContainer, listParts, objectParts, shapeOf } from './shape.ts';
import { newObject, trackUpdate, type Writer } from './track-update.ts';

/** Shapes that are known at once, of all kinds together; a shape takes a kilobyte or two. */
const MOST_SHAPES = 1_000;

/**
 * `trackUpdate` for creations, which remembers. What the creator of an object owns follows from the names in it and hardly from its values, and most
 * objects look like one that was created before: the pods of a controller, a client's ConfigMaps.
 */
export class CreationTracker {
  /** What the creator owns, by type and shape; undefined where that is nothing. */
  readonly #known = new Map<StructNode, Map<string, ManagedFieldsEntry | undefined>>();
  #size = 0;

  track<T extends KubeObject>(type: string | StructNode, next: T, writer: Writer): T {
    const node = typeof type === 'string' ? builtinSchema.struct(type) : type;
    const shape = next.metadata.managedFields === undefined ? shapeOfCreation(node, next, writer) : undefined;
    if (shape === undefined) return trackUpdate(node, undefined, next, writer);
    const shapes = this.#known.get(node);
    const entry = shapes?.get(shape);
    if (entry === undefined && shapes?.has(shape) !== true) {
      const tracked = trackUpdate(node, undefined, next, writer);
      this.#remember(node, shape, tracked.metadata.managedFields?.[0]);
      return tracked;
    }
    if (entry === undefined) return { ...next, metadata: { ...next.metadata } };
    const managedFields = [{ ...entry, manager: writer.manager || 'unknown', time: writer.now }];
    return { ...next, metadata: { ...next.metadata, managedFields } };
  }

  #remember(node: StructNode, shape: string, entry: ManagedFieldsEntry | undefined): void {
    if (this.#size >= MOST_SHAPES) {
      this.#known.clear();
      this.#size = 0;
    }
    const shapes = this.#known.get(node) ?? new Map<string, ManagedFieldsEntry | undefined>();
    this.#known.set(node, shapes.set(shape, entry));
    this.#size += 1;
  }
}

/** Equal for two objects of a type whose creators own the same. Undefined when an element cannot be named, which is for `trackUpdate` to say. */
function shapeOfCreation(node: StructNode, object: KubeObject, writer: Writer): string | undefined {
  const { resetFields = [], subresource = '' } = writer;
  const walk = new ShapeWalk();
  try {
    walk.visit(node, newObject(node, object), object);
  } catch (error) {
    if (error instanceof ElementError) return undefined;
    throw error;
  }
  return `${object.apiVersion} ${subresource} ${resetFields.join()} ${walk.text}`;
}

/**
 * Writes down what `compare` goes by when an object takes the place of nothing. `before`, the fields that Go writes unasked, is the same for all objects of a
 * type: a value counts only in its place, and there only whether it is another. Names that users choose are preceded by their length, so that no two shapes are
 * written the same.
 */
class ShapeWalk {
  text = '';

  visit(node: SchemaNode | undefined, before: unknown, after: unknown): void {
    const shape = shapeOf(node, after);
    if (after === undefined) this.text += 'u';
    else if (shape === 'leaf' || isEmptyContainer(after)) {
      this.text += before === undefined ? '.' : jsonEqual(before, after) ? '=' : '~';
    } else if (shape === 'map') this.#map(node, objectParts(before), objectParts(after));
    else this.#list(asList(node), listParts(after));
  }

  #map(node: SchemaNode | undefined, before: JsonObject, after: JsonObject): void {
    this.text += '{';
    for (const key of Object.keys(after)) {
      this.text += `${key.length}:${key}`;
      this.visit(childNode(node, key), Object.hasOwn(before, key) ? before[key] : undefined, after[key]);
    }
    this.text += '}';
  }

  /** Go writes no list unasked that has elements. */
  #list(list: ListNode, after: readonly unknown[]): void {
    this.text += '[';
    for (const value of after) {
      const element = elementOf(list, value);
      this.text += `${element.length}:${element}`;
      this.visit(list.element, undefined, value);
    }
    this.text += ']';
  }
}
