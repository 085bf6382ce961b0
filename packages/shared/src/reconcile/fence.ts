import { AsyncLocalStorage } from 'node:async_hooks';
import { Standstill, type StandstillOptions } from '../lifecycle/standstill.ts';

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

/**
 * Keeps runs from writing after their key was given to another process: their lock was lost, or their process was stopped or starved for so long that it may have
 * been, and does not know yet. A lock lasts 10 seconds and is renewed every 5; 4 are too long to stand still. The writer asks (`check`); which run it writes for is
 * known from where it was called.
 */
export class Fence {
  readonly #runs = new AsyncLocalStorage<Run>();
  readonly #standstill: Standstill;
  readonly #now: () => number;

  constructor(options: StandstillOptions = {}) {
    this.#now = options.now ?? (() => performance.now());
    this.#standstill = new Standstill(options);
  }

  /** Does `work` as the run that `signal` aborts. */
  enter<T>(signal: AbortSignal, work: () => T): T {
    this.#standstill.endedAt();
    return this.#runs.run({ signal, startedAt: this.#now() }, work);
  }

  /** Throws LostRun when the caller is, or was called by, a run that may no longer have its key. Does nothing for other callers. */
  check(): void {
    const run = this.#runs.getStore();
    if (run === undefined) return;
    if (run.signal.aborted || run.startedAt < this.#standstill.endedAt()) throw new LostRun();
  }

  stop(): void {
    this.#standstill.stop();
  }
}
