import type { FieldError } from '../../errors/index.ts';
import type { CronJob } from '../../schema/index.ts';
import { field } from '../field.ts';
import { nonNegative } from '../workload.ts';

export function validateCronJob({ spec }: CronJob): FieldError[] {
  if (!spec?.schedule) return [field.required('spec.schedule')];
  return nonNegative(spec.startingDeadlineSeconds, 'spec.startingDeadlineSeconds');
}
export function validateCronJobUpdate(_object: CronJob, _old: CronJob): FieldError[] {
  return [];
}
