import type { StatusError } from '@kubus/shared/errors';
import type { CacheEvent, WatchSink } from './contract.ts';

export type WatchItem = { event: CacheEvent } | { bookmark: number; initialEventsEnd: boolean };

/**
 * A sink that is read by iteration. Initial events do not count against the limit: call `opened()` when `watch` has resolved. Iteration
 * ends when the watch does; it throws the error that the watch ended with.
 */
export class WatchQueue implements WatchSink, AsyncIterable<WatchItem> {
  readonly #maxWaiting: number;
  #items: WatchItem[] = [];
  #limit = Number.POSITIVE_INFINITY;
  #ended = false;
  #error: StatusError | undefined;
  #wake: (() => void) | undefined;

  /** `maxWaiting`: events that may wait to be read; one more ends the watch. Default 1,000. */
  constructor(maxWaiting = 1_000) {
    this.#maxWaiting = maxWaiting;
  }

  opened(): void {
    this.#limit = this.#items.length + this.#maxWaiting;
  }

  event(event: CacheEvent): boolean {
    return this.#push({ event });
  }

  bookmark(revision: number, initialEventsEnd: boolean): boolean {
    return this.#push({ bookmark: revision, initialEventsEnd });
  }

  end(error?: StatusError): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    this.#notify();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<WatchItem> {
    for (;;) {
      const items = this.#items;
      this.#items = [];
      if (Number.isFinite(this.#limit)) this.#limit = this.#maxWaiting;
      yield* items;
      if (this.#items.length > 0) continue;
      if (this.#ended) break;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#error !== undefined) throw this.#error;
  }

  #push(item: WatchItem): boolean {
    if (this.#ended || this.#items.length >= this.#limit) return false;
    this.#items.push(item);
    this.#notify();
    return true;
  }

  #notify(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}
