import type { InformerFeed } from './contract.ts';

export interface FollowerOptions {
  /** Told of each failure before the next attempt. Default: nobody. */
  onError?: (error: unknown) => void;
  /** Wait before attempt n, from 1; milliseconds, default 100 doubling to 5,000. */
  backoffMs?: (attempt: number) => number;
}

/** One round of following a source. Returns when it must be begun again at once; throws when after a while. */
export type Round = (signal: AbortSignal, succeeded: () => void) => Promise<void>;

/** A source that ends every round at once is not asked more often than this. */
const SHORTEST_ROUND_MS = 50;

/** Runs rounds until it is stopped, waiting longer after each failure in a row. */
export function followForever(round: Round, refresh: () => void, options: FollowerOptions): InformerFeed {
  const stopping = new AbortController();
  const running = run(round, stopping.signal, options);
  return {
    refresh,
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}

async function run(round: Round, signal: AbortSignal, options: FollowerOptions): Promise<void> {
  const backoffMs = options.backoffMs ?? ((attempt) => Math.min(100 * 2 ** (attempt - 1), 5_000));
  let failures = 0;
  while (!signal.aborted) {
    const beganAt = performance.now();
    try {
      await round(signal, () => {
        failures = 0;
      });
      await pause(SHORTEST_ROUND_MS - (performance.now() - beganAt), signal);
    } catch (error) {
      if (signal.aborted) return;
      options.onError?.(error);
      await pause(backoffMs(++failures), signal);
    }
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms <= 0 || signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}
