import type { StatusError } from '../../errors/index.ts';

export interface Item {
  channel: number;
  /** Absent: end of the channel. */
  data?: Uint8Array;
}

/**
 * What has arrived and waits for its one consumer; bounded by the sender's window. A consumer that leaves its loop may come back: what it did
 * not take still waits.
 */
export class Incoming implements AsyncIterable<Item>, AsyncIterator<Item> {
  readonly #taken: (bytes: number) => void;
  #items: (Item | undefined)[] = [];
  #at = 0;
  #waiting: PromiseWithResolvers<IteratorResult<Item>> | undefined;
  #finished = false;
  #error: StatusError | undefined;

  /** `taken` is told how many bytes the consumer took. */
  constructor(taken: (bytes: number) => void) {
    this.#taken = taken;
  }

  [Symbol.asyncIterator](): AsyncIterator<Item> {
    return this;
  }

  push(item: Item): void {
    const waiting = this.#waiting;
    if (waiting === undefined) {
      this.#items.push(item);
      return;
    }
    this.#waiting = undefined;
    waiting.resolve({ value: item, done: false });
    this.#taken(item.data?.length ?? 0);
  }

  /** No more comes; what waits is delivered first, then the error, if there is one. */
  finish(error: StatusError | undefined): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#error = error;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (error === undefined) waiting?.resolve({ value: undefined, done: true });
    else waiting?.reject(error);
  }

  next(): Promise<IteratorResult<Item>> {
    const item = this.#items[this.#at];
    if (item !== undefined) {
      this.#advance();
      this.#taken(item.data?.length ?? 0);
      return Promise.resolve({ value: item, done: false });
    }
    if (this.#error !== undefined) return Promise.reject(this.#error);
    if (this.#finished) return Promise.resolve({ value: undefined, done: true });
    if (this.#waiting !== undefined) return Promise.reject(new TypeError('a stream has one consumer'));
    this.#waiting = Promise.withResolvers();
    return this.#waiting.promise;
  }

  #advance(): void {
    // A place in the queue that is not yet cut off would hold what was taken from it: of a queue that never empties, tens of megabytes.
    this.#items[this.#at] = undefined;
    this.#at += 1;
    if (this.#at < 1_024 && this.#at < this.#items.length) return;
    this.#items = this.#items.slice(this.#at);
    this.#at = 0;
  }
}
