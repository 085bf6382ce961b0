import { randomBytes } from 'node:crypto';
import { Events, type Msg, type NatsConnection, type Subscription } from 'nats';
import type { Logger } from 'pino';
import { type Status, StatusError } from '../../errors/index.ts';
import type { ApiHandler, ApiResponse, BusIdentity, JsonPart } from '../contract.ts';
import { isReplyOf } from '../inbox.ts';
import { encodeFrame, HEADER_BYTES } from '../link/frame.ts';
import { Link, type LinkLimits } from '../link/link.ts';
import { allApiRequests, apiQueue, formatApiLinkSubject, parseApiSubject } from '../subjects.ts';
import { AnswerBundles, splitReply } from './answer-bundles.ts';
import { bundledIn, mostBytesOf } from './bundle.ts';
import {
  briefly,
  type Envelope,
  encodeResponse,
  encodeResponses,
  envelopeOf,
  joined,
  parseMessage,
  type Timing,
} from './envelope.ts';
import { EventBatch } from './event-batch.ts';
import { InFlight } from './in-flight.ts';

/** Answers above this go in several messages. */
const maxAnswerBytes = 512 * 1024;

export interface ApiServerOptions {
  log?: Logger;
  /** Requests being handled at once, of all identities of one kind and of one identity; more are refused with 429. Default 1,000 and 400. */
  maxInFlight?: number;
  maxInFlightPerIdentity?: number;
  /** Open watches of one identity; default 1,000. */
  maxWatchesPerIdentity?: number;
  /** Told of each request that was answered, for metrics. */
  observe?: (identity: BusIdentity, type: Envelope['type'] | 'invalid', code: number, seconds: number) => void;
}

export interface ApiServer {
  /** Takes no more requests, answers those under way (waiting up to `graceMs`, default 10,000), and ends watches so that their clients go elsewhere. */
  stop(graceMs?: number): Promise<void>;
}

/** Who asks, and where the answer goes. */
interface Asker {
  identity: BusIdentity;
  reply: string;
  /** It came beside others, and is answered beside others. */
  bundled: boolean;
}

/** Serves the API on `kubus.api.<kind>.<identity>`, sharing requests with the other replicas. */
export function serveApi(connection: NatsConnection, handler: ApiHandler, options: ApiServerOptions = {}): ApiServer {
  return new BusApiServer(connection, handler, options);
}

class BusApiServer implements ApiServer {
  readonly #connection: NatsConnection;
  readonly #handler: ApiHandler;
  readonly #options: ApiServerOptions;
  readonly #requests: InFlight;
  readonly #watches: InFlight;
  readonly #links = new Set<Link>();
  readonly #subscription: Subscription;
  readonly #bundles = new AnswerBundles((reply, bytes) => this.#publish(reply, bytes));
  #stopped = false;

  constructor(connection: NatsConnection, handler: ApiHandler, options: ApiServerOptions) {
    this.#connection = connection;
    this.#handler = handler;
    this.#options = options;
    this.#requests = new InFlight(options.maxInFlight ?? 1_000, options.maxInFlightPerIdentity ?? 400);
    this.#watches = new InFlight(Number.POSITIVE_INFINITY, options.maxWatchesPerIdentity ?? 1_000);
    this.#subscription = connection.subscribe(allApiRequests, {
      queue: apiQueue,
      callback: (error, message) => {
        if (error === null) this.#receive(message);
      },
    });
    void this.#followConnection();
  }

  async stop(graceMs = 10_000): Promise<void> {
    this.#stopped = true;
    await this.#subscription.drain().catch(() => undefined);
    await this.#requests.idle(graceMs);
    await Promise.all([...this.#links].map((link) => link.close()));
    if (!this.#connection.isClosed()) await this.#connection.flush().catch(() => undefined);
  }

  #receive({ subject, reply, data }: Msg): void {
    const identity = parseApiSubject(subject);
    if (identity === undefined || reply === undefined || !isReplyOf(identity, reply)) {
      this.#options.log?.warn({ subject, reply }, 'Ignored a request that cannot be answered');
      return;
    }
    const asker = { identity, reply, bundled: false };
    let message: unknown;
    try {
      message = parseMessage(data);
    } catch (error) {
      const code = this.#refuse(asker, error);
      this.#options.observe?.(identity, 'invalid', code, 0);
      return;
    }
    const parts = bundledIn(message);
    if (parts === undefined) void this.#take(message, data.length, asker);
    const { inbox } = splitReply(reply);
    for (const [token, value] of parts ?? [])
      void this.#take(value, data.length, { identity, reply: `${inbox}${token}`, bundled: true });
  }

  /** Never rejects: whatever goes wrong becomes an answer, or a line in the log. */
  async #take(value: unknown, bytes: number, asker: Asker): Promise<void> {
    const started = performance.now();
    let type: Envelope['type'] | 'invalid' = 'invalid';
    let code: number;
    try {
      const envelope = envelopeOf(value, bytes);
      type = envelope.type;
      code = this.#isLate(envelope) ? this.#refuse(asker, tooLate(), true) : await this.#serve(envelope, asker);
    } catch (error) {
      code = this.#refuse(asker, error);
    }
    this.#options.observe?.(asker.identity, type, code, (performance.now() - started) / 1_000);
  }

  async #serve(envelope: Envelope, asker: Asker): Promise<number> {
    if (envelope.type === 'watch') return this.#serveWatch(envelope, asker);
    const { identity } = asker;
    const release = this.#requests.enter(identity);
    try {
      if (envelope.type === 'request') {
        const response = await this.#handler.handle(envelope.request, identity, envelope.until);
        await this.#answer(asker, encodeResponse(response, this.#timeFor(envelope)));
        return response.code;
      }
      const responses = await this.#handler.handleBatch(envelope.requests, identity, envelope.until);
      const told = envelope.brief ? responses.map(briefly) : responses;
      await this.#answer(asker, encodeResponses(told, this.#timeFor(envelope)));
      return 200;
    } finally {
      release();
    }
  }

  /** It waited somewhere until its client gave up. */
  #isLate(envelope: Envelope): boolean {
    if (envelope.type === 'watch' || envelope.until === undefined) return false;
    const now = this.#handler.time?.();
    return now !== undefined && now > envelope.until;
  }

  #timeFor({ tellTime }: Timing): number | undefined {
    return tellTime === true ? this.#handler.time?.() : undefined;
  }

  /** Who was wrong about the time is told it. */
  #refuse(asker: Asker, error: unknown, tellTime = false): number {
    const known = error instanceof StatusError;
    if (!known) this.#options.log?.error({ err: error }, 'A request failed on an error in the api');
    const status = known ? error.toStatus() : new StatusError('InternalError', 'internal error').toStatus();
    const response: ApiResponse = { code: status.code ?? 500, body: status };
    this.#say(asker, encodeResponse(response, this.#timeFor({ tellTime })));
    return response.code;
  }

  async #answer(asker: Asker, json: readonly JsonPart[]): Promise<void> {
    if (mostBytesOf(json) <= maxAnswerBytes) {
      this.#say(asker, json);
      return;
    }
    const bytes = joined(json);
    if (bytes.length <= maxAnswerBytes) {
      this.#publish(asker.reply, bytes);
      return;
    }
    const link = this.#accept(asker, {});
    try {
      await link.send(0, bytes);
      await link.close();
    } catch (err) {
      // The client went away, or asks again; the request itself was carried out.
      this.#options.log?.info({ err, identity: asker.identity }, 'A large answer was not taken');
    }
  }

  async #serveWatch(envelope: Envelope & { type: 'watch' }, asker: Asker): Promise<number> {
    const { identity } = asker;
    if (this.#stopped)
      throw new StatusError('ServiceUnavailable', 'this api replica is stopping', { retryAfterSeconds: 1 });
    const release = this.#watches.enter(identity);
    const limits = { heartbeatMs: envelope.heartbeatMs, frameBytes: this.#mostBytes };
    const link = this.#accept(asker, limits);
    const gone = new AbortController();
    void link.closed.then(() => gone.abort());
    try {
      await this.#pump(this.#handler.watch(envelope.request, identity, gone.signal), link);
      await link.close();
      return 200;
    } catch (error) {
      const status = this.#watchFailure(error);
      await link.close(status);
      return status.code ?? 500;
    } finally {
      gone.abort();
      release();
    }
  }

  #watchFailure(error: unknown): Status {
    if (error instanceof StatusError) return error.toStatus();
    this.#options.log?.error({ err: error }, 'A watch failed on an error in the api');
    return new StatusError('InternalError', 'internal error').toStatus();
  }

  /** Events that are there at the same time go in one message. */
  async #pump(events: AsyncIterable<JsonPart>, link: Link): Promise<void> {
    const batch = new EventBatch(link);
    for await (const event of events) {
      batch.add(event);
      if (batch.full) await batch.flush();
    }
    await batch.flush();
  }

  /** For a client each message of a watch is whole events: one that were cut could not be read. */
  get #mostBytes(): number {
    return (this.#connection.info?.max_payload ?? 1024 * 1024) - HEADER_BYTES;
  }

  #accept({ identity, reply }: Asker, limits: LinkLimits): Link {
    const token = randomBytes(16).toString('base64url');
    const subject = formatApiLinkSubject(identity, token);
    const subscription = this.#connection.subscribe(subject, {
      callback: (error, message) => {
        if (error !== null) return;
        if (message.data.length === 0 && message.headers?.code === 503) link.peerGone();
        else link.receive(message.data);
      },
    });
    const link: Link = new Link(
      {
        publish: (bytes, probe) => this.#publish(reply, bytes, probe ? subject : undefined),
        release: () => {
          this.#links.delete(link);
          subscription.unsubscribe();
        },
      },
      limits,
    );
    this.#links.add(link);
    this.#publish(reply, encodeFrame({ type: 'accept', token }));
    return link;
  }

  #say({ reply, bundled }: Asker, json: readonly JsonPart[]): void {
    if (bundled) this.#bundles.add(reply, json);
    else this.#publish(reply, joined(json));
  }

  #publish(to: string, bytes: Uint8Array, reply?: string): void {
    if (!this.#connection.isClosed()) this.#connection.publish(to, bytes, reply === undefined ? {} : { reply });
  }

  async #followConnection(): Promise<void> {
    for await (const status of this.#connection.status())
      if (status.type === Events.Reconnect) for (const link of this.#links) link.announce();
  }
}

/** It was not done: a client that is still there, and was wrong about the time, sends it again. */
const tooLate = () =>
  new StatusError('ServiceUnavailable', 'the request came too late; it was not done', { retryAfterSeconds: 1 });
