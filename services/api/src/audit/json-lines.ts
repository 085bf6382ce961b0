import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import type { AuditEvent, AuditSink } from './contract.ts';

export interface JsonLinesOptions {
  path: string;
  /** Bytes that may wait for the disk; default 16 MiB. */
  maxPending?: number;
  onError(error: unknown): void;
}

/** Appends events to a file, a line each. */
export class JsonLines implements AuditSink {
  readonly #stream: WriteStream;
  readonly #maxPending: number;
  #failed = false;

  constructor({ path, maxPending = 16 * 1024 * 1024, onError }: JsonLinesOptions) {
    this.#maxPending = maxPending;
    this.#stream = createWriteStream(path, { flags: 'a', mode: 0o600 });
    this.#stream.on('error', (error) => {
      this.#failed = true;
      onError(error);
    });
  }

  write({ json }: AuditEvent): boolean {
    if (this.#failed || this.#stream.writableLength > this.#maxPending) return false;
    this.#stream.write(`${json}\n`);
    return true;
  }

  async stop(): Promise<void> {
    if (this.#failed || this.#stream.destroyed) return;
    this.#stream.end();
    await once(this.#stream, 'close').catch(() => undefined);
  }
}
