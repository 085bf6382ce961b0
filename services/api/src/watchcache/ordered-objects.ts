import type { KubeObject } from '@kubus/shared/object';

/** Names that the store orders in another way: it escapes some characters, and compares bytes. */
const strange = /[%\0\ud800-\udfff]/;

export interface Part {
  items: KubeObject[];
  /** Key of the last of them; '' when nothing follows. */
  last: string;
  /** How many follow, where nothing is filtered. */
  left: number;
}

/** Objects by key, read in key order: namespace, then name. */
export class OrderedObjects {
  readonly #objects = new Map<string, KubeObject>();
  readonly #keys: string[] = [];
  #ordersAsStore = true;

  constructor(objects: readonly KubeObject[]) {
    for (const object of objects) this.#objects.set(keyOf(object), object);
    this.#keys = [...this.#objects.keys()].sort(compare);
    this.#ordersAsStore = !this.#keys.some((key) => strange.test(key));
  }

  /** Whether the order of keys, and the keys, are those of the store's members: then a list can begin here and go on there. */
  get ordersAsStore(): boolean {
    return this.#ordersAsStore;
  }

  get size(): number {
    return this.#keys.length;
  }

  /** At most `most` of them, from all over. */
  *sample(most: number): Generator<KubeObject> {
    const step = Math.max(1, Math.ceil(this.#keys.length / most));
    for (let i = 0; i < this.#keys.length; i += step) yield this.#objects.get(this.#keys[i] as string) as KubeObject;
  }

  get(namespace: string, name: string): KubeObject | undefined {
    return this.#objects.get(`${namespace}/${name}`);
  }

  /** Returns what was there before. */
  put(object: KubeObject): KubeObject | undefined {
    const key = keyOf(object);
    const previous = this.#objects.get(key);
    this.#objects.set(key, object);
    if (previous !== undefined) return previous;
    this.#keys.splice(this.#position(key), 0, key);
    if (strange.test(key)) this.#ordersAsStore = false;
    return undefined;
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

  /** At most `limit` (0: all) objects that match, of all or of one namespace, that come after a key ('': from the first on). */
  part(namespace: string | undefined, after: string, limit: number, matches?: (object: KubeObject) => boolean): Part {
    const prefix = namespace === undefined || namespace === '' ? '' : `${namespace}/`;
    const end = prefix === '' ? this.#keys.length : this.#position(`${namespace}0`);
    const from = after === '' ? this.#position(prefix) : this.#position(`${after}\0`);
    const items: KubeObject[] = [];
    let last = '';
    for (let i = from; i < end; i++) {
      const key = this.#keys[i] as string;
      const object = this.#objects.get(key) as KubeObject;
      if (matches?.(object) === false) continue;
      if (items.length === limit && limit > 0) return { items, last, left: end - i };
      items.push(object);
      last = key;
    }
    return { items, last: '', left: 0 };
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
