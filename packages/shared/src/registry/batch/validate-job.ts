import type { FieldError } from '../../errors/index.ts';
import type { Job } from '../../schema/index.ts';
import { field } from '../field.ts';
import { labelsMatch, nonNegative, validateLabelSelector, validatePodTemplate } from '../workload.ts';

export function validateJob({ spec }: Job): FieldError[] {
  if (spec?.template === undefined) return [field.required('spec.template')];
  return [
    ...nonNegative(spec.parallelism, 'spec.parallelism'),
    ...nonNegative(spec.completions, 'spec.completions'),
    ...nonNegative(spec.backoffLimit, 'spec.backoffLimit'),
    ...validatePodTemplate(spec.template, 'spec.template'),
    ...validateLabelSelector(spec.selector, 'spec.selector'),
    ...labelsMatch(spec.template, spec.selector, 'spec.template'),
  ];
}
export function validateJobUpdate(_object: Job, _old: Job): FieldError[] {
  return [];
}
export function validateJobStatus(_object: Job): FieldError[] {
  return [];
}
export function validateJobStatusUpdate(_object: Job, _old: Job): FieldError[] {
  return [];
}
