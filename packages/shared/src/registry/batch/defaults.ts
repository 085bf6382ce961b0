import type { CronJob, Job, JobSpec } from '../../schema/index.ts';
import { setTemplateDefaults } from '../workload.ts';

/** pkg/apis/batch/v1 SetDefaults_Job */
export function setJobDefaults(object: Job): void {
  const { spec, metadata } = object;
  if (spec === undefined) return;
  // Both are left out by who wants one pod to succeed; one of them, by who wants a work queue.
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1;
  spec.parallelism ??= 1;
  spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? 6 : 2_147_483_647;
  const labels = spec.template?.metadata?.labels;
  if (labels !== undefined && Object.keys(metadata.labels ?? {}).length === 0) metadata.labels = { ...labels };
  spec.completionMode ??= 'NonIndexed';
  spec.suspend ??= false;
  spec.podReplacementPolicy ??= spec.podFailurePolicy === undefined ? 'TerminatingOrFailed' : 'Failed';
  spec.manualSelector ??= false;
  setPolicyDefaults(spec);
}

/** The job of a template gets its other defaults when it is made. */
export function setCronJobDefaults({ spec }: CronJob): void {
  if (spec === undefined) return;
  spec.concurrencyPolicy ||= 'Allow';
  spec.suspend ??= false;
  spec.successfulJobsHistoryLimit ??= 3;
  spec.failedJobsHistoryLimit ??= 1;
  if (spec.jobTemplate?.spec !== undefined) setPolicyDefaults(spec.jobTemplate.spec);
}

function setPolicyDefaults(spec: JobSpec): void {
  for (const rule of spec.podFailurePolicy?.rules ?? []) {
    for (const pattern of rule.onPodConditions ?? []) pattern.status ||= 'True';
  }
  setTemplateDefaults(spec.template);
}
