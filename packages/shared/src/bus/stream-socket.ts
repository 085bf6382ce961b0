import { Duplex } from 'node:stream';
import { StatusError } from '../errors/index.ts';
import type { BusStream } from './contract.ts';

/** Channels of a stream that carries a connection: one for each direction. */
export const connectionChannel = { toNode: 0, fromNode: 1 } as const;

export interface StreamSocketOptions {
  /** Channel of what is written here. */
  out: number;
  /** Channel of what is read here. */
  in: number;
}

/**
 * A stream over the bus as a socket, so that what speaks over sockets (HTTP, TLS) speaks over it. Each direction ends by itself; when the other side closes in failure, so does
 * the socket, with its StatusError.
 */
export class StreamSocket extends Duplex {
  readonly #stream: BusStream;
  readonly #channels: StreamSocketOptions;
  readonly #incoming: AsyncIterator<{ channel: number; data?: Uint8Array }>;
  #reading = false;
  #ended = false;

  constructor(stream: BusStream, channels: StreamSocketOptions) {
    super({ allowHalfOpen: true });
    this.#stream = stream;
    this.#channels = channels;
    this.#incoming = stream.incoming[Symbol.asyncIterator]();
  }

  /** As HTTP asks it of its sockets. Nothing to do: a stream notices by itself that the other side is gone. */
  setTimeout(): this {
    return this;
  }

  override _read(): void {
    if (!this.#reading) void this.#pump();
  }

  /** Until there is enough for now. */
  async #pump(): Promise<void> {
    this.#reading = true;
    try {
      for (;;) {
        const { value, done } = await this.#incoming.next();
        if (done === true) return await this.#closed();
        if (value.channel !== this.#channels.in) continue;
        if (value.data === undefined) this.#end();
        else if (!this.#ended && !this.push(value.data)) return;
      }
    } catch (error) {
      this.destroy(error as Error);
    } finally {
      this.#reading = false;
    }
  }

  async #closed(): Promise<void> {
    const status = await this.#stream.closed;
    if (status?.status === 'Failure') this.destroy(StatusError.from(status));
    else this.#end();
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.push(null);
  }

  override _write(chunk: Uint8Array, _encoding: string, done: (error?: Error | null) => void): void {
    this.#stream.send(this.#channels.out, chunk).then(() => done(), done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#stream.end(this.#channels.out).then(() => done(), done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    void this.#stream.close().catch(() => undefined);
    done(error);
  }
}
