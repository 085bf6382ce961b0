export interface ReconnectDelaysOptions {
  /** Before the second try after a failure; milliseconds. A try comes no sooner after the beginning of the last one. */
  firstMs: number;
  /** Most that is waited; milliseconds. */
  longestMs: number;
  /** Milliseconds by a clock that nobody sets. */
  now?: () => number;
  /** From 0 up to 1. */
  random?: () => number;
}

/**
 * How long a client of NATS waits until it tries again to connect: after each try that failed twice as long, and up to 40 % more at random, so that the clients of a server
 * that comes back or is slow do not all come at once. nats.js itself counts from the beginning of the last try, so that one that took long is followed by the next at once.
 */
export class ReconnectDelays {
  readonly #options: Required<ReconnectDelaysOptions>;
  #failures = 0;
  #trying = false;
  #triedAt = Number.NEGATIVE_INFINITY;
  #dueAt = Number.NEGATIVE_INFINITY;

  constructor(options: ReconnectDelaysOptions) {
    this.#options = { now: () => performance.now(), random: Math.random, ...options };
  }

  /**
   * As nats.js asks for it (`reconnectDelayHandler`): before each try, after each that failed, and after each wait. Gives the least time from the beginning of the last try to
   * the next one, in milliseconds: minus infinity is at once, also when the clock by which nats.js measures was set back meanwhile.
   */
  next(): number {
    const { now, random, firstMs, longestMs } = this.#options;
    const time = now();
    if (this.#trying) {
      const delay = Math.min(firstMs * 2 ** this.#failures++, longestMs) * (1 + 0.4 * random());
      this.#trying = false;
      this.#dueAt = time + delay;
    }
    // Whole milliseconds are measured with: a little more, lest nats.js tries before it has asked again, and that try counts for nothing.
    if (time < this.#dueAt) return Math.ceil(this.#dueAt - this.#triedAt) + 2;
    this.#trying = true;
    this.#triedAt = time;
    return Number.NEGATIVE_INFINITY;
  }

  /** A connection was made. */
  connected(): void {
    this.#failures = 0;
    this.#trying = false;
    this.#dueAt = this.#triedAt + this.#options.firstMs;
  }
}
