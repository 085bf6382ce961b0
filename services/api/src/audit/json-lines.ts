import { once } from 'node:events';
import { createWriteStream, fstatSync, openSync, renameSync, type WriteStream } from 'node:fs';
import type { AuditEvent, AuditSink } from './contract.ts';
import { type Retention, rotatedName, sweep } from './rotation.ts';

export interface JsonLinesOptions {
  path: string;
  /** Bytes of the file at most, but for a single event that is larger; default: without bound. */
  maxSize?: number;
  /** What is kept of the files before; default: all. */
  retention?: Retention;
  /** Bytes that may wait for the disk; default 16 MiB. */
  maxPending?: number;
  now?: () => Date;
  onError(error: unknown): void;
}

/** Appends events to a file, a line each. A file that is full is put aside under the time of that, and another one is begun. */
export class JsonLines implements AuditSink {
  readonly #path: string;
  readonly #maxSize: number;
  readonly #maxPending: number;
  readonly #retention: Retention;
  readonly #now: () => Date;
  readonly #onError: (error: unknown) => void;
  /** Absent: nothing can be written. */
  #stream: WriteStream | undefined;
  /** Those that are put aside and still being written. */
  readonly #ending = new Set<WriteStream>();
  #size = 0;
  /** When the last one was full, in ms: no two have the same name. */
  #rotated = 0;
  #sweeping: Promise<void> = Promise.resolve();

  constructor(options: JsonLinesOptions) {
    this.#path = options.path;
    this.#maxSize = options.maxSize ?? Number.POSITIVE_INFINITY;
    this.#maxPending = options.maxPending ?? 16 * 1024 * 1024;
    this.#retention = options.retention ?? {};
    this.#now = options.now ?? (() => new Date());
    this.#onError = options.onError;
    this.#open();
    this.#sweep();
  }

  write({ json }: AuditEvent): boolean {
    const bytes = Buffer.byteLength(json) + 1;
    if (this.#size > 0 && this.#size + bytes > this.#maxSize) this.#rotate();
    const stream = this.#stream;
    if (stream === undefined || this.#pending() > this.#maxPending) return false;
    this.#size += bytes;
    stream.write(`${json}\n`);
    return true;
  }

  async stop(): Promise<void> {
    if (this.#stream !== undefined) this.#end(this.#stream);
    this.#stream = undefined;
    await Promise.all([...this.#ending].map((stream) => once(stream, 'close').catch(() => undefined)));
    await this.#sweeping;
  }

  #pending(): number {
    let pending = this.#stream?.writableLength ?? 0;
    for (const stream of this.#ending) pending += stream.writableLength;
    return pending;
  }

  /** Opened at once, so that a name is never that of another file than the one that is written. */
  #open(): void {
    try {
      const fd = openSync(this.#path, 'a', 0o600);
      this.#size = fstatSync(fd).size;
      const stream = createWriteStream('', { fd });
      stream.on('error', (error) => {
        if (this.#stream === stream) this.#stream = undefined;
        this.#onError(error);
      });
      this.#stream = stream;
    } catch (error) {
      this.#stream = undefined;
      this.#onError(error);
    }
  }

  /** What has not been written yet follows the file under its new name. */
  #rotate(): void {
    if (this.#stream === undefined) return;
    this.#rotated = Math.max(this.#now().getTime(), this.#rotated + 1);
    try {
      renameSync(this.#path, rotatedName(this.#path, new Date(this.#rotated)));
    } catch (error) {
      // It goes on growing, and is tried again when it has grown as much once more.
      this.#size = 0;
      this.#onError(error);
      return;
    }
    this.#end(this.#stream);
    this.#open();
    this.#sweep();
  }

  #end(stream: WriteStream): void {
    if (stream.destroyed) return;
    this.#ending.add(stream);
    stream.once('close', () => this.#ending.delete(stream));
    stream.end();
  }

  #sweep(): void {
    this.#sweeping = this.#sweeping.then(() => sweep(this.#path, this.#retention, this.#now())).catch(this.#onError);
  }
}
