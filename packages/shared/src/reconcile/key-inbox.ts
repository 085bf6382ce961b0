import { within } from '../clock/within.ts';
import type { ReconcileKey } from './contract.ts';
import { formatKey } from './keys.ts';

export interface KeyInboxOptions {
  /** Puts keys into the queue; resolves when they are there. */
  add(keys: readonly ReconcileKey[]): Promise<void>;
  /** Told of each attempt that failed; its keys are tried again. */
  onError(error: unknown): void;
  /** Pause before another attempt; milliseconds, default 500. */
  retryMs?: number;
  /** An attempt that takes longer has failed: one that never ends would hold up all later keys. Milliseconds, default 30,000. */
  patienceMs?: number;
  /** Monotonic; milliseconds. */
  now?: () => number;
}

/** Keys of one attempt, and so of one pipeline to Redis. */
const portion = 500;

/**
 * Keys on their way into a queue. While some are being added, those that changes bring gather: a key that many changes concern is added once for all of them, and however
 * slow the queue is, no more is kept than distinct keys. Nothing is given up before the end of the process.
 */
export class KeyInbox {
  readonly #options: KeyInboxOptions;
  #waiting = new Map<string, ReconcileKey>();
  /** Since when something waits or is being added. */
  #since: number | undefined;
  #adding: Promise<void> | undefined;
  #closed = false;

  constructor(options: KeyInboxOptions) {
    this.#options = options;
  }

  /** Keys that wait to be added. */
  get size(): number {
    return this.#waiting.size;
  }

  /** For how long some key, at the most, has been on its way; milliseconds. */
  get lagMs(): number {
    return this.#since === undefined ? 0 : this.#now() - this.#since;
  }

  put(keys: readonly ReconcileKey[]): void {
    if (keys.length === 0 || this.#closed) return;
    for (const key of keys) this.#waiting.set(formatKey(key), key);
    this.#since ??= this.#now();
    this.#adding ??= this.#addAll();
  }

  /** Resolves when everything is in the queue; after `patienceMs` what is not is given up. */
  async close(patienceMs: number): Promise<void> {
    if (this.#adding !== undefined) await within(patienceMs, this.#adding);
    this.#waiting.clear();
    this.#closed = true;
  }

  async #addAll(): Promise<void> {
    // What else this turn of the event loop brings goes together.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#waiting.size > 0) {
      const keys = this.#take();
      const began = this.#now();
      try {
        await this.#add(keys);
        this.#since = this.#waiting.size === 0 ? undefined : began;
      } catch (error) {
        if (this.#closed) return;
        this.#options.onError(error);
        for (const key of keys) this.#waiting.set(formatKey(key), key);
        const { retryMs = 500 } = this.#options;
        await new Promise((resolve) => setTimeout(resolve, retryMs).unref());
      }
    }
    this.#adding = undefined;
  }

  #take(): ReconcileKey[] {
    if (this.#waiting.size <= portion) {
      const all = [...this.#waiting.values()];
      this.#waiting = new Map();
      return all;
    }
    const some = [...this.#waiting].slice(0, portion);
    for (const [text] of some) this.#waiting.delete(text);
    return some.map(([, key]) => key);
  }

  async #add(keys: readonly ReconcileKey[]): Promise<void> {
    const { add, patienceMs = 30_000 } = this.#options;
    await within(patienceMs, add(keys), () => {
      throw new Error(`not added within ${patienceMs} ms`);
    });
  }

  #now(): number {
    return (this.#options.now ?? (() => performance.now()))();
  }
}
