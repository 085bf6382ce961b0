import type { KubeObject } from '../object/index.ts';
import type { IndexFunction } from './contract.ts';
import { ObjectIndex } from './object-index.ts';

/** Objects of one resource by namespace and name, with indexes. */
export class ObjectCache<T extends KubeObject> {
  readonly #namespaces = new Map<string, Map<string, T>>();
  readonly #indexes: ReadonlyMap<string, ObjectIndex<T>>;

  constructor(indexes: Readonly<Record<string, IndexFunction<T>>>) {
    this.#indexes = new Map(Object.entries(indexes).map(([name, derive]) => [name, new ObjectIndex<T>(derive)]));
  }

  get(namespace: string, name: string): T | undefined {
    return this.#namespaces.get(namespace)?.get(name);
  }

  list(namespace?: string): T[] {
    if (namespace !== undefined) return [...(this.#namespaces.get(namespace)?.values() ?? [])];
    const all: T[] = [];
    for (const objects of this.#namespaces.values()) for (const object of objects.values()) all.push(object);
    return all;
  }

  /** Throws when there is no such index. */
  byIndex(index: string, value: string): T[] {
    const found = this.#indexes.get(index);
    if (found === undefined) throw new Error(`the informer has no index "${index}"`);
    return found.get(value);
  }

  /** Returns what was there before. */
  put(object: T): T | undefined {
    const { namespace = '', name } = object.metadata;
    const objects = this.#namespaces.get(namespace) ?? new Map<string, T>();
    this.#namespaces.set(namespace, objects);
    const previous = objects.get(name);
    objects.set(name, object);
    for (const index of this.#indexes.values()) {
      if (previous !== undefined) index.remove(previous);
      index.add(object);
    }
    return previous;
  }

  /** Returns what was there. */
  delete(namespace: string, name: string): T | undefined {
    const objects = this.#namespaces.get(namespace);
    const previous = objects?.get(name);
    if (objects === undefined || previous === undefined) return undefined;
    objects.delete(name);
    if (objects.size === 0) this.#namespaces.delete(namespace);
    for (const index of this.#indexes.values()) index.remove(previous);
    return previous;
  }
}
