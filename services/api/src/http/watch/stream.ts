import type { StatusError } from '@kubus/shared/errors';
import type { CacheEvent, Watch, WatchSink } from '../../watchcache/index.ts';
import { abort, type FrontResponse } from '../exchange.ts';
import type { WatchEncoding } from './encoding.ts';
import type { ChunkJoiner, Flushable, Flusher } from './flusher.ts';

const MAX_CHUNK_BYTES = 64 * 1024;

export interface WatchStreamOptions {
  response: FrontResponse;
  encoding: WatchEncoding;
  flusher: Flusher;
  joiner: ChunkJoiner;
  /** A watcher with more than this waiting, beside its initial events, is closed; default 32 MiB. The lines are shared by all who wait for them. */
  maxBacklogBytes?: number;
}

/**
 * One watcher's connection. Takes events at once and never waits: lines queue up while the socket is full, and a watcher that falls too far behind
 * is closed, because it can resume from the revision that it has seen.
 */
export class WatchStream implements WatchSink, Flushable {
  readonly #response: FrontResponse;
  readonly #encoding: WatchEncoding;
  readonly #flusher: Flusher;
  readonly #joiner: ChunkJoiner;
  #maxBacklogBytes: number;
  #lines: Uint8Array[] = [];
  #backlogBytes = 0;
  #state: 'opening' | 'open' | 'blocked' | 'ending' | 'closed' = 'opening';
  #watch: Watch | undefined;

  constructor(options: WatchStreamOptions) {
    this.#response = options.response;
    this.#encoding = options.encoding;
    this.#flusher = options.flusher;
    this.#joiner = options.joiner;
    this.#maxBacklogBytes = options.maxBacklogBytes ?? 32 * 1024 * 1024;
    this.#response.on('drain', () => this.#drained());
    this.#response.on('close', () => this.#closed());
  }

  event(event: CacheEvent): boolean {
    return this.#push(this.#encoding.event(event));
  }

  bookmark(revision: number, initialEventsEnd: boolean): boolean {
    return this.#push(this.#encoding.bookmark(revision, initialEventsEnd));
  }

  /** The watch is accepted: headers go out, and the initial events, which do not count as backlog. */
  open(watch: Watch): void {
    this.#watch = watch;
    if (this.#state === 'closed') watch.stop();
    if (this.#state !== 'opening') return;
    this.#maxBacklogBytes += this.#backlogBytes;
    this.#state = 'open';
    this.#response.flushHeaders();
    this.flush();
  }

  /** Ended by the cache, a time limit or shutdown: what is queued still goes out. */
  end(error?: StatusError): void {
    if (this.#state === 'closed' || this.#state === 'ending') return;
    this.#watch?.stop();
    if (error !== undefined) this.#lines.push(this.#encoding.error(error));
    const blocked = this.#state === 'blocked';
    this.#state = 'ending';
    if (!blocked) this.#finish();
  }

  flush(): void {
    while (this.#state === 'open' && this.#lines.length > 0) {
      if (!this.#response.write(this.#nextChunk())) this.#state = 'blocked';
    }
  }

  /** Lines for one write. They are copied into one buffer, so it is not let grow with the backlog. */
  #nextChunk(): Uint8Array {
    let bytes = 0;
    let count = 0;
    while (count < this.#lines.length && (count === 0 || bytes < MAX_CHUNK_BYTES)) {
      bytes += (this.#lines[count] as Uint8Array).length;
      count += 1;
    }
    this.#backlogBytes -= bytes;
    const all = count === this.#lines.length;
    const chunk = this.#joiner.join(all ? this.#lines : this.#lines.slice(0, count));
    this.#lines = all ? [] : this.#lines.slice(count);
    return chunk;
  }

  #push(line: Uint8Array): boolean {
    if (this.#state === 'closed' || this.#state === 'ending') return false;
    this.#lines.push(line);
    this.#backlogBytes += line.length;
    if (this.#state === 'opening') return true;
    if (this.#state === 'open') this.#flusher.mark(this);
    if (this.#backlogBytes <= this.#maxBacklogBytes) return true;
    // Too slow. It is not told why: it would not read it.
    this.#closed();
    abort(this.#response);
    return false;
  }

  #drained(): void {
    if (this.#state === 'ending') this.#finish();
    if (this.#state !== 'blocked') return;
    this.#state = 'open';
    this.#flusher.mark(this);
  }

  #finish(): void {
    const rest = this.#joiner.join(this.#lines);
    this.#lines = [];
    this.#response.end(rest);
  }

  #closed(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#lines = [];
    this.#flusher.forget(this);
    this.#watch?.stop();
  }
}
