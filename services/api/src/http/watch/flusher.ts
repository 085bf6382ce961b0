/** Something with output to be written when its turn comes. */
export interface Flushable {
  flush(): void;
}

/** Upper bound of the pause between two rounds. */
const maxPauseMs = 250;

export interface FlusherOptions {
  now?: () => number;
}

/**
 * Writes all watchers with news in rounds. Alone and idle, a watcher is written in the same turn of the event loop. When a round is costly (many
 * watchers, each a TLS record and a system call), the next one waits as long as the last one took: at most half of the time goes into writing,
 * so that requests are still answered, and under load a write carries many events.
 */
export class Flusher {
  readonly #dirty = new Set<Flushable>();
  readonly #now: () => number;
  #scheduled = false;
  #resumeAt = 0;

  constructor(options: FlusherOptions = {}) {
    this.#now = options.now ?? (() => performance.now());
  }

  mark(stream: Flushable): void {
    this.#dirty.add(stream);
    if (this.#scheduled) return;
    this.#scheduled = true;
    const pause = this.#resumeAt - this.#now();
    if (pause >= 1) setTimeout(this.#round, pause);
    else setImmediate(this.#round);
  }

  forget(stream: Flushable): void {
    this.#dirty.delete(stream);
  }

  readonly #round = (): void => {
    this.#scheduled = false;
    const start = this.#now();
    const streams = [...this.#dirty];
    this.#dirty.clear();
    for (const stream of streams) stream.flush();
    const end = this.#now();
    this.#resumeAt = end + Math.min(end - start, maxPauseMs);
  };
}

/** Joins chunks, and remembers the last result: watchers of one collection are given the same chunks in the same round. */
export class ChunkJoiner {
  #parts: readonly Uint8Array[] = [];
  #joined: Uint8Array = new Uint8Array(0);

  join(parts: readonly Uint8Array[]): Uint8Array {
    if (parts.length === 1) return parts[0] as Uint8Array;
    if (!this.#same(parts)) {
      this.#parts = parts;
      this.#joined = Buffer.concat(parts);
    }
    return this.#joined;
  }

  #same(parts: readonly Uint8Array[]): boolean {
    return parts.length === this.#parts.length && parts.every((part, index) => part === this.#parts[index]);
  }
}
