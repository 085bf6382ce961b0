/**
 * A map that keeps the `capacity` entries that were last read or written, and forgets the others before there are as many again.
 *
 * It forgets them together, a generation at a time: a Map that is always full and always loses its first entry walks over all that it has lost, to find the next.
 */
export class RecentMap<V> {
  readonly #capacity: number;
  /** What was used since the last time that entries were forgotten, and what was used in the generation before. */
  #young = new Map<string, V>();
  #old = new Map<string, V>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get(key: string): V | undefined {
    const value = this.#young.get(key);
    if (value !== undefined) return value;
    const old = this.#old.get(key);
    if (old !== undefined) this.set(key, old);
    return old;
  }

  set(key: string, value: V): void {
    this.#young.set(key, value);
    if (this.#young.size < this.#capacity) return;
    this.#old = this.#young;
    this.#young = new Map();
  }
}
