import { PublishError } from '@kubus/shared/changelog';
import type { NatsConnection } from 'nats';

/** A leader is asked to step down at most this often. */
const askAgainMs = 10_000;

export interface SuccessionOptions {
  connection: Pick<NatsConnection, 'info'>;
  log: { warn(facts: object, message: string): void };
  /** Copies of the stream. */
  replicas: number;
  stepDown(): Promise<void>;
  /** Monotonic milliseconds; default: performance.now. */
  now?: () => number;
}

/**
 * Replaces a server that leads the change log and takes nothing: one whose disk is full mostly gives way by itself, but may go on to lead and to refuse, while
 * others have room. Any failure can also be over a moment later, or have nothing to do with the leader, so it is asked after the second in a row, and seldom.
 */
export class Succession {
  readonly #options: SuccessionOptions;
  readonly #now: () => number;
  #askedAt = Number.NEGATIVE_INFINITY;

  constructor(options: SuccessionOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /** `failures`: how often nothing has come through in a row. */
  async failed(error: unknown, failures: number): Promise<void> {
    const { connection, log, replicas, stepDown } = this.#options;
    if (!(error instanceof PublishError) || failures < 2) return;
    if (replicas < 2 || connection.info?.cluster === undefined) return;
    if (this.#now() - this.#askedAt < askAgainMs) return;
    this.#askedAt = this.#now();
    log.warn({ err: error }, "the change log's leader takes nothing, another one is asked for");
    await stepDown().catch((err: unknown) => log.warn({ err }, "the change log's leader did not step down"));
  }
}
