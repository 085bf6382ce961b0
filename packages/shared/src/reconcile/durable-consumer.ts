import {
  AckPolicy,
  DeliverPolicy,
  Events,
  type JetStreamManager,
  type Msg,
  type NatsConnection,
  NatsError,
  nanos,
  ReplayPolicy,
  type Subscription,
} from 'nats';
import { inboxOf } from '../bus/inbox.ts';
import { within } from '../clock/within.ts';
import type { ReconcileLog } from './log.ts';

export interface DurableConsumerOptions {
  connection: NatsConnection;
  stream: string;
  /** Shared by all who are to share the messages; letters, digits, '-' and '_'. */
  name: string;
  filter: string;
  log: ReconcileLog;
  /** Messages are acknowledged when this resolves, and come again, to whoever pulls then, when it rejects. */
  onMessages(messages: readonly Msg[]): Promise<void>;
  /** Makes the stream if it is missing; called before the consumer is looked for. Absent: somebody else makes it. */
  ensureStream?(): Promise<void>;
  /** The consumer was made just now: what was published before does not come. */
  onCreated(): void;
  /** A message that is not acknowledged for so long goes to somebody else; milliseconds, default 30,000. */
  ackWaitMs?: number;
  /** Pause before another try; milliseconds, default 500. */
  retryMs?: number;
}

const batch = 256;
const expiresMs = 30_000;
const heartbeatMs = 5_000;
const defaultAckWaitMs = 30_000;
/** Nobody pulled for so long: the server forgets the consumer. */
const inactiveMs = 24 * 3_600_000;
const CONSUMER_NOT_FOUND = 10014;

/**
 * Pulls from a durable JetStream consumer that several processes share, one pull at a time: what cannot be handled now stays with the server. Makes
 * the consumer where it is missing, at the start and whenever it or its stream has been deleted.
 */
export class DurableConsumer {
  readonly #options: DurableConsumerOptions;
  readonly #inbox: string;
  #manager: JetStreamManager | undefined;
  #subscription: Subscription | undefined;
  #buffer: Msg[] = [];
  #wake: (() => void) | undefined;
  #heardAt = 0;
  /** Messages that the pull under way may still bring. */
  #left = 0;
  #pull = 0;
  #broken: Error | undefined;
  #stopped = false;
  #loop: Promise<void> | undefined;
  #watchdog: NodeJS.Timeout | undefined;

  constructor(options: DurableConsumerOptions) {
    this.#options = options;
    this.#inbox = inboxOf(options.connection);
  }

  /** Resolves when the consumer is there, or the first try has failed: then it goes on trying. */
  async start(): Promise<void> {
    this.#subscription = this.#options.connection.subscribe(`${this.#inbox}.*`, {
      callback: (error, msg) => (error === null ? this.#onMessage(msg) : this.#onBroken(error)),
    });
    this.#watchdog = setInterval(() => this.#checkHeard(), heartbeatMs).unref();
    void this.#watchConnection();
    await this.#ensure().catch((error: unknown) => this.#onBroken(error));
    this.#loop = this.#run();
  }

  /**
   * Waits for the messages that are being handled, and until the server sends no more: what it sent to nobody would come again only when the time for its
   * acknowledgement is over.
   */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#watchdog);
    this.#wake?.();
    await this.#loop;
    this.#subscription?.unsubscribe();
    const { connection } = this.#options;
    if (!connection.isClosed()) await connection.flush().catch(() => undefined);
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      try {
        await this.#healthy();
        if (this.#left === 0 && this.#buffer.length === 0) this.#request();
        await this.#untilSomething();
        await this.#handle();
      } catch (error) {
        this.#onBroken(error);
      }
    }
  }

  /** After a failure: waits, and makes sure that there is a consumer. */
  async #healthy(): Promise<void> {
    if (this.#broken === undefined) return;
    const { log, name, retryMs = 500 } = this.#options;
    log.debug({ err: this.#broken, consumer: name }, 'Consumer is tried again');
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      setTimeout(resolve, retryMs);
    });
    if (this.#stopped) return;
    await this.#ensure();
    this.#broken = undefined;
    this.#left = 0;
  }

  async #ensure(): Promise<void> {
    const { connection, stream, name, filter, ensureStream, onCreated, ackWaitMs = defaultAckWaitMs } = this.#options;
    await ensureStream?.();
    this.#manager ??= await connection.jetstreamManager({ checkAPI: false });
    try {
      await this.#manager.consumers.info(stream, name);
    } catch (error) {
      if (!(error instanceof NatsError) || error.api_error?.err_code !== CONSUMER_NOT_FOUND) throw error;
      await this.#manager.consumers.add(stream, {
        durable_name: name,
        filter_subject: filter,
        ack_policy: AckPolicy.Explicit,
        ack_wait: nanos(ackWaitMs),
        max_ack_pending: 8 * batch,
        deliver_policy: DeliverPolicy.New,
        replay_policy: ReplayPolicy.Instant,
        inactive_threshold: nanos(inactiveMs),
      });
      onCreated();
    }
  }

  #request(): void {
    const { connection, stream, name } = this.#options;
    this.#pull++;
    this.#left = batch;
    this.#heardAt = performance.now();
    const request = { batch, expires: nanos(expiresMs), idle_heartbeat: nanos(heartbeatMs) };
    connection.publish(`$JS.API.CONSUMER.MSG.NEXT.${stream}.${name}`, JSON.stringify(request), {
      reply: `${this.#inbox}.${this.#pull}`,
    });
  }

  async #untilSomething(): Promise<void> {
    while (!this.#stopped && this.#buffer.length === 0 && this.#left > 0 && this.#broken === undefined) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #checkHeard(): void {
    const silent = performance.now() - this.#heardAt > 2.5 * heartbeatMs;
    if (this.#left > 0 && silent && !this.#options.connection.isClosed()) this.#onBroken(new Error('no heartbeat'));
  }

  /** A server that was away has forgotten the pull. */
  async #watchConnection(): Promise<void> {
    for await (const { type } of this.#options.connection.status()) {
      if (this.#stopped) return;
      if (type === Events.Reconnect) this.#onBroken(new Error('reconnected'));
    }
  }

  async #handle(): Promise<void> {
    const messages = this.#buffer;
    this.#buffer = [];
    if (messages.length === 0) return;
    try {
      await this.#handled(messages);
      for (const message of messages) message.respond();
    } catch (err) {
      this.#options.log.warn(
        { err, consumer: this.#options.name },
        'Messages could not be handled and will come again',
      );
      const later = new TextEncoder().encode(`-NAK {"delay":${nanos(1_000)}}`);
      for (const message of messages) message.respond(later);
    }
  }

  /** Waits no longer than the server does, after which the messages are somebody else's: one call that never ends would keep this process from all that come later. */
  async #handled(messages: readonly Msg[]): Promise<void> {
    const { onMessages, ackWaitMs = defaultAckWaitMs } = this.#options;
    await within(ackWaitMs, onMessages(messages), () => {
      throw new Error(`not handled within ${ackWaitMs} ms`);
    });
  }

  #onMessage(msg: Msg): void {
    this.#heardAt = performance.now();
    const code = codeOf(msg);
    if (code === 0 || !msg.subject.startsWith(this.#inbox)) {
      this.#buffer.push(msg);
      this.#left = Math.max(0, this.#left - 1);
      this.#wake?.();
      return;
    }
    if (code === 100 || msg.subject !== `${this.#inbox}.${this.#pull}`) return;
    // The pull has ended. 404 and 408: it brought no more in its time.
    this.#left = 0;
    if (code !== 404 && code !== 408) this.#onBroken(new Error(`${code} ${msg.headers?.description ?? ''}`));
    this.#wake?.();
  }

  #onBroken(error: unknown): void {
    this.#broken = error instanceof Error ? error : new Error(String(error));
    this.#wake?.();
  }
}

/** What the server says of a pull, as a code; 0 for a message of the stream. Those have data, and their headers are not read: to take them apart costs. */
const codeOf = (msg: Msg): number => (msg.data.length === 0 ? (msg.headers?.code ?? 0) : 0);
