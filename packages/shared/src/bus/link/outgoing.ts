import { Turn } from '../turn.ts';
import { HEADER_BYTES } from './frame.ts';

/** So much waits for the end of a turn and no more. */
const mostBytes = 256 * 1024;
/** Memory of a message that begins with little: a key, a line. */
const smallBytes = 1024;

/** Takes a message whose first HEADER_BYTES are to be filled in. */
export type PublishMessage = (channel: number, message: Buffer) => void;

/**
 * Bytes on their way out, in messages, once a turn. They are copied once, to where they leave from: what came in memory that is used again may be changed as soon as it was added.
 */
export class Outgoing {
  readonly #messageBytes: number;
  readonly #publish: PublishMessage;
  #channel = 0;
  #full: Buffer[] = [];
  /** The message that is being filled, up to `#end`. */
  #message: Buffer | undefined;
  #end = 0;
  readonly #turn = new Turn(mostBytes, () => this.flush());

  /** Messages are filled up to `dataBytes`, but for the last one of a channel. */
  constructor(dataBytes: number, publish: PublishMessage) {
    this.#messageBytes = HEADER_BYTES + dataBytes;
    this.#publish = publish;
  }

  add(channel: number, data: Uint8Array): void {
    if (channel !== this.#channel) this.flush();
    this.#channel = channel;
    for (let from = 0; from < data.length; ) from += this.#fill(data.subarray(from));
    this.#turn.came(data.length);
  }

  /** Gives how much of it the message took. */
  #fill(data: Uint8Array): number {
    const message = this.#roomFor(data.length);
    const length = Math.min(data.length, message.length - this.#end);
    message.set(data.subarray(0, length), this.#end);
    this.#end += length;
    if (this.#end < this.#messageBytes) this.#message = message;
    else {
      this.#full.push(message);
      this.#message = undefined;
    }
    return length;
  }

  #roomFor(bytes: number): Buffer {
    const started = this.#message;
    if (started === undefined) this.#end = HEADER_BYTES;
    const needed = this.#end + bytes;
    if (started !== undefined && (needed <= started.length || started.length === this.#messageBytes)) return started;
    const message = Buffer.allocUnsafe(
      needed > smallBytes ? this.#messageBytes : Math.min(smallBytes, this.#messageBytes),
    );
    if (started !== undefined) message.set(started.subarray(0, this.#end));
    return message;
  }

  flush(): void {
    this.#turn.end();
    const messages = this.#full;
    if (this.#message !== undefined) messages.push(this.#message.subarray(0, this.#end));
    this.#full = [];
    this.#message = undefined;
    for (const message of messages) this.#publish(this.#channel, message);
  }

  /** What has not left yet never does. */
  discard(): void {
    this.#full = [];
    this.#message = undefined;
    this.flush();
  }
}
