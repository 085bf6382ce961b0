import { setTimeout as delay } from 'node:timers/promises';
import { StatusError } from '../../errors/index.ts';
import type { ApiRequest } from '../contract.ts';

export interface RetryOptions {
  /** Tries go on for this long; milliseconds, default 30,000. */
  retryForMs?: number;
  /** First wait, doubled each time up to a second; milliseconds, default 50. */
  firstWaitMs?: number;
}

/** Doing it twice is doing it once. */
export function isRepeatable(request: ApiRequest): boolean {
  return request.verb === 'get' || request.verb === 'list' || request.verb === 'watch';
}

/** Not carried out for sure: the store gives ServiceUnavailable only for what it did not do, and Timeout for what it may have done. */
function wasNotDone(error: StatusError): boolean {
  return error.reason === 'ServiceUnavailable' || error.reason === 'TooManyRequests';
}

/**
 * Tries again, with growing waits, what was certainly not done, and what may be done twice when nothing is known. Every other failure is thrown at once; so is
 * the last one when the time is over.
 */
export async function retrying<T>(
  attempt: () => Promise<T>,
  repeatable: boolean,
  options: RetryOptions = {},
  signal?: AbortSignal,
): Promise<T> {
  const until = performance.now() + (options.retryForMs ?? 30_000);
  let wait = options.firstWaitMs ?? 50;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      const again = wasNotDone(error) || (repeatable && error.reason === 'Timeout');
      if (!again || signal?.aborted || performance.now() + wait > until) throw error;
    }
    // Half of it at random, so that many clients do not come back at once.
    await delay(wait * (0.5 + Math.random() / 2), undefined, signal === undefined ? {} : { signal }).catch(
      () => undefined,
    );
    wait = Math.min(wait * 2, 1_000);
  }
}
