import type { Schedule, TimeZone } from '@kubus/shared/cron';
import { newControllerRef } from '../common/owners.ts';
import { formatTime, parseTime } from '../common/time.ts';
import { isFinished, type Job, jobKind } from '../job/index.ts';
import { dueStart } from './due.ts';
import { type CronJob, type CronJobStatus, cronJobKind, type ObjectReference, scheduledAnnotation } from './types.ts';

export interface CronEvent {
  type: 'Normal' | 'Warning';
  reason: string;
  message: string;
}

export interface Plan {
  events: CronEvent[];
  /** In this order, before anything is created. */
  delete: Job[];
  create?: { job: Job; time: number };
  /** Without what `create` will add. */
  status: CronJobStatus;
  wait?: number;
}

export interface Observed {
  cronJob: CronJob;
  /** All Jobs that the CronJob manages. */
  jobs: readonly Job[];
  /** Undefined when the CronJob's schedule or time zone is none; `problem` says why. */
  schedule?: Schedule;
  zone: TimeZone;
  problem?: CronEvent;
}

/** What is to be done for a CronJob now: old Jobs go, the list of active ones is put right, and the latest start that is due is made. */
export function plan(observed: Observed, now: number): Plan {
  const { cronJob, jobs } = observed;
  const { events, status } = countActive(cronJob, jobs);
  const old = oldJobs(cronJob, jobs);
  const base: Plan = { events, delete: old, status: withoutActive(status, old) };
  if (observed.problem !== undefined) return { ...base, events: [...events, observed.problem] };
  const { schedule } = observed;
  if (schedule === undefined || cronJob.metadata.deletionTimestamp !== undefined) return base;
  return cronJob.spec.suspend === true ? base : planStart(base, { ...observed, schedule }, now);
}

function planStart(base: Plan, observed: Observed & { schedule: Schedule }, now: number): Plan {
  const { cronJob, jobs, schedule, zone } = observed;
  // The list that was just put right may name a start that the status did not know of.
  const due = dueStart({ ...cronJob, status: base.status }, schedule, now);
  const wait = due.next === undefined ? {} : { wait: due.next };
  if (due.time === undefined) return { ...base, ...wait };
  const events = due.tooManyMissed ? [...base.events, tooManyMissed] : base.events;
  const active = base.status.active ?? [];
  const { concurrencyPolicy } = cronJob.spec;
  if (concurrencyPolicy === 'Forbid' && active.length > 0)
    return { ...base, ...wait, events: [...events, alreadyActive] };
  const replaced =
    concurrencyPolicy === 'Replace'
      ? jobs.filter(({ metadata }) => active.some(({ uid }) => uid === metadata.uid))
      : [];
  return {
    ...wait,
    events,
    delete: [...base.delete, ...replaced],
    create: { job: newJob(cronJob, due.time, zone), time: due.time },
    status: withoutActive(base.status, replaced),
  };
}

/** The status lists the Jobs that run. One that was made but not written down, because its maker died, is known by its name. */
function countActive(cronJob: CronJob, jobs: readonly Job[]): { events: CronEvent[]; status: CronJobStatus } {
  const events: CronEvent[] = [];
  const status: CronJobStatus = { ...cronJob.status };
  let active = [...(status.active ?? [])];
  for (const job of jobs) {
    const { name, uid } = job.metadata;
    const listed = active.some((one) => one.uid === uid);
    const scheduled = scheduledBy(cronJob, job);
    if (scheduled !== undefined && scheduled > (parseTime(status.lastScheduleTime) ?? 0)) {
      status.lastScheduleTime = formatTime(scheduled);
      if (!listed && !isFinished(job)) active.push(referenceTo(job));
    } else if (!listed && !isFinished(job)) {
      events.push(warning('UnexpectedJob', `Saw a job that the controller did not create or forgot: ${name}`));
    }
    if (!isFinished(job)) continue;
    if (listed) {
      active = active.filter((one) => one.uid !== uid);
      events.push(normal('SawCompletedJob', `Saw completed job: ${name}, condition: ${endOf(job)}`));
    }
    const completed = endOf(job) === 'Complete' ? job.status?.completionTime : undefined;
    if ((parseTime(completed) ?? 0) > (parseTime(status.lastSuccessfulTime) ?? 0))
      status.lastSuccessfulTime = completed as string;
  }
  const missing = active.filter((one) => !jobs.some(({ metadata }) => metadata.uid === one.uid));
  for (const { name } of missing) events.push(normal('MissingJob', `Active job went missing: ${name}`));
  return {
    events,
    status: withActive(
      status,
      active.filter((one) => !missing.includes(one)),
    ),
  };
}

/** When the Job was to start, if it is one that a start of this CronJob makes. */
function scheduledBy(cronJob: CronJob, job: Job): number | undefined {
  const time = parseTime(job.metadata.annotations?.[scheduledAnnotation]);
  return time !== undefined && job.metadata.name === jobName(cronJob, time) ? time : undefined;
}

const endOf = (job: Job): string | undefined =>
  job.status?.conditions?.find(({ type, status }) => (type === 'Complete' || type === 'Failed') && status === 'True')
    ?.type;

/** Finished Jobs beyond what is to be kept of each outcome; the oldest first. */
function oldJobs({ spec }: CronJob, jobs: readonly Job[]): Job[] {
  const limits = { Complete: spec.successfulJobsHistoryLimit, Failed: spec.failedJobsHistoryLimit };
  return Object.entries(limits).flatMap(([end, limit]) => {
    const ended = jobs.filter((job) => endOf(job) === end).sort(byStart);
    return typeof limit === 'number' ? ended.slice(0, Math.max(0, ended.length - limit)) : [];
  });
}

function byStart(a: Job, b: Job): number {
  const [first, second] = [a, b].map(({ status }) => parseTime(status?.startTime) ?? Number.POSITIVE_INFINITY);
  if (first !== second) return (first as number) < (second as number) ? -1 : 1;
  return a.metadata.name < b.metadata.name ? -1 : 1;
}

function withoutActive(status: CronJobStatus, jobs: readonly Job[]): CronJobStatus {
  const gone = new Set(jobs.map(({ metadata }) => metadata.uid));
  return withActive(
    status,
    (status.active ?? []).filter(({ uid }) => !gone.has(uid)),
  );
}

export function withActive({ active: _, ...status }: CronJobStatus, active: readonly ObjectReference[]): CronJobStatus {
  return active.length === 0 ? status : { ...status, active: [...active] };
}

export function referenceTo({ metadata }: Job): ObjectReference {
  const { namespace = '', name, uid = '', resourceVersion = '' } = metadata;
  return { apiVersion: 'batch/v1', kind: 'Job', namespace, name, uid, resourceVersion };
}

/** Follows from the time of the start, so that nobody can make the same start twice. */
function jobName(cronJob: CronJob, time: number): string {
  return `${cronJob.metadata.name}-${Math.floor(time / 60_000)}`;
}

function newJob(cronJob: CronJob, time: number, zone: TimeZone): Job {
  const { metadata, spec } = cronJob.spec.jobTemplate;
  return {
    apiVersion: 'batch/v1',
    kind: jobKind.kind,
    metadata: {
      name: jobName(cronJob, time),
      namespace: cronJob.metadata.namespace ?? '',
      ...(metadata?.labels === undefined ? {} : { labels: metadata.labels }),
      annotations: { ...metadata?.annotations, [scheduledAnnotation]: zone.format(time) },
      ownerReferences: [newControllerRef(cronJob, cronJobKind)],
    },
    spec: spec ?? { template: {} },
  };
}

const normal = (reason: string, message: string): CronEvent => ({ type: 'Normal', reason, message });
const warning = (reason: string, message: string): CronEvent => ({ type: 'Warning', reason, message });

const tooManyMissed = warning(
  'TooManyMissedTimes',
  'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew',
);
const alreadyActive = normal(
  'JobAlreadyActive',
  'Not starting job because prior execution is running and concurrency policy is Forbid',
);
