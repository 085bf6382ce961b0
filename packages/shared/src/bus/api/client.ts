import type { NatsConnection } from 'nats';
import { RemoteClock } from '../../clock/remote-clock.ts';
import { isAway, StatusError } from '../../errors/index.ts';
import type { KubeObject } from '../../object/index.ts';
import { SharedSpecs } from '../../object/shared-specs.ts';
import type {
  ApiClient,
  ApiRequest,
  ApiResponse,
  BatchOptions,
  BusIdentity,
  WatchEvent,
  WatchOptions,
} from '../contract.ts';
import { Isolation } from '../isolation.ts';
import type { Link, LinkLimits } from '../link/link.ts';
import { formatApiLinkSubject, formatApiSubject } from '../subjects.ts';
import { Calls, type FirstAnswer } from './calls.ts';
import {
  type Answer,
  answerOf,
  bodyOf,
  encodeBatch,
  encodeRequest,
  encodeWatch,
  parseAnswer,
  type Timing,
  textOf,
} from './envelope.ts';
import { isRepeatable, type RetryOptions, retrying } from './retry.ts';

export interface BusApiClientOptions extends RetryOptions {
  connection: NatsConnection;
  /** As whom the requests are made; the connection must be allowed to. */
  identity: BusIdentity;
  /** For one try; milliseconds, default 10,000. */
  timeoutMs?: number;
  /** Called before each try of what may be a write; throws when it is not to be sent. */
  beforeWrite?: () => void;
  /** Texts of `Warning` headers. */
  onWarning?: (text: string, request: ApiRequest) => void;
  /** How often the two sides of a watch say that they are there; milliseconds, default 5,000. A side that is gone is noticed after one to three. */
  heartbeatMs?: number;
}

/**
 * The API over the bus. A request that certainly was not done is sent again by itself; one that may have been done only if it is a read.
 * Else it fails with Timeout, and the caller looks at the state before doing it again: what was not done by then is not done later.
 */
export class BusApiClient implements ApiClient {
  readonly #options: BusApiClientOptions;
  readonly #calls: Calls;
  readonly #timeoutMs: number;
  readonly #limits: LinkLimits;
  /** The cluster's, by which requests end. */
  readonly #clock = new RemoteClock();
  readonly #isolation: Isolation;

  constructor(options: BusApiClientOptions) {
    this.#options = options;
    this.#timeoutMs = options.timeoutMs ?? 10_000;
    this.#limits = { heartbeatMs: options.heartbeatMs ?? 5_000 };
    this.#isolation = new Isolation(options.connection);
    this.#calls = new Calls({
      connection: options.connection,
      subject: formatApiSubject(options.identity),
      linkSubject: (token) => formatApiLinkSubject(options.identity, token),
    });
  }

  async request<T>(request: ApiRequest): Promise<T> {
    const repeatable = isRepeatable(request);
    return retrying(
      async () => {
        if (!repeatable) this.#options.beforeWrite?.();
        const answer = await this.#ask(encodeRequest(request, this.#timing()));
        if (answer.type !== 'response') throw unexpected();
        for (const text of answer.response.warnings ?? []) this.#options.onWarning?.(text, request);
        return bodyOf<T>(answer.response);
      },
      repeatable,
      this.#options,
    );
  }

  async batch(requests: readonly ApiRequest[], options: BatchOptions = {}): Promise<ApiResponse[]> {
    if (requests.length === 0) return [];
    let json: string | undefined = encodeBatch(requests, options, this.#timing());
    if (requests.length > 1 && Buffer.byteLength(json) > this.#mostBytes) return this.#inHalves(requests, options);
    const repeatable = requests.every(isRepeatable);
    return retrying(
      async () => {
        if (!repeatable) this.#options.beforeWrite?.();
        const asked = json ?? encodeBatch(requests, options, this.#timing());
        json = undefined;
        const answer = await this.#ask(asked);
        if (answer.type === 'batch' && answer.responses.length === requests.length) return answer.responses;
        if (answer.type === 'response') throw refusal(answer.response);
        throw unexpected();
      },
      repeatable,
      this.#options,
    );
  }

  async *watch<T extends KubeObject>(
    request: ApiRequest,
    { signal, trim = false }: WatchOptions,
  ): AsyncIterable<WatchEvent<T>> {
    if (signal.aborted) return;
    const link = await retrying(() => this.#openWatch(request), true, this.#options, signal);
    const specs = trim ? new SharedSpecs() : undefined;
    const stop = () => void link.close();
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    try {
      for await (const { data } of link.incoming) {
        if (data === undefined) continue;
        // One JSON text per line; JSON itself holds no line breaks.
        for (const line of linesOf(data))
          yield (specs === undefined ? JSON.parse(textOf(line)) : specs.parse(line)) as WatchEvent<T>;
        if (signal.aborted) return;
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      signal.removeEventListener('abort', stop);
      await link.close();
    }
    if (signal.aborted) return;
    const status = await link.closed;
    if (status?.status === 'Failure') throw StatusError.from(status);
  }

  /** Requests under way fail with Timeout. The connection stays open. */
  close(): void {
    this.#calls.close();
  }

  get #mostBytes(): number {
    return this.#options.connection.info?.max_payload ?? 1024 * 1024;
  }

  async #inHalves(requests: readonly ApiRequest[], options: BatchOptions): Promise<ApiResponse[]> {
    const half = Math.ceil(requests.length / 2);
    const first = await this.batch(requests.slice(0, half), options);
    return [...first, ...(await this.batch(requests.slice(half), options))];
  }

  /** What a try says of its time: nobody must do it after we have given it up. */
  #timing(): Timing {
    const now = performance.now();
    return { until: this.#clock.at(now + this.#timeoutMs), tellTime: now - this.#clock.observedAt > askTimeMs };
  }

  async #ask(json: string): Promise<Answer> {
    const sentAt = performance.now();
    const first = await this.#call(json);
    const answer = answerOf(first.type === 'json' ? first.value : parseAnswer(await collect(first.link)));
    if (answer.time !== undefined) this.#clock.observe(sentAt, answer.time, performance.now());
    return answer;
  }

  async #call(json: string): Promise<FirstAnswer> {
    try {
      const answer = await this.#calls.call(json, this.#timeoutMs, this.#limits);
      this.#isolation.worked();
      return answer;
    } catch (error) {
      if (isAway(error)) this.#isolation.failed();
      throw error;
    }
  }

  async #openWatch(request: ApiRequest): Promise<Link> {
    const { heartbeatMs = 5_000 } = this.#limits;
    const json = encodeWatch({ ...request, verb: 'watch' }, heartbeatMs);
    const answer = await this.#call(json);
    if (answer.type === 'link') return answer.link;
    const refused = answerOf(answer.value);
    throw refused.type === 'response' ? refusal(refused.response) : unexpected();
  }
}

/** So often the api is asked for the time; milliseconds. */
const askTimeMs = 10_000;

function* linesOf(data: Uint8Array): Generator<Uint8Array> {
  for (let from = 0; from <= data.length; ) {
    const end = data.indexOf(LINE_FEED, from);
    const to = end < 0 ? data.length : end;
    yield data.subarray(from, to);
    from = to + 1;
  }
}

const LINE_FEED = 0x0a;

async function collect(link: Link): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  try {
    for await (const { data } of link.incoming) if (data !== undefined) parts.push(data);
  } catch (cause) {
    throw new StatusError('Timeout', 'the answer was lost on its way; the request was done', undefined, { cause });
  }
  const status = await link.closed;
  if (status?.status === 'Failure') throw StatusError.from(status);
  return Buffer.concat(parts);
}

function refusal(response: ApiResponse): StatusError {
  try {
    bodyOf(response);
  } catch (error) {
    if (error instanceof StatusError) return error;
  }
  return unexpected();
}

const unexpected = () => new StatusError('InternalError', 'the api answered something else than was asked');
