import type * as schema from '@kubus/shared/schema';

export type {
  JobCondition,
  JobStatus,
  PodFailurePolicy,
  PodFailurePolicyRule,
  SuccessPolicy,
} from '@kubus/shared/schema';

/** Validation lets nothing into the store without a spec. */
export type Job = schema.Job & { spec: schema.JobSpec };

/** Kubernetes' names (batch/v1). */
export const trackingFinalizer = 'batch.kubernetes.io/job-tracking';
export const indexKey = 'batch.kubernetes.io/job-completion-index';
export const jobNameLabel = 'batch.kubernetes.io/job-name';
export const failureCountKey = 'batch.kubernetes.io/job-index-failure-count';
export const ignoredFailureCountKey = 'batch.kubernetes.io/job-index-ignored-failure-count';
/** Who looks after a Job that names nobody in `managedBy`. */
export const jobControllerName = 'kubernetes.io/job-controller';

export const jobKind = { group: 'batch', version: 'v1', kind: 'Job' };
export const jobs = { group: 'batch', version: 'v1', resource: 'jobs' };
