import { parseSchedule, TimeZone } from '@kubus/shared/cron';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isFinished, type Job } from '../job/index.ts';
import { plan, referenceTo, withActive } from './plan.ts';
import type { CronJob } from './types.ts';

const zone = new TimeZone();
const made = Date.UTC(2026, 0, 1);
const schedules = fc.constantFrom('* * * * *', '*/5 * * * *', '30 2 * * *');
const cronJobs = fc
  .record({
    schedule: schedules,
    concurrencyPolicy: fc.constantFrom('Allow', 'Forbid', 'Replace'),
    suspend: fc.boolean(),
    deadline: fc.option(fc.integer({ min: 1, max: 600 }), { nil: undefined }),
    kept: fc.nat(2),
  })
  .map(
    ({ schedule, concurrencyPolicy, suspend, deadline, kept }): CronJob => ({
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: { name: 'c', namespace: 'shop', uid: 'uid-c', creationTimestamp: new Date(made).toISOString() },
      spec: {
        ...{ schedule, concurrencyPolicy, suspend, successfulJobsHistoryLimit: kept, failedJobsHistoryLimit: kept },
        ...(deadline === undefined ? {} : { startingDeadlineSeconds: deadline }),
        jobTemplate: { spec: { template: {} } },
      },
    }),
  );
/** What happens between two looks: so many seconds pass, and the Jobs that run end or do not. */
const looks = fc.array(fc.record({ seconds: fc.nat(4_000), end: fc.constantFrom(undefined, 'Complete', 'Failed') }), {
  minLength: 1,
  maxLength: 12,
});

/** As the executor does it, with the outcome that the API keeps to. */
function look(cronJob: CronJob, jobs: Job[], now: number): { cronJob: CronJob; jobs: Job[]; created: number } {
  const schedule = parseSchedule(cronJob.spec.schedule, zone);
  const next = plan({ cronJob, jobs, schedule, zone }, now);
  const { concurrencyPolicy, suspend } = cronJob.spec;
  const left = jobs.filter((job) => !next.delete.includes(job));
  if (suspend === true) expect(next.create).toBeUndefined();
  for (const job of next.delete) if (!isFinished(job)) expect(concurrencyPolicy).toBe('Replace');
  if (next.create === undefined) return { cronJob: { ...cronJob, status: next.status }, jobs: left, created: 0 };
  const { job, time } = next.create;
  const started = { ...job, metadata: { ...job.metadata, uid: `uid-${time}` } };
  expect(jobs.map(({ metadata }) => metadata.name)).not.toContain(job.metadata.name);
  if (concurrencyPolicy !== 'Allow') expect(left.filter((one) => !isFinished(one))).toEqual([]);
  const status = withActive({ ...next.status, lastScheduleTime: new Date(time).toISOString() }, [
    ...(next.status.active ?? []),
    referenceTo(started),
  ]);
  return { cronJob: { ...cronJob, status }, jobs: [...left, started], created: 1 };
}

const ended = (job: Job, type: string | undefined, now: number): Job => {
  const time = new Date(now).toISOString();
  if (type === undefined || isFinished(job)) return job;
  return { ...job, status: { startTime: time, completionTime: time, conditions: [{ type, status: 'True' }] } };
};

it('makes each start once, keeps to its concurrency, takes no Job that runs unless it replaces it, and then rests', () => {
  fc.assert(
    fc.property(cronJobs, looks, (drawn, sequence) => {
      let [now, cronJob, jobs]: [number, CronJob, Job[]] = [made, drawn, []];
      for (const { seconds, end } of sequence) {
        now += seconds * 1000;
        jobs = jobs.map((job) => ended(job, end, now));
        ({ cronJob, jobs } = look(cronJob, jobs, now));
        const again = look(cronJob, jobs, now);
        expect(again.created).toBe(0);
        expect(again.jobs).toEqual(jobs);
        const finished = jobs.filter(isFinished).length;
        expect(finished).toBeLessThanOrEqual(2 * (cronJob.spec.successfulJobsHistoryLimit ?? 0));
      }
    }),
  );
});
