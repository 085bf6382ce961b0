import type { Redis } from 'ioredis';

/** A silence is counted in looks, not read off a clock. */
const looks = 5;

/**
 * Ends the connection of a server that owes an answer and sends nothing for a time. ioredis' `socketTimeout` is a timer that runs before the socket is read: a process that stood
 * still for so long (SIGSTOP, a blocked loop, a starved machine) breaks a connection in which the answer lies. Here silence is what is found at looks between which the
 * process has read what there was, so that a time in which it did nothing counts as one look, however long it was.
 */
export class SilenceWatch {
  readonly #redis: Pick<Redis, 'stream' | 'commandQueue'>;
  readonly #ms: number;
  readonly #timer: NodeJS.Timeout;
  /** Looks at which an answer was owed and nothing had come since the one before. */
  #silent = 0;
  #lastRead = 0;

  /** `ms`: it is given up after as long, and a fifth of it later at most, while its process runs. */
  constructor(redis: Pick<Redis, 'stream' | 'commandQueue'>, ms: number) {
    this.#redis = redis;
    this.#ms = ms;
    this.#timer = setInterval(() => setImmediate(() => this.#look()), ms / looks).unref();
  }

  /** What is sent now is not given up before so many milliseconds have passed. */
  get leftMs(): number {
    return Math.max(0, this.#ms - (this.#silent * this.#ms) / looks);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const { stream, commandQueue } = this.#redis;
    // There is none before the first attempt to connect.
    const read = stream?.bytesRead ?? 0;
    const silent = commandQueue.length > 0 && read === this.#lastRead;
    this.#lastRead = read;
    this.#silent = silent ? this.#silent + 1 : 0;
    // The first look may have come right after the command was sent.
    if (this.#silent <= looks) return;
    this.#silent = 0;
    stream.destroy(new Error(`Socket timeout: an answer has been owed for ${this.#ms} ms and nothing came`));
  }
}
