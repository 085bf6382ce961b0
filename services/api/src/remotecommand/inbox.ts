export interface InboxOptions {
  /** Items held before the source is held back; default: any number. */
  limit?: number;
  pause?(): void;
  resume?(): void;
}

/** Turns events into an async iteration for one reader, holding the source back when the reader is slower. */
export class Inbox<T> implements AsyncIterable<T> {
  readonly #options: InboxOptions;
  readonly #limit: number;
  #items: T[] = [];
  #ended = false;
  #left = false;
  #paused = false;
  #wake: () => void = () => undefined;
  #roomMade: () => void = () => undefined;

  constructor(options: InboxOptions = {}) {
    this.#options = options;
    this.#limit = options.limit ?? Number.POSITIVE_INFINITY;
  }

  push(item: T): void {
    if (this.#left) return;
    this.#items.push(item);
    if (!this.#paused && this.#items.length >= this.#limit) {
      this.#paused = true;
      this.#options.pause?.();
    }
    this.#wake();
  }

  /** Resolves when there is room, for sources that can wait. */
  async room(): Promise<void> {
    while (this.#items.length >= this.#limit && !this.#ended && !this.#left) {
      await new Promise<void>((resolve) => {
        this.#roomMade = resolve;
      });
    }
  }

  /** No more items; those that are there are still read. */
  end(): void {
    this.#ended = true;
    this.#wake();
    this.#roomMade();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    try {
      for (;;) {
        const item = this.#items.shift();
        if (item !== undefined) yield item;
        else if (this.#ended) return;
        else await this.#more();
      }
    } finally {
      // The reader has left: what comes after it is nobody's, and its source must not wait for it.
      this.#left = true;
      this.#items = [];
      this.#makeRoom();
    }
  }

  #more(): Promise<void> {
    this.#makeRoom();
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #makeRoom(): void {
    this.#roomMade();
    if (!this.#paused) return;
    this.#paused = false;
    this.#options.resume?.();
  }
}
