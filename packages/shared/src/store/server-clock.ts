import { RemoteClock } from '../clock/remote-clock.ts';
import type { Connection } from './connection.ts';

const everyMs = 5_000;

/** The clock of the Redis server (TIME), which commits go by: it is one for all who write. */
export class ServerClock {
  readonly #connection: Connection;
  readonly #clock = new RemoteClock();
  #timer: NodeJS.Timeout | undefined;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Asks now and from time to time. */
  async start(): Promise<void> {
    await this.refresh();
    this.#timer = setInterval(() => void this.refresh().catch(() => undefined), everyMs).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Milliseconds; never ahead of the server. Undefined until it has been asked. */
  now(): number | undefined {
    return this.#clock.at(performance.now());
  }

  async refresh(): Promise<void> {
    const sentAt = performance.now();
    const [seconds, microseconds] = await this.#connection.run((redis) => redis.time());
    this.#clock.observe(sentAt, Number(seconds) * 1_000 + Number(microseconds) / 1_000, performance.now());
  }
}
