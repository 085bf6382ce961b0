import type { ApiClient } from '@kubus/shared/bus';
import { isAlreadyExists, isConflict, isNotFound, StatusError } from '@kubus/shared/errors';
import type { EventRecorder } from '@kubus/shared/events';
import { semanticEqual } from '../common/equality.ts';
import { controllerOf } from '../common/owners.ts';
import { formatTime } from '../common/time.ts';
import { isFinished, type Job, jobs } from '../job/index.ts';
import { type Plan, referenceTo, withActive } from './plan.ts';
import { type CronJob, type CronJobStatus, cronJobs } from './types.ts';

/** What a plan acts for. */
export interface Target {
  api: ApiClient;
  events: EventRecorder;
  cronJob: CronJob;
}

/** Carries a plan out and writes the status; false when the CronJob has changed meanwhile. */
export async function execute(plan: Plan, target: Target): Promise<boolean> {
  const { events, cronJob } = target;
  for (const { type, reason, message } of plan.events) events.event(cronJob, type, reason, message);
  for (const job of plan.delete) await deleteJob(job, target);
  let { status } = plan;
  if (plan.create !== undefined) {
    const job = await createJob(plan.create.job, target);
    if (job !== undefined) status = started(status, job, plan.create.time);
  }
  return writeStatus(status, target);
}

function started(status: CronJobStatus, job: Job, time: number): CronJobStatus {
  const active = status.active ?? [];
  const known = isFinished(job) || active.some(({ uid }) => uid === job.metadata.uid);
  return { ...withActive(status, known ? active : [...active, referenceTo(job)]), lastScheduleTime: formatTime(time) };
}

async function deleteJob(job: Job, { api, events, cronJob }: Target): Promise<void> {
  const { namespace = '', name, uid } = job.metadata;
  const body = {
    apiVersion: 'v1',
    kind: 'DeleteOptions',
    propagationPolicy: 'Background',
    preconditions: { uid },
  };
  try {
    await api.request({ ...jobs, verb: 'delete', namespace, name, body });
    events.event(cronJob, 'Normal', 'SuccessfulDelete', `Deleted job ${name}`);
  } catch (error) {
    if (isNotFound(error)) return;
    events.event(cronJob, 'Warning', 'FailedDelete', `Deleted job: ${(error as Error).message}`);
    throw error;
  }
}

/** The Job of the start, whoever has made it; undefined when the namespace is going, or the name is somebody else's. */
async function createJob(job: Job, { api, events, cronJob }: Target): Promise<Job | undefined> {
  const { namespace = '', name } = job.metadata;
  try {
    const created = await api.request<Job>({ ...jobs, verb: 'create', namespace, body: job });
    events.event(cronJob, 'Normal', 'SuccessfulCreate', `Created job ${name}`);
    return created;
  } catch (error) {
    if (isAlreadyExists(error)) {
      const other = await api.request<Job>({ ...jobs, verb: 'get', namespace, name });
      return controllerOf(other)?.uid === cronJob.metadata.uid ? other : undefined;
    }
    if (isTerminating(error)) return undefined;
    events.event(cronJob, 'Warning', 'FailedCreate', `Error creating job: ${(error as Error).message}`);
    throw error;
  }
}

async function writeStatus(status: CronJobStatus, { api, cronJob }: Target): Promise<boolean> {
  if (semanticEqual(cronJob.status, status)) return true;
  const { namespace = '', name } = cronJob.metadata;
  const body = { ...cronJob, status };
  try {
    await api.request({ ...cronJobs, verb: 'update', subresource: 'status', namespace, name, body });
    return true;
  } catch (error) {
    if (isConflict(error) || isNotFound(error)) return false;
    throw error;
  }
}

const isTerminating = (error: unknown): boolean =>
  error instanceof StatusError && (error.details?.causes ?? []).some(({ reason }) => reason === 'NamespaceTerminating');
