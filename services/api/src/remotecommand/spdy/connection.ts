import type { Duplex } from 'node:stream';
import { drained } from '../../http/exchange.ts';
import { Inbox } from '../inbox.ts';
import { controlFrame, dataFrame, FLAG_FIN, type Frame, FrameReader, TYPE, words } from './frames.ts';
import { HeaderCodec } from './header-codec.ts';

const PROTOCOL_ERROR = 1;
const REFUSED_STREAM = 3;
/** The bits of a stream's number. */
const STREAM_ID = 0x7fff_ffff;
const MAX_PIECE = 256 * 1024;
const MAX_QUEUED = 16;

/** One stream that the client has opened. */
export interface SpdyStream {
  readonly id: number;
  readonly headers: ReadonlyMap<string, string>;
  /** What the client sends on it; ends with its FIN or with the connection. */
  readonly incoming: AsyncIterable<Buffer>;
  /** Resolves when there is room for more. */
  send(data: Uint8Array): Promise<void>;
  /** No more from this side. */
  end(): void;
  reset(): void;
  /** Resolves when the client has reset it, or gone. */
  readonly broken: Promise<void>;
}

/** A stream as the connection keeps it. */
interface OpenStream {
  inbox: Inbox<Buffer>;
  broken: PromiseWithResolvers<void>;
  /** The client has sent its FIN, this side has. */
  half: { theirs: boolean; ours: boolean };
}

export interface SpdyConnectionOptions {
  /** Bytes that came with the upgrade. */
  head?: Buffer;
  /** Streams open at once; default 1,000. */
  maxStreams?: number;
}

/**
 * The server's side of a SPDY/3.1 connection as Kubernetes' clients use it (moby/spdystream): clients open streams and send data on them. There are no windows, because
 * neither those clients nor Kubernetes' servers keep or announce them: TCP holds senders back.
 */
export class SpdyConnection {
  /** Streams in the order in which the client opens them; ends with the connection. */
  readonly streams: AsyncIterable<SpdyStream>;
  readonly #socket: Duplex;
  readonly #codec = new HeaderCodec();
  readonly #opened = new Inbox<SpdyStream>();
  readonly #open = new Map<number, OpenStream>();
  #lastId = 0;
  readonly #maxStreams: number;
  #done: Promise<void> = Promise.resolve();

  constructor(socket: Duplex, options: SpdyConnectionOptions = {}) {
    this.#socket = socket;
    this.#maxStreams = options.maxStreams ?? 1000;
    this.streams = this.#opened;
    socket.once('close', () => this.#endAll());
    // A WebSocket that has closed fails what is written to it by an event.
    socket.on('error', () => socket.destroy());
    // Not only when all has been read: a header block that never ends would be waited for.
    const gone = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    this.#done = Promise.race([gone, this.#read(options.head ?? Buffer.alloc(0))]);
  }

  /** Resolves when the client has gone, or broken the protocol. */
  get closed(): Promise<void> {
    return this.#done;
  }

  /** False when the client has gone, or been told that there is no more. */
  get isOpen(): boolean {
    return this.#socket.writable && !this.#socket.destroyed;
  }

  /** Everything written still goes out. */
  end(): void {
    this.#socket.end();
  }

  async #read(head: Buffer): Promise<void> {
    const reader = new FrameReader();
    try {
      for (const frame of reader.push(head)) await this.#take(frame);
      for await (const chunk of this.#socket) {
        for (const frame of reader.push(chunk as Buffer)) await this.#take(frame);
      }
    } catch {
      // Lost or broken by the client: in both cases there is nobody left to tell.
      this.#socket.destroy();
    } finally {
      this.#endAll();
      this.#codec.close();
    }
  }

  #endAll(): void {
    for (const id of [...this.#open.keys()]) this.#break(id);
    this.#opened.end();
  }

  async #take(frame: Frame): Promise<void> {
    if (frame.type === 'data') return this.#takeData(frame.stream, frame.payload, frame.fin);
    const { control, payload } = frame;
    if (control === TYPE.synStream) await this.#accept(payload, (frame.flags & FLAG_FIN) !== 0);
    else if (control === TYPE.headers) await this.#codec.decode(payload.subarray(4));
    else if (control === TYPE.ping) this.#write(controlFrame(TYPE.ping, payload));
    else if (control === TYPE.rstStream) this.#break(payload.readUInt32BE(0) & STREAM_ID);
  }

  async #accept(payload: Buffer, fin: boolean): Promise<void> {
    const id = payload.readUInt32BE(0) & STREAM_ID;
    const headers = await this.#codec.decode(payload.subarray(10));
    if (id <= this.#lastId || id % 2 === 0) throw new Error(`stream ${id} is out of order`);
    this.#lastId = id;
    if (this.#open.size >= this.#maxStreams) return this.#reset(id, REFUSED_STREAM);
    const stream: OpenStream = {
      inbox: new Inbox<Buffer>({ limit: MAX_QUEUED }),
      broken: Promise.withResolvers(),
      half: { theirs: false, ours: false },
    };
    this.#open.set(id, stream);
    if (fin) this.#endHalf(id, 'theirs');
    this.#write(controlFrame(TYPE.synReply, Buffer.concat([words(id), await this.#codec.encode(new Map())])));
    this.#opened.push(this.#streamOf(id, headers, stream));
  }

  #streamOf(id: number, headers: ReadonlyMap<string, string>, stream: OpenStream): SpdyStream {
    return {
      id,
      headers,
      incoming: stream.inbox,
      send: (data) => this.#send(id, data),
      end: () => this.#end(id, stream),
      reset: () => this.#reset(id, PROTOCOL_ERROR),
      broken: stream.broken.promise,
    };
  }

  #end(id: number, { half }: OpenStream): void {
    if (half.ours || this.#socket.destroyed) return;
    this.#write(dataFrame(id, new Uint8Array(0), true));
    this.#endHalf(id, 'ours');
  }

  /** Reads no further while the stream's reader is behind: nothing else holds these clients back. */
  async #takeData(id: number, payload: Buffer, fin: boolean): Promise<void> {
    const inbox = this.#open.get(id)?.inbox;
    if (payload.length > 0) inbox?.push(payload);
    if (fin) this.#endHalf(id, 'theirs');
    await inbox?.room();
  }

  /** A stream is over when both sides have ended it. */
  #endHalf(id: number, side: 'theirs' | 'ours'): void {
    const stream = this.#open.get(id);
    if (stream === undefined) return;
    stream.half[side] = true;
    if (side === 'theirs') stream.inbox.end();
    if (stream.half.theirs && stream.half.ours) this.#open.delete(id);
  }

  #break(id: number): void {
    const stream = this.#open.get(id);
    if (stream === undefined) return;
    this.#open.delete(id);
    stream.broken.resolve();
    stream.inbox.end();
  }

  #reset(id: number, code: number): void {
    this.#break(id);
    this.#write(controlFrame(TYPE.rstStream, words(id, code)));
  }

  /** False when the client has to read first. */
  #write(frame: Buffer): boolean {
    return this.#socket.writable ? this.#socket.write(frame) : true;
  }

  async #send(id: number, data: Uint8Array): Promise<void> {
    for (let at = 0; at < data.length; at += MAX_PIECE) {
      if (!this.isOpen) throw new Error('the connection has ended');
      const room = this.#write(dataFrame(id, data.subarray(at, at + MAX_PIECE), false));
      if (!room) await drained(this.#socket);
    }
  }
}
