export interface InboxOptions {
  /** Items held before the source is paused. */
  limit: number;
  pause(): void;
  resume(): void;
}

/** Turns events into an async iteration for one reader, holding the source back when the reader is slower. */
export class Inbox<T> implements AsyncIterable<T> {
  readonly #options: InboxOptions;
  readonly #items: T[] = [];
  #ended = false;
  #paused = false;
  #wake: () => void = () => undefined;

  constructor(options: InboxOptions) {
    this.#options = options;
  }

  push(item: T): void {
    this.#items.push(item);
    if (!this.#paused && this.#items.length >= this.#options.limit) {
      this.#paused = true;
      this.#options.pause();
    }
    this.#wake();
  }

  /** No more items; those that are there are still read. */
  end(): void {
    this.#ended = true;
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for (;;) {
      const item = this.#items.shift();
      if (item !== undefined) yield item;
      else if (this.#ended) return;
      else await this.#more();
    }
  }

  #more(): Promise<void> {
    if (this.#paused) {
      this.#paused = false;
      this.#options.resume();
    }
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
