/** How many pods of each owner every node holds. */
export class OwnerCounts {
  readonly #counts = new Map<string, { perNode: Uint16Array; total: number }>();
  #capacity: number;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Undefined when no node holds a pod of the owner. */
  of(owner: string): Uint16Array | undefined {
    return this.#counts.get(owner)?.perNode;
  }

  add(owner: string, slot: number, by: 1 | -1): void {
    let counts = this.#counts.get(owner);
    if (counts === undefined) {
      counts = { perNode: new Uint16Array(this.#capacity), total: 0 };
      this.#counts.set(owner, counts);
    }
    counts.perNode[slot] = (counts.perNode[slot] ?? 0) + by;
    counts.total += by;
    if (counts.total === 0) this.#counts.delete(owner);
  }

  grow(capacity: number): void {
    this.#capacity = capacity;
    for (const counts of this.#counts.values()) {
      const wider = new Uint16Array(capacity);
      wider.set(counts.perNode);
      counts.perNode = wider;
    }
  }
}
