/**
 * Reads something that changes, for many at once. Each is given a value that was read after it had asked: who comes while a read is under way shares the
 * next one with all others who do.
 */
export class SharedRead<T> {
  readonly #read: () => Promise<T>;
  #underWay: Promise<T> | undefined;
  #next: Promise<T> | undefined;

  constructor(read: () => Promise<T>) {
    this.#read = read;
  }

  get(): Promise<T> {
    if (this.#underWay === undefined) return this.#begin();
    this.#next ??= this.#afterIt(this.#underWay);
    return this.#next;
  }

  async #begin(): Promise<T> {
    const reading = this.#read();
    this.#underWay = reading;
    try {
      return await reading;
    } finally {
      if (this.#underWay === reading) this.#underWay = undefined;
    }
  }

  async #afterIt(before: Promise<T>): Promise<T> {
    await before.catch(() => undefined);
    this.#next = undefined;
    return this.#begin();
  }
}
