import { type Msg, MsgHdrsImpl, type NatsConnection, type Subscription } from 'nats';
import { inboxOf } from '../bus/inbox.ts';
import type { ChangeStreamState } from './stream.ts';

/** An acknowledgement that takes longer means that the stream is gone. */
const ackMs = 3_000;

export interface PublisherOptions {
  /** Messages that may be without acknowledgement; default 2,000. */
  window?: number;
  /** Told of each acknowledgement: up to where the stream has everything. */
  onAcked?: (revision: number) => void;
}

/** The stream did not take a message. What is there must be looked at before going on. */
export class PublishError extends Error {
  override readonly name = 'PublishError';
}

/**
 * Publishes changes in revision order, many at once: acknowledgements come to one inbox of its own (a promise per message
 * would halve the rate), one for each burst. Each message demands that the one before it is the stream's last, so that nothing can be doubled, left out or interleaved.
 */
export class ChangePublisher {
  readonly #connection: NatsConnection;
  readonly #window: number;
  readonly #onAcked: PublisherOptions['onAcked'];
  readonly #inbox: string;
  readonly #subscription: Subscription;
  readonly #demand = new MsgHdrsImpl();
  readonly #base: number;
  #sent: number;
  #acked: number;
  #lastAckAt = 0;
  #failure: PublishError | undefined;
  #wake: (() => void) | undefined;

  /** `stream`: as it is now; the next change published is the one after its last. */
  constructor(
    connection: NatsConnection,
    stream: Pick<ChangeStreamState, 'base' | 'last'>,
    options: PublisherOptions = {},
  ) {
    const { base, last } = stream;
    this.#connection = connection;
    this.#base = base;
    this.#window = options.window ?? 2_000;
    this.#onAcked = options.onAcked;
    this.#sent = last;
    this.#acked = last;
    this.#inbox = inboxOf(connection);
    this.#subscription = connection.subscribe(`${this.#inbox}.*`, { callback: (_, msg) => this.#onAck(msg) });
  }

  /** Up to here the stream has everything. */
  get acked(): number {
    return this.#acked;
  }

  /**
   * Sends the next change. Only one that ends a burst asks for an acknowledgement: each message demands the one before it, so the acknowledgement of the
   * last speaks for all. (Another relay's message in the place of one of these is the same change: a sequence belongs to a revision.) Throws PublishError when an earlier one failed.
   */
  publish(subject: string, payload: Uint8Array, endsBurst = true): void {
    this.#check();
    if (this.#sent === this.#acked) this.#lastAckAt = performance.now();
    // Its `set` looks for the name in other spellings first, at twice the cost of all the rest.
    this.#demand.headers.set('Nats-Expected-Last-Sequence', [String(this.#sent - this.#base)]);
    this.#sent++;
    const reply = endsBurst ? { reply: `${this.#inbox}.${this.#sent}` } : {};
    this.#connection.publish(subject, payload, { headers: this.#demand, ...reply });
  }

  /** Resolves when there is room for more. Throws PublishError. */
  async room(): Promise<void> {
    await this.#until(() => this.#sent - this.#acked < this.#window);
  }

  /** Resolves when everything sent is acknowledged. Throws PublishError. */
  async flush(): Promise<void> {
    await this.#until(() => this.#sent === this.#acked);
  }

  stop(): void {
    this.#fail('stopped');
    this.#subscription.unsubscribe();
  }

  async #until(condition: () => boolean): Promise<void> {
    for (;;) {
      this.#check();
      if (condition()) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ackMs / 4);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  #check(): void {
    if (this.#failure === undefined && this.#sent > this.#acked && performance.now() - this.#lastAckAt > ackMs)
      this.#fail('no acknowledgement');
    if (this.#failure !== undefined) throw this.#failure;
  }

  #onAck(msg: Msg): void {
    const refusal = refusalOf(msg);
    if (refusal === undefined) {
      this.#acked = Number(msg.subject.slice(this.#inbox.length + 1));
      this.#lastAckAt = performance.now();
      if (this.#failure === undefined) this.#onAcked?.(this.#acked);
    } else {
      this.#failure ??= new PublishError(refusal);
    }
    this.#notify();
  }

  #fail(why: string): void {
    this.#failure ??= new PublishError(why);
    this.#notify();
  }

  #notify(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}

/** A status means that nobody took the message; else the answer is `{stream, seq}` or `{error}`, and need not be parsed to be told apart. */
function refusalOf(msg: Msg): string | undefined {
  if (msg.headers?.hasError) return `${msg.headers.code} ${msg.headers.description}`;
  const text = Buffer.from(msg.data.buffer, msg.data.byteOffset, msg.data.byteLength).toString('latin1');
  return text.includes('"error"') ? text : undefined;
}
