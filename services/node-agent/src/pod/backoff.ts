import type { Container } from '@kubus/shared/schema';
import type { ContainerRecord } from '../runtime/contract.ts';

/** Delay before the next start of a container that keeps ending (Kubernetes: "Container restart policy", CrashLoopBackOff). */
export interface Backoff {
  seconds: number;
  /** When the delay was set; milliseconds since 1970. */
  since: number;
}

/** What holds a container off: nothing of another image does (kubelet: the key of its back-off has the hash of the container). */
export const backoffOf = (
  backoffs: ReadonlyMap<string, Backoff>,
  spec: Container,
  latest: ContainerRecord,
): Backoff | undefined => (hasOtherImage(spec, latest) ? undefined : backoffs.get(spec.name));

export const hasOtherImage = (spec: Container, latest: ContainerRecord): boolean =>
  latest.image !== '' && latest.image !== spec.image;

const initialSeconds = 10;
const longestBackoffSeconds = 300;

/** Whether `at` is to be waited for. What lies further ahead than any wait takes was noted before the clock was set back: it is due. */
export const isAhead = (at: number, now: number, longestMs = longestBackoffSeconds * 1000): boolean =>
  at > now && at - now <= longestMs;

/** A wait that users were told of: after which end of the container, and until when; milliseconds since 1970. */
export interface NotedWait {
  endedAt: number;
  until: number;
}

/** Until when a container that ended is to wait; undefined when it may start. An end that lies ahead, by the clock of an engine or by one that was set back, counts from when it is first seen. */
export function waitAfter(
  endedAt: number,
  { backoff, noted, now }: { backoff: Backoff | undefined; noted: NotedWait | undefined; now: number },
): number | undefined {
  const planned = backoffEnd(backoff, endedAt) - Math.max(0, endedAt - now);
  const until = noted?.endedAt === endedAt ? noted.until : planned;
  return isAhead(until, now, (backoff?.seconds ?? 0) * 1000) ? until : undefined;
}
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
