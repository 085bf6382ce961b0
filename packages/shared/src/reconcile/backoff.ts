/** Longest delay: 16 minutes 40 seconds. */
const maxMs = 1_000_000;

/** Exponential delays per key, as client-go's workqueue and controller-runtime set them by default. */
export interface BackoffOptions {
  /** After the first failure; milliseconds, default 5. */
  baseMs?: number;
}

/** Milliseconds to wait after this many failures in a row, from 1. */
export function backoffDelay(failures: number, options: BackoffOptions = {}): number {
  const { baseMs = 5 } = options;
  // 2^53 is far above any maximum: the exponent is bounded so that the product stays a number.
  return Math.min(maxMs, baseMs * 2 ** Math.min(Math.max(failures - 1, 0), 53));
}
