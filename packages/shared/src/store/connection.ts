import { Redis, type RedisOptions } from 'ioredis';
import { StatusError } from '../errors/index.ts';
import { SilenceWatch } from './silence.ts';

const defaultAnswerMs = 5_000;

export interface ConnectionOptions {
  /** redis:// or rediss://, with user and password where the server asks for them. */
  url: string;
  /** Shown by CLIENT LIST. */
  name?: string;
  /** How long a call waits for a connection before it fails with ServiceUnavailable; milliseconds, default 2,000. */
  waitMs?: number;
  /** Calls that may wait at once, reads of one turn being one; one more fails at once. Default 1,000. */
  maxWaiting?: number;
  /** A server that owes an answer for this long, while this process runs, is taken for dead, and the connection is made anew; milliseconds, default 5,000. */
  answerMs?: number;
  /** Told of each loss and recovery of the connection. */
  onState?: (state: 'ready' | 'lost', error?: Error) => void;
}

/**
 * One connection to Redis that recovers by itself. Nothing is ever sent twice: what was under way when the connection broke fails with Timeout (it
 * may or may not have been done); what could not be sent fails with ServiceUnavailable (it was not done).
 */
export class Connection {
  readonly #redis: Redis;
  readonly #waitMs: number;
  readonly #maxWaiting: number;
  readonly #silence: SilenceWatch;
  #waiting = 0;
  #lastError: Error | undefined;

  constructor(options: ConnectionOptions) {
    this.#waitMs = options.waitMs ?? 2_000;
    this.#maxWaiting = options.maxWaiting ?? 1_000;
    this.#redis = new Redis(options.url, redisOptions(options));
    this.#silence = new SilenceWatch(this.#redis, options.answerMs ?? defaultAnswerMs);
    this.#redis.once('end', () => this.#silence.stop());
    // Each call that waits listens; Node takes more than ten for a leak.
    this.#redis.setMaxListeners(this.#maxWaiting + 10);
    this.#redis.on('error', (error: Error) => {
      this.#lastError = error;
    });
    this.#redis.on('ready', () => options.onState?.('ready'));
    this.#redis.on('close', () => options.onState?.('lost', this.#lastError));
  }

  /** Runs commands; errors come out as StatusError. */
  async run<T>(use: (redis: Redis) => Promise<T>): Promise<T> {
    if (this.#redis.status !== 'ready') await this.#ready();
    try {
      return await this.#unlessBroken(use);
    } catch (error) {
      throw toStatusError(error);
    }
  }

  /** A connection that has just broken still says that it is ready; what it did not take can wait for the next one. */
  async #unlessBroken<T>(use: (redis: Redis) => Promise<T>): Promise<T> {
    try {
      return await use(this.#redis);
    } catch (error) {
      if (!wasNotSent(error)) throw error;
      await this.#ready();
      return await use(this.#redis);
    }
  }

  /** Resolves when commands can be sent (connected, data loaded). */
  async #ready(): Promise<void> {
    if (this.#waiting >= this.#maxWaiting || this.#redis.status === 'end') throw unavailable(this.#lastError);
    this.#waiting++;
    try {
      await readyWithin(this.#redis, this.#waitMs, () => unavailable(this.#lastError));
    } finally {
      this.#waiting--;
    }
  }

  /** What is sent now is answered, or not given up before so many milliseconds have passed, unless the connection breaks. */
  get patienceMs(): number {
    return this.#silence.leftMs;
  }

  /** Ends at once; what is under way fails. */
  close(): void {
    this.#silence.stop();
    this.#redis.disconnect();
  }
}

function redisOptions(options: ConnectionOptions) {
  return {
    ...(options.name === undefined ? {} : { connectionName: options.name }),
    lazyConnect: false,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    // Measured: with auto-pipelining, scripts run at two thirds of the rate.
    enableAutoPipelining: false,
    // What was under way fails when the connection breaks. Any other value, together with the line above, leaves it without an answer for ever.
    maxRetriesPerRequest: 0,
    connectTimeout: 5_000,
    retryStrategy: (attempt: number) => Math.min(attempt * 50, 1_000),
    // A former primary: find the new one.
    reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
  } satisfies RedisOptions;
}

function readyWithin(redis: Redis, ms: number, failure: () => Error): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (done: () => void) => () => {
      clearTimeout(timer);
      redis.off('ready', onReady).off('end', onEnd);
      done();
    };
    const onReady = settle(resolve);
    const onEnd = settle(() => reject(failure()));
    const timer = setTimeout(onEnd, ms);
    redis.once('ready', onReady).once('end', onEnd);
  });
}

/** First words of Redis' errors that say: not now. */
const temporary = new Set([
  'LOADING',
  'BUSY',
  'READONLY',
  'MASTERDOWN',
  'CLUSTERDOWN',
  'TRYAGAIN',
  'NOREPLICAS',
  'OOM',
  'MISCONF',
]);

function toStatusError(error: unknown): StatusError {
  if (error instanceof StatusError) return error;
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  if (name === 'ReplyError') {
    const code = message.slice(0, message.indexOf(' '));
    return temporary.has(code)
      ? unavailable(error, message)
      : new StatusError('InternalError', `Redis refused a command: ${message}`, undefined, { cause: error });
  }
  if (wasNotSent(error)) return unavailable(error);
  if (name === 'MaxRetriesPerRequestError' || isConnectionError(error, message)) {
    return new StatusError(
      'Timeout',
      'the connection to Redis broke before it answered; the request may or may not have been done',
      { retryAfterSeconds: 1 },
      { cause: error },
    );
  }
  return new StatusError('InternalError', message, undefined, { cause: error });
}

function wasNotSent(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith("Stream isn't writeable");
}

function isConnectionError(error: unknown, message: string): boolean {
  if (message === 'Connection is closed.' || message.startsWith('Socket timeout')) return true;
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code.startsWith('E');
}

function unavailable(cause: unknown, why = 'Redis cannot be reached'): StatusError {
  return new StatusError('ServiceUnavailable', why, { retryAfterSeconds: 1 }, { cause });
}
