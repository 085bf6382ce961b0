import type { KubeObject } from '@kubus/shared/object';

/** Objects by key, read in key order: namespace, then name. */
export class OrderedObjects {
  readonly #objects = new Map<string, KubeObject>();
  readonly #keys: string[] = [];

  constructor(objects: readonly KubeObject[]) {
    for (const object of objects) this.#objects.set(keyOf(object), object);
    this.#keys = [...this.#objects.keys()].sort(compare);
  }

  get(namespace: string, name: string): KubeObject | undefined {
    return this.#objects.get(`${namespace}/${name}`);
  }

  /** Returns what was there before. */
  put(object: KubeObject): KubeObject | undefined {
    const key = keyOf(object);
    const previous = this.#objects.get(key);
    this.#objects.set(key, object);
    if (previous === undefined) this.#keys.splice(this.#position(key), 0, key);
    return previous;
  }

  delete(object: KubeObject): KubeObject | undefined {
    const key = keyOf(object);
    const previous = this.#objects.get(key);
    if (previous === undefined) return undefined;
    this.#objects.delete(key);
    this.#keys.splice(this.#position(key), 1);
    return previous;
  }

  /** All, or those of one namespace. */
  *in(namespace: string | undefined): Generator<KubeObject> {
    const prefix = namespace === undefined || namespace === '' ? '' : `${namespace}/`;
    for (let i = this.#position(prefix); i < this.#keys.length; i++) {
      const key = this.#keys[i] as string;
      if (!key.startsWith(prefix)) return;
      yield this.#objects.get(key) as KubeObject;
    }
  }

  /** Where the key is, or belongs. */
  #position(key: string): number {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compare(this.#keys[middle] as string, key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function keyOf(object: KubeObject): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
