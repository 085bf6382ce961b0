import { Events, type Msg, type NatsConnection, type Subscription } from 'nats';
import { StatusError } from '../../errors/index.ts';
import { inboxOf } from '../inbox.ts';
import { decodeFrame } from '../link/frame.ts';
import { Link, type LinkLimits } from '../link/link.ts';
import { Bundler, bundledIn, encodeParts, mostBytesOf, type Part } from './bundle.ts';
import { parseAnswer } from './envelope.ts';

/** The first answer to a call: one value, or a link on which more follows. */
export type FirstAnswer = { type: 'json'; value: unknown } | { type: 'link'; link: Link };

/** Nobody listens; the message was not handled. */
class NoResponders extends StatusError {
  constructor() {
    super('ServiceUnavailable', 'no api replica is connected to the bus', { retryAfterSeconds: 1 });
  }
}

/** The message may or may not have been handled. */
class NoAnswer extends StatusError {
  constructor(message: string) {
    super('Timeout', message);
  }
}

interface Call {
  deadline: number;
  limits: LinkLimits;
  settle: PromiseWithResolvers<FirstAnswer>;
  link: Link | undefined;
  /** Of the calls in one message, all of which go where the first one goes; known to the first. */
  together: readonly string[];
}

export interface CallsOptions {
  connection: NatsConnection;
  /** Where calls are published. */
  subject: string;
  /** Where frames of a link that the other side accepted are published. */
  linkSubject: (token: string) => string;
}

/**
 * Requests over one subscription, whose answers may come in several messages. In place of `connection.request`, which takes one message and makes a
 * timer for each request (48 µs a request on the reference machine). What is called in one turn shares messages.
 */
export class Calls {
  readonly #connection: NatsConnection;
  readonly #subject: string;
  readonly #linkSubject: (token: string) => string;
  readonly #outgoing = new Bundler((parts) => this.#send(parts));
  readonly #inbox: string;
  readonly #subscription: Subscription;
  readonly #calls = new Map<string, Call>();
  /** Of calls whose one answer has come: no other message can still be on its way to them. */
  readonly #freeTokens: string[] = [];
  readonly #timer: NodeJS.Timeout;
  #count = 0;
  #closed = false;
  /** What is published meanwhile is thrown away by the client when it connects again. */
  #away = false;

  constructor(options: CallsOptions) {
    this.#connection = options.connection;
    this.#subject = options.subject;
    this.#linkSubject = options.linkSubject;
    this.#inbox = inboxOf(options.connection);
    this.#subscription = options.connection.subscribe(`${this.#inbox}.*`, {
      callback: (error, message) => {
        if (error === null) this.#receive(message);
      },
    });
    // What came while this process stood still lies in its socket, which is read before that is given up which was late by then.
    this.#timer = setInterval(() => setImmediate((moment) => this.#expire(moment), performance.now()), 100);
    this.#timer.unref();
    void this.#followConnection();
  }

  /** Publishes and waits for the first answer. Rejects with NoResponders, NoAnswer or RequestEntityTooLarge. */
  call(json: string, timeoutMs: number, limits: LinkLimits = {}): Promise<FirstAnswer> {
    const most = this.#connection.info?.max_payload ?? Number.POSITIVE_INFINITY;
    if (mostBytesOf([json]) > most && Buffer.byteLength(json) > most)
      return Promise.reject(new StatusError('RequestEntityTooLarge', `the message is larger than ${most} bytes`));
    if (this.#closed || this.#away || this.#connection.isClosed()) return Promise.reject(new NoResponders());
    const settle = Promise.withResolvers<FirstAnswer>();
    const token = this.#freeTokens.pop() ?? this.#newToken();
    const deadline = performance.now() + timeoutMs;
    this.#calls.set(token, { deadline, limits, settle, link: undefined, together: [token] });
    this.#outgoing.add({ token, json: [json] });
    return settle.promise;
  }

  #send(parts: readonly Part[]): void {
    const [first] = parts as [Part];
    const together = parts.map(({ token }) => token);
    const call = this.#calls.get(first.token);
    if (call !== undefined) call.together = together;
    try {
      this.#connection.publish(this.#subject, encodeParts(parts), { reply: `${this.#inbox}.${first.token}` });
    } catch {
      // It was closed in this turn.
      this.#nobody(together);
    }
  }

  /** Few names, used again: the server keeps what it has found out about a subject (who listens, who may publish) for those it sees often. */
  #newToken(): string {
    this.#count += 1;
    return this.#count.toString(36);
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
    this.#subscription.unsubscribe();
    this.#failAll('the connection was closed before the api answered');
  }

  #receive(message: Msg): void {
    const { subject, data } = message;
    if (data[0] === OPENING_BRACKET) {
      this.#settleTogether(data);
      return;
    }
    const token = subject.slice(this.#inbox.length + 1);
    const call = this.#calls.get(token);
    if (call === undefined) return;
    if (data.length === 0 && message.headers?.code === 503) this.#unheard(call);
    else if (call.link !== undefined) call.link.receive(data);
    else if (data[0] === OPENING_BRACE) this.#settle(token, data);
    else this.#accepted(token, call, data);
  }

  #unheard({ link, together }: Call): void {
    if (link === undefined) this.#nobody(together);
    else link.peerGone();
  }

  #settle(token: string, data: Uint8Array): void {
    const settle = this.#answered(token);
    try {
      settle?.resolve({ type: 'json', value: parseAnswer(data) });
    } catch (error) {
      settle?.reject(error);
    }
  }

  #nobody(tokens: readonly string[]): void {
    for (const token of tokens) this.#answered(token)?.reject(new NoResponders());
  }

  /** Whose answers those were that cannot be read, nobody can say. */
  #settleTogether(data: Uint8Array): void {
    let parts: ReturnType<typeof bundledIn>;
    try {
      parts = bundledIn(parseAnswer(data));
    } catch {
      return;
    }
    for (const [token, value] of parts ?? []) this.#answered(token)?.resolve({ type: 'json', value });
  }

  #answered(token: string): Call['settle'] | undefined {
    const call = this.#calls.get(token);
    if (this.#calls.delete(token)) this.#freeTokens.push(token);
    return call?.settle;
  }

  #accepted(token: string, call: Call, data: Uint8Array): void {
    const frame = decodeFrame(data);
    if (frame?.type !== 'accept') return;
    const to = this.#linkSubject(frame.token);
    const reply = `${this.#inbox}.${token}`;
    call.deadline = Number.POSITIVE_INFINITY;
    call.link = new Link(
      {
        publish: (bytes, probe) => {
          if (!this.#connection.isClosed()) this.#connection.publish(to, bytes, probe ? { reply } : {});
        },
        release: () => this.#calls.delete(token),
      },
      call.limits,
    );
    call.settle.resolve({ type: 'link', link: call.link });
  }

  #expire(moment: number): void {
    for (const [token, call] of this.#calls) {
      if (call.deadline > moment) continue;
      this.#calls.delete(token);
      call.settle.reject(new NoAnswer('the api did not answer in time; the request may or may not have been done'));
    }
  }

  #failAll(why: string): void {
    for (const [token, call] of this.#calls) {
      this.#calls.delete(token);
      if (call.link === undefined) call.settle.reject(new NoAnswer(why));
      else call.link.peerGone();
    }
  }

  /** What was under way when the connection broke may be lost, in either direction. */
  async #followConnection(): Promise<void> {
    for await (const status of this.#connection.status()) {
      if (this.#closed) return;
      if (status.type === Events.Disconnect) {
        this.#away = true;
        this.#failWaiting();
      }
      if (status.type === Events.Reconnect) {
        this.#away = false;
        for (const call of this.#calls.values()) call.link?.announce();
      }
    }
  }

  #failWaiting(): void {
    for (const [token, call] of this.#calls) {
      if (call.link !== undefined) continue;
      this.#calls.delete(token);
      call.settle.reject(
        new NoAnswer(
          'the connection to the bus broke before the api answered; the request may or may not have been done',
        ),
      );
    }
  }
}

const OPENING_BRACE = 0x7b;
const OPENING_BRACKET = 0x5b;
