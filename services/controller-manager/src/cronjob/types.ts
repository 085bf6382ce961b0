import type * as schema from '@kubus/shared/schema';

export type { CronJobStatus, ObjectReference } from '@kubus/shared/schema';
export type CronJob = schema.CronJob;

/** When a Job was to start, in the time zone of its CronJob. */
export const scheduledAnnotation = 'batch.kubernetes.io/cronjob-scheduled-timestamp';

export const cronJobKind = { group: 'batch', version: 'v1', kind: 'CronJob' };
export const cronJobs = { group: 'batch', version: 'v1', resource: 'cronjobs' };
