import { AsyncLocalStorage } from 'node:async_hooks';

/** A run may have lost its key to another process: it must write no more. Its key is run again from what is stored by then. */
export class LostRun extends Error {
  override readonly name = 'LostRun';

  constructor() {
    super('the run was held up for so long that its key may be run elsewhere');
  }
}

interface Run {
  signal: AbortSignal;
  startedAt: number;
}

export interface FenceOptions {
  /** The process stood still for so long: the keys that it held may have been given away. Milliseconds, default 4,000: a lock lasts 10,000 and is renewed every 5,000. */
  mostMs?: number;
  /** Monotonic; milliseconds. */
  now?: () => number;
}

/**
 * Keeps runs from writing after their key was given to another process: their lock was lost, or their process was stopped or starved for so long that it may have
 * been, and does not know yet. The writer asks (`check`); which run it writes for is known from where it was called.
 */
export class Fence {
  readonly #runs = new AsyncLocalStorage<Run>();
  readonly #mostMs: number;
  readonly #now: () => number;
  readonly #timer: NodeJS.Timeout;
  #beat: number;
  #stoodStillAt = Number.NEGATIVE_INFINITY;

  constructor({ mostMs = 4_000, now = () => performance.now() }: FenceOptions = {}) {
    this.#mostMs = mostMs;
    this.#now = now;
    this.#beat = now();
    this.#timer = setInterval(() => this.#look(), mostMs / 4).unref();
  }

  /** Does `work` as the run that `signal` aborts. */
  enter<T>(signal: AbortSignal, work: () => T): T {
    this.#look();
    return this.#runs.run({ signal, startedAt: this.#now() }, work);
  }

  /** Throws LostRun when the caller is, or was called by, a run that may no longer have its key. Does nothing for other callers. */
  check(): void {
    const run = this.#runs.getStore();
    if (run === undefined) return;
    this.#look();
    if (run.signal.aborted || run.startedAt < this.#stoodStillAt) throw new LostRun();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const now = this.#now();
    if (now - this.#beat > this.#mostMs) this.#stoodStillAt = now;
    this.#beat = now;
  }
}
