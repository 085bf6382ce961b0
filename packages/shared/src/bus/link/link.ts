import { within } from '../../clock/within.ts';
import { type Status, StatusError } from '../../errors/index.ts';
import { collectYoung } from '../../lifecycle/collect.ts';
import type { BusStream } from '../contract.ts';
import { decodeFrame, encodeData, encodeFrame, type Frame, nextSequence, writeDataHeader } from './frame.ts';
import { Incoming } from './incoming.ts';
import { Outgoing } from './outgoing.ts';

export interface LinkLimits {
  /** Bytes that may be under way before the other side has taken them; default 2 MiB. Both sides must agree. */
  windowBytes?: number;
  /** Largest piece of data in one message; default 256 KiB. */
  frameBytes?: number;
  /** How often each side says where it stands; milliseconds, default 5,000. */
  heartbeatMs?: number;
  /** Silence that means the other side is gone; milliseconds, default three heartbeats. */
  silenceMs?: number;
  /** Channels of bytes, whose pieces mean nothing: what is sent in one turn of the event loop shares messages. Of the others a `send` of up to `frameBytes` is a message. Default: none. */
  gather?: ReadonlySet<number>;
}

/** So much data passes in buffers before they are collected. */
const COLLECT_BYTES = 4 * 1024 * 1024;

export interface LinkTransport {
  /** Publishes to the other side. With `probe`, so that a side that is gone is reported to `Link.peerGone`. */
  publish(frame: Uint8Array, probe: boolean): void;
  /** The link has ended; called once. */
  release(): void;
}

/**
 * One side of a two-way stream of channels over NATS, which delivers in order but may lose. Every frame has a sequence number; each side tells
 * the other regularly what it has sent and how much it has taken, so that a loss is noticed even at the end, a lost credit heals, and a sender never has
 * more than a window of bytes under way. A link that lost anything has ended: nothing is sent twice.
 */
export class Link implements BusStream {
  readonly #transport: LinkTransport;
  readonly #window: number;
  readonly #frameBytes: number;
  readonly #silenceMs: number;
  readonly #heartbeatMs: number;
  readonly #timer: NodeJS.Timeout;
  readonly #incoming: Incoming;
  readonly #outgoing: Outgoing;
  readonly #gathers: ReadonlySet<number>;
  readonly #closed = Promise.withResolvers<Status | undefined>();
  #ended = false;
  #failure: StatusError | undefined;

  #nextOut = 0;
  #sentBytes = 0;
  #takenByPeer = 0;
  #room: PromiseWithResolvers<void> | undefined;
  /** Sends wait for the ones before them, so that pieces of two never mix. */
  #lastSend: Promise<void> | undefined;

  #nextIn = 0;
  #taken = 0;
  #reported = 0;
  /** Since buffers were last collected. */
  #passed = 0;
  #lastHeard: number;
  #lastTick: number;

  constructor(transport: LinkTransport, limits: LinkLimits = {}) {
    this.#transport = transport;
    this.#window = limits.windowBytes ?? 2 * 1024 * 1024;
    this.#frameBytes = limits.frameBytes ?? 256 * 1024;
    this.#heartbeatMs = limits.heartbeatMs ?? 5_000;
    this.#silenceMs = limits.silenceMs ?? 3 * this.#heartbeatMs;
    this.#gathers = limits.gather ?? new Set();
    this.#outgoing = new Outgoing(this.#frameBytes, (channel, message) => this.#publishGathered(channel, message));
    this.#incoming = new Incoming((bytes) => this.#consumed(bytes));
    this.#lastHeard = this.#lastTick = performance.now();
    this.#timer = setInterval(() => this.#tick(), this.#heartbeatMs);
    this.#timer.unref();
  }

  get incoming(): BusStream['incoming'] {
    return this.#incoming;
  }

  get closed(): Promise<Status | undefined> {
    return this.#closed.promise;
  }

  send(channel: number, data: Uint8Array): Promise<void> {
    if (this.#ended) return Promise.reject(this.#endedError());
    if (this.#lastSend === undefined && data.length <= this.#frameBytes && this.#hasRoom()) {
      this.#sendData(channel, data);
      return Promise.resolve();
    }
    return this.#inTurn(() => this.#sendPieces(channel, data));
  }

  end(channel: number): Promise<void> {
    if (this.#ended) return Promise.resolve();
    const end = () => {
      this.#outgoing.flush();
      this.#transmit({ type: 'end', channel, sequence: this.#takeSequence() });
    };
    if (this.#lastSend !== undefined) return this.#inTurn(async () => end());
    end();
    return Promise.resolve();
  }

  async close(status?: Status): Promise<void> {
    if (this.#ended) return;
    // What was sent before goes first, unless the other side takes nothing.
    if (this.#lastSend !== undefined) await within(this.#silenceMs, this.#lastSend);
    if (this.#ended) return;
    this.#outgoing.flush();
    this.#transmit({ type: 'close', sequence: this.#takeSequence(), ...(status === undefined ? {} : { status }) });
    this.#finish(undefined);
    this.#closed.resolve(undefined);
  }

  /** A message from the other side. */
  receive(bytes: Uint8Array): void {
    if (this.#ended) return;
    this.#lastHeard = performance.now();
    const frame = decodeFrame(bytes);
    if (frame === undefined) this.fail(lost('it sent what is no frame'));
    else this.#receive(frame);
  }

  /** Nobody listens where the other side was. */
  peerGone(): void {
    this.fail(lost('the other side is gone'));
  }

  /** Ends the link with an error on this side; the other is told, if it still listens. */
  fail(error: StatusError): void {
    if (this.#ended) return;
    this.#outgoing.flush();
    this.#transmit({ type: 'close', sequence: this.#takeSequence(), status: error.toStatus() });
    this.#failure = error;
    this.#finish(error);
    this.#closed.resolve(error.toStatus());
  }

  #receive(frame: Frame): void {
    if (frame.type === 'accept') return;
    const next = frame.type === 'state' ? frame.next : frame.sequence;
    if (next !== this.#nextIn) {
      this.fail(lost(`message ${this.#nextIn} is missing, the other side is at ${next}`));
      return;
    }
    if (frame.type === 'state') {
      this.#takenByPeer = Math.min(Math.max(this.#takenByPeer, frame.taken), this.#sentBytes);
      if (this.#hasRoom()) this.#wake();
      return;
    }
    this.#nextIn = nextSequence(this.#nextIn);
    if (frame.type === 'data') this.#incoming.push({ channel: frame.channel, data: frame.data });
    else if (frame.type === 'end') this.#incoming.push({ channel: frame.channel });
    else this.#closedByPeer(frame.status);
  }

  #closedByPeer(status: Status | undefined): void {
    this.#failure = status?.status === 'Failure' ? StatusError.from(status) : undefined;
    this.#finish(undefined);
    this.#closed.resolve(status);
  }

  #finish(error: StatusError | undefined): void {
    this.#ended = true;
    clearInterval(this.#timer);
    this.#outgoing.discard();
    this.#incoming.finish(error);
    this.#wake();
    this.#transport.release();
  }

  #inTurn(send: () => Promise<void>): Promise<void> {
    const turn = (this.#lastSend ?? Promise.resolve()).then(send);
    const settled = turn
      .catch(() => undefined)
      .then(() => {
        if (this.#lastSend === settled) this.#lastSend = undefined;
      });
    this.#lastSend = settled;
    return turn;
  }

  async #sendPieces(channel: number, data: Uint8Array): Promise<void> {
    for (let from = 0; from < data.length || from === 0; from += this.#frameBytes) {
      while (!this.#ended && !this.#hasRoom()) await this.#waitForRoom();
      if (this.#ended) throw this.#endedError();
      this.#sendData(channel, data.subarray(from, from + this.#frameBytes));
    }
  }

  #sendData(channel: number, data: Uint8Array): void {
    this.#sentBytes += data.length;
    this.#pass(data.length);
    if (this.#gathers.has(channel)) {
      this.#outgoing.add(channel, data);
      return;
    }
    this.#outgoing.flush();
    this.#transport.publish(encodeData(channel, this.#takeSequence(), data), false);
  }

  #publishGathered(channel: number, message: Buffer): void {
    writeDataHeader(message, channel, this.#takeSequence());
    this.#transport.publish(message, false);
  }

  #pass(bytes: number): void {
    this.#passed += bytes;
    if (this.#passed < COLLECT_BYTES) return;
    this.#passed = 0;
    collectYoung();
  }

  #takeSequence(): number {
    const sequence = this.#nextOut;
    this.#nextOut = nextSequence(sequence);
    return sequence;
  }

  #transmit(frame: Frame): void {
    this.#transport.publish(encodeFrame(frame), frame.type === 'state');
  }

  #hasRoom(): boolean {
    return this.#sentBytes - this.#takenByPeer < this.#window;
  }

  #waitForRoom(): Promise<void> {
    this.#room ??= Promise.withResolvers();
    return this.#room.promise;
  }

  #wake(): void {
    this.#room?.resolve();
    this.#room = undefined;
  }

  #consumed(bytes: number): void {
    this.#taken += bytes;
    this.#pass(bytes);
    if (!this.#ended && this.#taken - this.#reported >= this.#window / 4) this.announce();
  }

  /** Tells the other side where this one stands; also to be called when the connection has been made anew. */
  announce(): void {
    if (this.#ended) return;
    this.#reported = this.#taken;
    this.#transmit({ type: 'state', next: this.#nextOut, taken: this.#taken });
  }

  #tick(): void {
    const now = performance.now();
    // After a pause of the whole process the other side's messages wait to be read: that is not its silence.
    const paused = now - this.#lastTick > 2 * this.#heartbeatMs;
    this.#lastTick = now;
    if (paused) this.#lastHeard = now;
    if (now - this.#lastHeard > this.#silenceMs) this.fail(lost(`nothing was heard for ${this.#silenceMs} ms`));
    else this.announce();
  }

  #endedError(): StatusError {
    return this.#failure ?? new StatusError('Gone', 'the stream has been closed');
  }
}

function lost(why: string): StatusError {
  return new StatusError('ServiceUnavailable', `the stream was lost: ${why}`, { retryAfterSeconds: 1 });
}
