import type { Duplex } from 'node:stream';
import { drained } from '../../http/exchange.ts';
import { Inbox } from '../inbox.ts';
import { controlFrame, dataFrame, FLAG_FIN, type Frame, FrameReader, TYPE, words } from './frames.ts';
import { HeaderCodec } from './header-codec.ts';

const PROTOCOL_ERROR = 1;
const REFUSED_STREAM = 3;
const MAX_PIECE = 32 * 1024;
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
}

export interface SpdyConnectionOptions {
  /** Bytes that came with the upgrade. */
  head?: Buffer;
  /** Streams open at once; default 1,000. */
  maxStreams?: number;
}

/**
 * The server's side of a SPDY/3.1 connection as Kubernetes' clients use it (moby/spdystream): clients open streams and send data on them. Windows are
 * replenished as data is read and not kept for sending, because those clients neither keep nor announce them: TCP holds senders back.
 */
export class SpdyConnection {
  /** Streams in the order in which the client opens them; ends with the connection. */
  readonly streams: AsyncIterable<SpdyStream>;
  readonly #socket: Duplex;
  readonly #codec = new HeaderCodec();
  readonly #opened = new Inbox<SpdyStream>();
  readonly #inboxes = new Map<number, Inbox<Buffer>>();
  readonly #maxStreams: number;
  #done: Promise<void> = Promise.resolve();

  constructor(socket: Duplex, options: SpdyConnectionOptions = {}) {
    this.#socket = socket;
    this.#maxStreams = options.maxStreams ?? 1000;
    this.streams = this.#opened;
    socket.once('close', () => this.#endAll());
    this.#done = this.#read(options.head ?? Buffer.alloc(0));
  }

  /** Resolves when the client has gone, or broken the protocol. */
  get closed(): Promise<void> {
    return this.#done;
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
    for (const inbox of this.#inboxes.values()) inbox.end();
    this.#inboxes.clear();
    this.#opened.end();
  }

  async #take(frame: Frame): Promise<void> {
    if (frame.type === 'data') return this.#takeData(frame.stream, frame.payload, frame.fin);
    const { control, payload } = frame;
    if (control === TYPE.synStream) await this.#open(payload, (frame.flags & FLAG_FIN) !== 0);
    else if (control === TYPE.headers) await this.#codec.decode(payload.subarray(4));
    else if (control === TYPE.ping) this.#socket.write(controlFrame(TYPE.ping, payload));
    else if (control === TYPE.rstStream) this.#endIncoming(payload.readUInt32BE(0));
  }

  async #open(payload: Buffer, fin: boolean): Promise<void> {
    const id = payload.readUInt32BE(0) & 0x7fff_ffff;
    const headers = await this.#codec.decode(payload.subarray(10));
    if (this.#inboxes.has(id) || id % 2 === 0) throw new Error(`stream ${id} is out of order`);
    if (this.#inboxes.size >= this.#maxStreams) return this.#reset(id, REFUSED_STREAM);
    const inbox = new Inbox<Buffer>({ limit: MAX_QUEUED });
    this.#inboxes.set(id, inbox);
    if (fin) this.#endIncoming(id);
    this.#socket.write(controlFrame(TYPE.synReply, Buffer.concat([words(id), await this.#codec.encode(new Map())])));
    this.#opened.push(this.#streamOf(id, headers, inbox));
  }

  #streamOf(id: number, headers: ReadonlyMap<string, string>, incoming: Inbox<Buffer>): SpdyStream {
    return {
      id,
      headers,
      incoming,
      send: (data) => this.#send(id, data),
      end: () => void this.#socket.write(dataFrame(id, new Uint8Array(0), true)),
      reset: () => this.#reset(id, PROTOCOL_ERROR),
    };
  }

  /** Reads no further while the stream's reader is behind: nothing else holds these clients back. */
  async #takeData(id: number, payload: Buffer, fin: boolean): Promise<void> {
    const inbox = this.#inboxes.get(id);
    if (payload.length > 0) {
      inbox?.push(payload);
      this.#socket.write(controlFrame(TYPE.windowUpdate, words(id, payload.length)));
      this.#socket.write(controlFrame(TYPE.windowUpdate, words(0, payload.length)));
    }
    if (fin) this.#endIncoming(id);
    await inbox?.room();
  }

  #endIncoming(id: number): void {
    this.#inboxes.get(id)?.end();
    this.#inboxes.delete(id);
  }

  #reset(id: number, code: number): void {
    this.#endIncoming(id);
    this.#socket.write(controlFrame(TYPE.rstStream, words(id, code)));
  }

  async #send(id: number, data: Uint8Array): Promise<void> {
    for (let at = 0; at < data.length; at += MAX_PIECE) {
      if (this.#socket.destroyed) throw new Error('the connection has ended');
      const room = this.#socket.write(dataFrame(id, data.subarray(at, at + MAX_PIECE), false));
      if (!room) await drained(this.#socket);
    }
  }
}
