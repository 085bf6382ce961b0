/** Verdicts kept at most; the oldest go first. */
const CAPACITY = 8192;

interface Kept<T> {
  verdict: Promise<T>;
  until: number;
}

/** What was answered to a question, for as long as that may be believed; who asks the same meanwhile gets the same answer. Failures are not kept. */
export class Verdicts<T> {
  readonly #kept = new Map<string, Kept<T>>();
  readonly #lifeOf: (verdict: T) => number;
  readonly #now: () => number;

  /** `lifeOf`: ms for which a verdict holds. */
  constructor(lifeOf: (verdict: T) => number, now: () => number = Date.now) {
    this.#lifeOf = lifeOf;
    this.#now = now;
  }

  get(question: string, ask: () => Promise<T>): Promise<T> {
    const known = this.#kept.get(question);
    if (known !== undefined && known.until > this.#now()) return known.verdict;
    const asked: Kept<T> = { verdict: ask(), until: Number.POSITIVE_INFINITY };
    this.#kept.delete(question);
    this.#kept.set(question, asked);
    if (this.#kept.size > CAPACITY) this.#kept.delete(this.#kept.keys().next().value as string);
    asked.verdict.then(
      (verdict) => {
        asked.until = this.#now() + this.#lifeOf(verdict);
      },
      () => {
        if (this.#kept.get(question) === asked) this.#kept.delete(question);
      },
    );
    return asked.verdict;
  }
}
