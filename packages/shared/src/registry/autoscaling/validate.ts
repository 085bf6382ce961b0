import type { FieldError } from '../../errors/index.ts';
import type { HorizontalPodAutoscaler } from '../../schema/index.ts';
import { field } from '../field.ts';
import { nonNegative } from '../workload.ts';

/** pkg/apis/autoscaling/validation ValidateHorizontalPodAutoscaler */
export function validateAutoscaler({ spec }: HorizontalPodAutoscaler): FieldError[] {
  if (spec === undefined) return [field.required('spec.scaleTargetRef')];
  const { minReplicas, maxReplicas = 0 } = spec;
  const errors: FieldError[] = [];
  if (minReplicas !== undefined && minReplicas < 1) {
    errors.push(field.invalid('spec.minReplicas', minReplicas, 'must be greater than or equal to 1'));
  }
  if (maxReplicas < 1) errors.push(field.invalid('spec.maxReplicas', maxReplicas, 'must be greater than 0'));
  if (minReplicas !== undefined && maxReplicas < minReplicas) {
    const why = 'must be greater than or equal to `minReplicas`';
    errors.push(field.invalid('spec.maxReplicas', maxReplicas, why));
  }
  return errors;
}

export function validateAutoscalerStatus({ status }: HorizontalPodAutoscaler): FieldError[] {
  return [
    ...nonNegative(status?.currentReplicas, 'status.currentReplicas'),
    ...nonNegative(status?.desiredReplicas, 'status.desiredReplicas'),
  ];
}
