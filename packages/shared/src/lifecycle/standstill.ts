export interface StandstillOptions {
  /** A process that did nothing for so long was stopped (SIGSTOP, a machine that is suspended) or starved. Milliseconds, default 4,000. */
  mostMs?: number;
  /** Monotonic; milliseconds. */
  now?: () => number;
}

/** Knows when this process has stood still: what it did before, and what has waited for it, may be out of date. */
export class Standstill {
  readonly #mostMs: number;
  readonly #now: () => number;
  readonly #timer: NodeJS.Timeout;
  #beat: number;
  #endedAt = Number.NEGATIVE_INFINITY;

  constructor({ mostMs = 4_000, now = () => performance.now() }: StandstillOptions = {}) {
    this.#mostMs = mostMs;
    this.#now = now;
    this.#beat = now();
    this.#timer = setInterval(() => this.endedAt(), mostMs / 4).unref();
  }

  /** When the process last went on after it had stood still; before all times when it never has. Right also in the first callback after it. */
  endedAt(): number {
    const now = this.#now();
    if (now - this.#beat > this.#mostMs) this.#endedAt = now;
    this.#beat = now;
    return this.#endedAt;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
