import type { Probe } from '@kubus/shared/schema';

/** Equal results of a probe, one after the other. */
export interface Streak {
  succeeded: boolean;
  length: number;
}

/** The streak with one more result, and what it decides: undefined while it is too short (Kubernetes: successThreshold, failureThreshold). */
export function countResult(
  streak: Streak | undefined,
  succeeded: boolean,
  probe: Probe,
): { streak: Streak; verdict: boolean | undefined } {
  const length = streak?.succeeded === succeeded ? streak.length + 1 : 1;
  const needed = (succeeded ? probe.successThreshold : probe.failureThreshold) ?? (succeeded ? 1 : 3);
  return { streak: { succeeded, length }, verdict: length >= needed ? succeeded : undefined };
}
