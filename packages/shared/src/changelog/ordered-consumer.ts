import { AckPolicy, DeliverPolicy, type Msg, type NatsConnection, nanos, ReplayPolicy, type Subscription } from 'nats';
import { inboxOf } from '../bus/inbox.ts';
import { type ChangeStream, changeStream } from './stream.ts';

export interface OrderedConsumerHandlers {
  onMessage(subject: string, sequence: number, data: Uint8Array): void;
  /** Deliveries were missed or have ended: make another. Called once; nothing is delivered after it. */
  onBroken(reason: string): void;
}

export interface OrderedConsumerOptions {
  filter: string;
  /** First sequence wanted. */
  from: number;
  /** The server says that it is there at least this often; milliseconds. */
  heartbeatMs: number;
}

/** Heartbeats that may be missed before a consumer counts as broken. */
const MISSED_HEARTBEATS = 2.5;

/** One push consumer without acknowledgements that delivers every message once and in order, or says that it is broken. */
export class OrderedConsumer {
  readonly #connection: NatsConnection;
  readonly #handlers: OrderedConsumerHandlers;
  readonly #options: OrderedConsumerOptions;
  #subscription: Subscription | undefined;
  #watchdog: NodeJS.Timeout | undefined;
  #delivered = 0;
  #heardAt = performance.now();
  #ended = false;
  #remove: (() => Promise<unknown>) | undefined;

  private constructor(connection: NatsConnection, handlers: OrderedConsumerHandlers, options: OrderedConsumerOptions) {
    this.#connection = connection;
    this.#handlers = handlers;
    this.#options = options;
  }

  /** Throws when the server does not make the consumer. */
  static async start(
    connection: NatsConnection,
    stream: ChangeStream,
    handlers: OrderedConsumerHandlers,
    options: OrderedConsumerOptions,
  ): Promise<OrderedConsumer> {
    const consumer = new OrderedConsumer(connection, handlers, options);
    try {
      await consumer.#start(stream);
      return consumer;
    } catch (error) {
      await consumer.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    this.#end();
    // The server removes a consumer that nobody listens to by itself; this only saves it the wait.
    await this.#remove?.().catch(() => undefined);
  }

  async #start(stream: ChangeStream): Promise<void> {
    const inbox = inboxOf(this.#connection);
    this.#subscription = this.#connection.subscribe(inbox, {
      callback: (error, msg) => (error === null ? this.#onMessage(msg) : this.#broken(error.message)),
    });
    const { consumers } = await stream.manager();
    const { name } = await consumers.add(changeStream, {
      deliver_subject: inbox,
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: this.#options.from,
      filter_subject: this.#options.filter,
      ack_policy: AckPolicy.None,
      replay_policy: ReplayPolicy.Instant,
      max_deliver: 1,
      flow_control: true,
      idle_heartbeat: nanos(this.#options.heartbeatMs),
      inactive_threshold: nanos(30_000),
      mem_storage: true,
      num_replicas: 1,
    });
    this.#remove = () => consumers.delete(changeStream, name);
    if (this.#ended) return;
    this.#watchdog = setInterval(() => this.#checkHeard(), this.#options.heartbeatMs / 2);
    this.#watchdog.unref();
  }

  #onMessage(msg: Msg): void {
    if (this.#ended) return;
    this.#heardAt = performance.now();
    if (isControl(msg)) this.#onControl(msg);
    else this.#onData(msg);
  }

  #onData(msg: Msg): void {
    const position = parseReply(msg.reply);
    if (position?.delivered !== this.#delivered + 1) {
      this.#broken('missed a delivery');
      return;
    }
    this.#delivered++;
    this.#handlers.onMessage(msg.subject, position.sequence, msg.data);
  }

  /** A flow control request is answered; a heartbeat says how much was delivered. */
  #onControl(msg: Msg): void {
    const stalled = msg.headers?.get('Nats-Consumer-Stalled') ?? '';
    if (msg.reply !== undefined && msg.reply !== '') msg.respond();
    else if (stalled !== '') this.#connection.publish(stalled);
    const delivered = msg.headers?.get('Nats-Last-Consumer') ?? '';
    if (delivered !== '' && Number(delivered) !== this.#delivered) this.#broken('missed the last delivery');
  }

  #checkHeard(): void {
    if (performance.now() - this.#heardAt > this.#options.heartbeatMs * MISSED_HEARTBEATS) this.#broken('no heartbeat');
  }

  #broken(reason: string): void {
    if (this.#ended) return;
    this.#end();
    this.#handlers.onBroken(reason);
  }

  #end(): void {
    this.#ended = true;
    clearInterval(this.#watchdog);
    this.#subscription?.unsubscribe();
  }
}

/** What the server says to the consumer has no data. The headers of what has are not read: to take them apart costs more than the rest of a delivery. */
const isControl = (msg: Msg): boolean => msg.data.length === 0 && msg.headers?.code === 100;

/**
 * `$JS.ACK.<stream>.<consumer>.<deliveries>.<stream sequence>.<consumer sequence>.<time>.<pending>`, or, with a domain and an account after ACK, two
 * tokens more in front and perhaps one behind (NATS ADR-15).
 */
function parseReply(reply: string | undefined): { sequence: number; delivered: number } | undefined {
  const tokens = reply?.split('.') ?? [];
  const from = tokens.length === 9 ? 5 : tokens.length >= 11 ? 7 : -1;
  if (from < 0 || tokens[0] !== '$JS') return undefined;
  return { sequence: Number(tokens[from]), delivered: Number(tokens[from + 1]) };
}
