import type { KubeObject } from '../object/index.ts';
import type { IndexFunction } from './contract.ts';

/** Objects under the values that an index function derives. */
export class ObjectIndex<T extends KubeObject> {
  readonly #derive: IndexFunction<T>;
  readonly #values = new Map<string, Set<T>>();

  constructor(derive: IndexFunction<T>) {
    this.#derive = derive;
  }

  get(value: string): T[] {
    return [...(this.#values.get(value) ?? [])];
  }

  add(object: T): void {
    for (const value of this.#derive(object)) {
      const objects = this.#values.get(value);
      if (objects === undefined) this.#values.set(value, new Set([object]));
      else objects.add(object);
    }
  }

  remove(object: T): void {
    for (const value of this.#derive(object)) {
      const objects = this.#values.get(value);
      objects?.delete(object);
      if (objects?.size === 0) this.#values.delete(value);
    }
  }
}
