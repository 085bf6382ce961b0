import { finishTime, type Job } from '../job/index.ts';

/** Milliseconds until a finished Job is to be deleted; undefined when it is not, or has not finished. */
export function untilExpired(job: Job, now: number): number | undefined {
  const { ttlSecondsAfterFinished: ttl } = job.spec;
  const finished = finishTime(job);
  if (typeof ttl !== 'number' || finished === undefined || job.metadata.deletionTimestamp !== undefined)
    return undefined;
  return Math.max(0, finished + ttl * 1000 - now);
}
