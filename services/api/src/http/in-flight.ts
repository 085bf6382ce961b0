import { StatusError } from '@kubus/shared/errors';

export interface InFlightLimits {
  /** get and list requests at once; default 400 (kube-apiserver --max-requests-inflight). */
  readonly: number;
  /** Changing requests at once; default 200 (--max-mutating-requests-inflight). */
  mutating: number;
  /** Watches and streams at once. They last, so they have a bound of their own; default 20,000. */
  longRunning: number;
}

export type RequestClass = keyof InFlightLimits;

const defaultInFlightLimits: InFlightLimits = { readonly: 400, mutating: 200, longRunning: 20_000 };

/** Counts requests being served and turns away what exceeds a limit, before it costs anything. */
export class InFlight {
  readonly #limits: InFlightLimits;
  readonly #counts: Record<RequestClass, number> = { readonly: 0, mutating: 0, longRunning: 0 };

  constructor(limits: Partial<InFlightLimits> = {}) {
    this.#limits = { ...defaultInFlightLimits, ...limits };
  }

  /** Takes a place; the result gives it back, once. Throws TooManyRequests when there is none. */
  enter(requestClass: RequestClass): () => void {
    if (this.#counts[requestClass] >= this.#limits[requestClass]) {
      throw new StatusError('TooManyRequests', 'Too many requests, please try again later.', { retryAfterSeconds: 1 });
    }
    this.#counts[requestClass] += 1;
    let entered = true;
    return () => {
      if (entered) this.#counts[requestClass] -= 1;
      entered = false;
    };
  }

  count(requestClass: RequestClass): number {
    return this.#counts[requestClass];
  }
}
