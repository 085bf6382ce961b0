/** A clock that stands still until the test moves it. */
export class TestClock {
  #now: number;

  /** `start` in milliseconds since 1970; default 2026-01-01. */
  constructor(start: number = Date.UTC(2026, 0, 1)) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  advance(milliseconds: number): void {
    this.#now += milliseconds;
  }

  /** RFC 3339 in whole seconds. */
  timestamp(): string {
    return `${new Date(this.#now).toISOString().slice(0, 19)}Z`;
  }
}
