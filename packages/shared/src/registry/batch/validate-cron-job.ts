import type { FieldError } from '../../errors/index.ts';
import { names } from '../../object/index.ts';
import type { CronJob, CronJobSpec } from '../../schema/index.ts';
import { field } from '../field.ts';
import { nonNegative } from '../workload.ts';
import { scheduleError, timeZoneError } from './schedule.ts';
import { validateJobSpec } from './validate-job-spec.ts';

/** The controller appends eleven characters to it, and a job's name has at most 63. */
const maxNameLength = 52;
const policies = ['Allow', 'Forbid', 'Replace'];

/** pkg/apis/batch/validation ValidateCronJobCreate, but what depends on what was there before. */
export function validateCronJob({ metadata, spec }: CronJob): FieldError[] {
  if (spec === undefined) return [field.required('spec.schedule')];
  const errors: FieldError[] = [];
  if (metadata.name.length > maxNameLength) {
    errors.push(field.invalid('metadata.name', metadata.name, names.maxLength(maxNameLength)));
  }
  const { schedule = '', concurrencyPolicy: policy = '', timeZone } = spec;
  const bad = schedule === '' ? undefined : scheduleError(schedule);
  if (schedule === '') errors.push(field.required('spec.schedule'));
  if (bad !== undefined) errors.push(field.invalid('spec.schedule', schedule, bad));
  errors.push(...nonNegative(spec.startingDeadlineSeconds, 'spec.startingDeadlineSeconds'));
  if (policy === '') errors.push(field.required('spec.concurrencyPolicy'));
  else if (!policies.includes(policy)) errors.push(field.notSupported('spec.concurrencyPolicy', policy, policies));
  errors.push(...validateJobTemplate(spec));
  errors.push(...nonNegative(spec.successfulJobsHistoryLimit, 'spec.successfulJobsHistoryLimit'));
  errors.push(...nonNegative(spec.failedJobsHistoryLimit, 'spec.failedJobsHistoryLimit'));
  const badZone = timeZone === undefined ? undefined : timeZoneError(timeZone);
  if (badZone !== undefined) errors.push(field.invalid('spec.timeZone', timeZone, badZone));
  return errors;
}

/** A job of a template gets its selector when it is made. */
function validateJobTemplate({ jobTemplate }: CronJobSpec): FieldError[] {
  const path = 'spec.jobTemplate.spec';
  const spec = jobTemplate?.spec;
  if (spec === undefined) return [field.required(`${path}.template`)];
  const errors = validateJobSpec(spec, path);
  if (spec.selector !== undefined) {
    errors.push(field.invalid(`${path}.selector`, spec.selector, '`selector` will be auto-generated'));
  }
  if (spec.manualSelector === true) {
    errors.push(field.notSupported(`${path}.manualSelector`, true, ['nil', 'false']));
  }
  return errors;
}

/** A zone in the schedule has long been wrong; where one is it may stay. */
export function zoneInSchedule({ spec }: CronJob, old?: CronJob): FieldError[] {
  const schedule = spec?.schedule ?? '';
  if (!schedule.includes('TZ')) return [];
  if (old?.spec?.schedule?.includes('TZ') !== true) {
    const why = 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead';
    return [field.invalid('spec.schedule', schedule, why)];
  }
  if (spec?.timeZone === undefined) return [];
  return [field.invalid('spec.schedule', schedule, 'cannot use both timeZone field and TZ or CRON_TZ in schedule')];
}
