import type { Logger } from 'pino';

/** Something that a service starts and stops. */
export interface Part {
  name: string;
  start?(): Promise<void> | void;
  stop?(): Promise<void> | void;
}

/**
 * Starts the parts of a service in the order in which they are given, and stops them in reverse. When one cannot be started, those before it
 * are stopped again and the error is thrown. A failing stop is logged, and the others are still stopped.
 */
export class Lifecycle {
  readonly #log: Logger;
  readonly #started: Part[] = [];
  #stopping: Promise<void> | undefined;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Starts a part now; after `stop` has begun it throws. */
  async start(part: Part): Promise<void> {
    if (this.#stopping !== undefined) throw new Error(`${part.name} is not started: the service is stopping`);
    this.#started.push(part);
    try {
      await part.start?.();
    } catch (error) {
      await this.stop();
      throw error;
    }
    this.#log.debug({ part: part.name }, 'Started');
  }

  /** Something already running that `stop` is to end. */
  onStop(name: string, stop: () => Promise<void> | void): void {
    this.#started.push({ name, stop });
  }

  /** Stops everything that was started; a second call waits for the first. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    for (let part = this.#started.pop(); part !== undefined; part = this.#started.pop()) {
      try {
        await part.stop?.();
        this.#log.debug({ part: part.name }, 'Stopped');
      } catch (err) {
        this.#log.error({ part: part.name, err }, 'Could not be stopped cleanly');
      }
    }
  }
}
