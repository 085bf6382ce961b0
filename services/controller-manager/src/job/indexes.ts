/** Completion indexes as ordered intervals, both ends included: what `completedIndexes` holds ('0,2-4,9'). */
export class IndexSet {
  readonly #intervals: readonly (readonly [number, number])[];

  private constructor(intervals: readonly (readonly [number, number])[]) {
    this.#intervals = intervals;
  }

  static of(indexes: Iterable<number>): IndexSet {
    return new IndexSet(joined([...indexes].map((index) => [index, index])));
  }

  /** Reads the text; what is no number, or not under `completions`, is left out. */
  static parse(text: string | undefined, completions: number): IndexSet {
    const intervals: [number, number][] = [];
    for (const part of (text ?? '').split(',')) {
      const [first = '', last = first] = part.split('-');
      const [from, to] = [wholeNumber(first), Math.min(wholeNumber(last), completions - 1)];
      if (from <= to) intervals.push([from, to]);
    }
    return new IndexSet(joined(intervals));
  }

  get size(): number {
    return this.#intervals.reduce((sum, [first, last]) => sum + last - first + 1, 0);
  }

  has(index: number): boolean {
    let [low, high] = [0, this.#intervals.length - 1];
    while (low <= high) {
      const middle = (low + high) >> 1;
      const [first, last] = this.#intervals[middle] as readonly [number, number];
      if (index < first) high = middle - 1;
      else if (index > last) low = middle + 1;
      else return true;
    }
    return false;
  }

  with(other: IndexSet | Iterable<number>): IndexSet {
    const added = other instanceof IndexSet ? other.#intervals : IndexSet.of(other).#intervals;
    return added.length === 0 ? this : new IndexSet(joined([...this.#intervals, ...added]));
  }

  /** How many indexes are in both. */
  common(other: IndexSet): number {
    let total = 0;
    for (const [first, last] of this.#intervals) {
      for (const [start, end] of other.#intervals) {
        total += Math.max(0, Math.min(last, end) - Math.max(first, start) + 1);
      }
    }
    return total;
  }

  /** The lowest indexes under `completions` that are not in the set, `count` at most. */
  missing(count: number, completions: number): number[] {
    const found: number[] = [];
    let next = 0;
    for (const [first, last] of [...this.#intervals, [completions, completions] as const]) {
      for (; next < Math.min(first, completions) && found.length < count; next++) found.push(next);
      next = last + 1;
    }
    return found;
  }

  toString(): string {
    return this.#intervals
      .map(([first, last]) =>
        first === last ? `${first}` : last === first + 1 ? `${first},${last}` : `${first}-${last}`,
      )
      .join();
  }
}

const wholeNumber = (text: string): number => (/^\d{1,9}$/.test(text) ? Number(text) : Number.NaN);

function joined(intervals: readonly (readonly [number, number])[]): [number, number][] {
  const result: [number, number][] = [];
  for (const [first, last] of [...intervals].sort((a, b) => a[0] - b[0])) {
    const before = result.at(-1);
    if (before !== undefined && first <= before[1] + 1) before[1] = Math.max(before[1], last);
    else result.push([first, last]);
  }
  return result;
}
