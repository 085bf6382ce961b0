import { StatusError } from '@kubus/shared/errors';
import type { PriorityLevelConfiguration } from '@kubus/shared/schema';
import { FairQueues } from './queues.ts';

/** The seats of one priority level and who waits for them. */
export class PriorityLevel {
  readonly name: string;
  uid = '';
  /** Since the start. */
  rejected = 0;
  dispatched = 0;
  readonly #spare: () => number;
  #exempt = false;
  #nominal = 0;
  #lendable = 0;
  #borrowable = Number.POSITIVE_INFINITY;
  #queues: FairQueues | undefined;
  #shape = '';
  #executing = 0;
  #seatsTaken = 0;

  /** `spare`: seats that all levels together could lend now. */
  constructor(configuration: PriorityLevelConfiguration, nominal: number, spare: () => number) {
    this.name = configuration.metadata.name;
    this.#spare = spare;
    this.configure(configuration, nominal);
  }

  /** Takes on another configuration; who sits or waits is not disturbed. */
  configure({ metadata, spec }: PriorityLevelConfiguration, nominal: number): void {
    const { limited } = spec ?? {};
    this.uid = metadata.uid ?? '';
    this.#exempt = spec?.type === 'Exempt';
    this.#nominal = nominal;
    const lendable = limited?.lendablePercent ?? (this.#exempt ? (spec?.exempt?.lendablePercent ?? 0) : 0);
    this.#lendable = Math.floor((nominal * lendable) / 100);
    const percent = limited?.borrowingLimitPercent;
    this.#borrowable = percent === undefined ? Number.POSITIVE_INFINITY : Math.floor((nominal * percent) / 100);
    const { queues = 64, handSize = 8, queueLengthLimit = 50 } = limited?.limitResponse?.queuing ?? {};
    const shape = limited?.limitResponse?.type === 'Queue' ? `${queues} ${handSize} ${queueLengthLimit}` : '';
    if (shape === this.#shape) return;
    this.#shape = shape;
    for (let waiting = this.#queues?.take(); waiting !== undefined; waiting = this.#queues?.take()) waiting.start();
    this.#queues = shape === '' ? undefined : new FairQueues({ queues, handSize, queueLengthLimit });
  }

  /** Requests that have their seats. */
  get executing(): number {
    return this.#executing;
  }

  /** Seats that they sit on. */
  get seatsTaken(): number {
    return this.#seatsTaken;
  }

  get waiting(): number {
    return this.#queues?.size ?? 0;
  }

  get nominal(): number {
    return this.#nominal;
  }

  /** Seats that it could do without now. */
  get lends(): number {
    return Math.max(0, Math.min(this.#lendable, this.#nominal - this.#seatsTaken));
  }

  /** Seats of others that it sits on. */
  get borrows(): number {
    return this.#exempt ? 0 : Math.max(0, this.#seatsTaken - this.#nominal);
  }

  enter(flow: string, seats: number, patienceMs: number, signal?: AbortSignal): (() => void) | Promise<() => void> {
    if (this.#exempt || (this.waiting === 0 && this.#hasRoom(seats))) return this.#sit(seats);
    return this.#wait(flow, seats, patienceMs, signal);
  }

  /** Who is wider than the whole level is let in when nobody else is there. */
  #hasRoom(seats: number): boolean {
    const lacking = this.#seatsTaken + seats - this.#nominal;
    if (lacking <= 0 || (this.#seatsTaken === 0 && this.#nominal > 0)) return true;
    return lacking <= this.#borrowable && Math.min(seats, lacking) <= this.#spare() - this.lends;
  }

  #sit(seats: number): () => void {
    this.#executing += 1;
    this.#seatsTaken += seats;
    this.dispatched += 1;
    let seated = true;
    return () => {
      if (!seated) return;
      seated = false;
      this.#executing -= 1;
      this.#seatsTaken -= seats;
      this.#admit();
    };
  }

  /** Nobody who takes little goes before one whose turn it is and who takes much. */
  #admit(): void {
    for (let next = this.#queues?.first; next !== undefined && this.#hasRoom(next.seats); next = this.#queues?.first) {
      this.#queues?.take();
      next.start();
    }
  }

  #wait(flow: string, seats: number, patienceMs: number, signal?: AbortSignal): Promise<() => void> {
    return new Promise((resolve, reject) => {
      const end = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
      };
      const remove = this.#queues?.put(flow, {
        seats,
        start: () => {
          end();
          resolve(this.#sit(seats));
        },
      });
      const giveUp = (error: unknown): void => {
        end();
        remove?.();
        reject(error);
      };
      const onAbort = (): void => giveUp(signal?.reason);
      const timer = setTimeout(() => giveUp(this.#refusal()), patienceMs);
      if (remove === undefined) return giveUp(this.#refusal());
      signal?.addEventListener('abort', onAbort, { once: true });
      if (signal?.aborted) onAbort();
    });
  }

  #refusal(): StatusError {
    this.rejected += 1;
    return new StatusError('TooManyRequests', 'too many requests, please try again later', { retryAfterSeconds: 1 });
  }
}
