import { connect, type NetConnectOpts, type Socket } from 'node:net';
import { finished } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pace, restMs } from './pace.ts';
import { writeTo } from './write-to.ts';

/** Enough for most answers. */
const firstBytes = 16 * 1024;
/** More than a Unix socket holds on Linux. */
const bulkBytes = 256 * 1024;

/** Takes what was read. The memory is used for the next read when the promise has resolved. */
export type Take = (chunk: Buffer) => Promise<unknown>;

/**
 * A connection that may bring much. It is read into one piece of memory again and again, all at once that has come since the last time, where a stream takes new memory for each 64 KiB.
 * The next read waits until the last one has been taken, and for as long as the pace lets it rest: what nobody takes stays in the connection.
 */
export class BulkSocket {
  readonly #socket: Socket;
  readonly #pace: Pick<Pace, 'restsAfter'>;
  readonly #taker = Promise.withResolvers<Take>();
  readonly #ended = Promise.withResolvers<Error | undefined>();
  #memory = Buffer.allocUnsafeSlow(firstBytes);
  #last: Promise<void> = Promise.resolve();

  constructor(options: NetConnectOpts, pace: Pick<Pace, 'restsAfter'> = new Pace()) {
    this.#pace = pace;
    this.#socket = connect({
      ...options,
      onread: { buffer: () => this.#memory, callback: (length) => this.#read(length) },
    });
    finished(this.#socket, { writable: false }, (error) => {
      void this.#last.then(() => this.#ended.resolve(error ?? undefined));
    });
    // Input for who has ended may fail at any time; what came of it, its output tells.
    this.#socket.on('error', () => undefined);
  }

  /** Hands on what comes to its end; to be called once. Resolves with the error when the connection broke, rejects when something could not be taken. */
  takeAll(take: Take): Promise<Error | undefined> {
    this.#taker.resolve(take);
    return this.#ended.promise;
  }

  /** Resolves when there is room for more, or nobody to write to. */
  write(data: Uint8Array): Promise<void> | undefined {
    return writeTo(this.#socket, data);
  }

  /** Ends what is written; what comes is read on. */
  end(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** Always false: the socket waits. */
  #read(length: number): boolean {
    const chunk = this.#memory.subarray(0, length);
    if (length === this.#memory.length && length < bulkBytes) this.#memory = Buffer.allocUnsafeSlow(bulkBytes);
    const rest = this.#pace.restsAfter(length, performance.now()) ? sleep(restMs) : undefined;
    this.#last = Promise.all([this.#taker.promise.then((take) => take(chunk)), rest]).then(
      () => void this.#socket.resume(),
      (error: unknown) => {
        this.#ended.reject(error);
        this.#socket.destroy();
      },
    );
    return false;
  }
}
