import type { Pod } from '../common/types.ts';
import type { PastFailure } from './past-failures.ts';
import { finishedAt, hasFailed, hasSucceeded } from './pods.ts';
import type { Job } from './types.ts';

const firstBackoffMs = 10_000;
const maxBackoffMs = 600_000;

/** Milliseconds that remain of the back-off after the last of `failures` in a row; 10 s, doubled with each, up to 10 min. */
export function remainingBackoff(failures: number, lastFailure: number, now: number): number {
  if (failures === 0) return 0;
  const backoff = Math.min(firstBackoffMs * 2 ** Math.min(failures - 1, 30), maxBackoffMs);
  return Math.max(0, lastFailure + backoff - now);
}

/**
 * Milliseconds until the Job may have new pods. Follows from the pods that are there, so any replica comes to the same time, and from failures whose pods
 * are gone.
 */
export function untilNewPods(job: Job, pods: readonly Pod[], past: readonly PastFailure[], now: number): number {
  const lastSuccess = Math.max(...pods.filter(hasSucceeded).map(finishedAt), Number.NEGATIVE_INFINITY);
  const there = new Set(pods.map(({ metadata }) => metadata.uid));
  const gone = past.filter(({ uid }) => !there.has(uid)).map((failure) => failure.finishedAt);
  const failed = pods.filter((pod) => hasFailed(job, pod)).map(finishedAt);
  const failures = [...failed, ...gone].filter((time) => time > lastSuccess);
  return remainingBackoff(failures.length, Math.max(...failures, 0), now);
}
