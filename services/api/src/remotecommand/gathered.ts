import { Turn } from '@kubus/shared/bus';

/** So much waits for the end of a turn and no more. */
const mostBytes = 512 * 1024;

/** Takes one message's data, in parts. */
export type PublishData = (channel: number, parts: readonly Uint8Array[]) => void;

/** Bytes on their way into messages to a client, once a turn. */
export class Gathered {
  readonly #messageBytes: number;
  readonly #publish: PublishData;
  #channel = 0;
  #parts: Uint8Array[] = [];
  readonly #turn = new Turn(mostBytes, () => this.flush());

  /** Messages are filled up to `messageBytes`, but for the last one of a channel. */
  constructor(messageBytes: number, publish: PublishData) {
    this.#messageBytes = messageBytes;
    this.#publish = publish;
  }

  /** `data` is not copied: it must not change until it has left. */
  add(channel: number, data: Uint8Array): void {
    if (channel !== this.#channel) this.flush();
    this.#channel = channel;
    this.#parts.push(data);
    this.#turn.came(data.length);
  }

  flush(): void {
    this.#turn.end();
    const parts = this.#parts;
    this.#parts = [];
    for (const message of messagesOf(parts, this.#messageBytes)) this.#publish(this.#channel, message);
  }

  /** What has not left yet never does. */
  discard(): void {
    this.#turn.end();
    this.#parts = [];
  }
}

/** The same bytes, cut into as many as a message holds. */
function* messagesOf(parts: readonly Uint8Array[], messageBytes: number): Generator<Uint8Array[]> {
  let message: Uint8Array[] = [];
  let room = messageBytes;
  for (const whole of parts) {
    for (let from = 0; from < whole.length; ) {
      const part = whole.subarray(from, from + room);
      message.push(part);
      from += part.length;
      room -= part.length;
      if (room > 0) continue;
      yield message;
      message = [];
      room = messageBytes;
    }
  }
  if (message.length > 0) yield message;
}
