import type { NatsConnection } from 'nats';

export interface IsolationOptions {
  /** What fails for so long without a success is the server's fault; milliseconds, default 10,000. */
  patienceMs?: number;
}

type Leavable = Pick<NatsConnection, 'info' | 'isClosed' | 'getServer' | 'reconnect'>;

const longestMs = 300_000;

/**
 * Leaves a NATS server that is cut off from the others of its cluster. Such a server takes everything and answers nothing (it knows no leader and nobody who listens), and no
 * client leaves by itself a connection that works. Told what comes of requests: when they have only failed for a while the client connects to the next server that it
 * knows. The wait doubles after the second time, because the fault may be everywhere.
 */
export class Isolation {
  readonly #connection: Leavable;
  readonly #patienceMs: number;
  #failingSince: number | undefined;
  #left = 0;
  /** Not to be tried again at once: nats.js comes back to the server that it connected to first when it leaves it for the first time. */
  #unwanted: string | undefined;

  constructor(connection: Leavable, options: IsolationOptions = {}) {
    this.#connection = connection;
    this.#patienceMs = options.patienceMs ?? 10_000;
  }

  worked(): void {
    this.#failingSince = undefined;
    this.#left = 0;
  }

  failed(): void {
    // A server alone has no cluster.
    if (this.#connection.info?.cluster === undefined || this.#connection.isClosed()) return;
    const now = performance.now();
    this.#failingSince ??= now;
    const server = this.#connection.getServer();
    const cameBack = server === this.#unwanted;
    if (!cameBack && now - this.#failingSince < this.#wait) return;
    this.#unwanted = cameBack ? undefined : server;
    this.#failingSince = undefined;
    this.#left++;
    void this.#connection.reconnect().catch(() => undefined);
  }

  get #wait(): number {
    return Math.min(this.#patienceMs * 2 ** Math.max(0, this.#left - 1), longestMs);
  }
}
