/** Delay before the next start of a container that keeps ending (Kubernetes: "Container restart policy", CrashLoopBackOff). */
export interface Backoff {
  seconds: number;
  /** When the delay was set; milliseconds since 1970. */
  since: number;
}

const initialSeconds = 10;
export const longestBackoffSeconds = 300;
/** A container that has run for this long starts over with the initial delay. */
const resetMs = 600_000;

/** The delay that follows the given one, when a container that ended at `endedAt` is started again; no longer than `longest` seconds. */
export function nextBackoff(backoff: Backoff | undefined, endedAt: number, longest = longestBackoffSeconds): Backoff {
  const fresh = backoff === undefined || endedAt - backoff.since > resetMs;
  return { seconds: Math.min(longest, fresh ? initialSeconds : backoff.seconds * 2), since: endedAt };
}

/** Until when a container that ended at `endedAt` has to wait; milliseconds since 1970. The first restart is at once. */
export function backoffEnd(backoff: Backoff | undefined, endedAt: number): number {
  if (backoff === undefined || endedAt - backoff.since > resetMs) return endedAt;
  return endedAt + backoff.seconds * 1000;
}
