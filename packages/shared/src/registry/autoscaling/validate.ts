import type { FieldError } from '../../errors/index.ts';
import type { HorizontalPodAutoscaler, HPAScalingPolicy, HPAScalingRules } from '../../schema/index.ts';
import { field } from '../field.ts';
import { nonNegative } from '../workload.ts';
import { validateMetric, validateReference } from './validate-metric.ts';

/** pkg/apis/autoscaling/validation ValidateHorizontalPodAutoscaler; scaling to zero is behind a gate that is off. */
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
  errors.push(...validateReference(spec.scaleTargetRef, 'spec.scaleTargetRef'));
  for (const [i, metric] of (spec.metrics ?? []).entries()) {
    errors.push(...validateMetric(metric, field.index('spec.metrics', i)));
  }
  for (const name of ['scaleUp', 'scaleDown'] as const) {
    errors.push(...validateRules(spec.behavior?.[name], `spec.behavior.${name}`));
  }
  return errors;
}

const maxWindowSeconds = 3600;
const maxPeriodSeconds = 1800;
const selections = ['Disabled', 'Max', 'Min'];
const policyTypes = ['Percent', 'Pods'];

function validateRules(rules: HPAScalingRules | undefined, path: string): FieldError[] {
  if (rules === undefined) return [];
  const { stabilizationWindowSeconds: window, selectPolicy, policies = [], tolerance } = rules;
  const where = `${path}.stabilizationWindowSeconds`;
  const errors: FieldError[] = [];
  if (window !== undefined && window < 0) {
    errors.push(field.invalid(where, window, 'must be greater than or equal to zero'));
  }
  if (window !== undefined && window > maxWindowSeconds) {
    errors.push(field.invalid(where, window, `must be less than or equal to ${maxWindowSeconds}`));
  }
  if (selectPolicy !== undefined && !selections.includes(selectPolicy)) {
    errors.push(field.notSupported(`${path}.selectPolicy`, selectPolicy, selections));
  }
  if (policies.length === 0) errors.push(field.required(`${path}.policies`, 'must specify at least one Policy'));
  errors.push(...policies.flatMap((policy, i) => validatePolicy(policy, `${path}.policies[${i}]`)));
  if (tolerance !== undefined && String(tolerance).startsWith('-')) {
    errors.push(field.invalid(`${path}.tolerance`, tolerance, 'must be greater than or equal to 0'));
  }
  return errors;
}

function validatePolicy({ type, value = 0, periodSeconds = 0 }: HPAScalingPolicy, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (!policyTypes.includes(type)) errors.push(field.notSupported(`${path}.type`, type ?? '', policyTypes));
  if (value <= 0) errors.push(field.invalid(`${path}.value`, value, 'must be greater than zero'));
  if (periodSeconds <= 0) {
    errors.push(field.invalid(`${path}.periodSeconds`, periodSeconds, 'must be greater than zero'));
  }
  if (periodSeconds > maxPeriodSeconds) {
    const why = `must be less than or equal to ${maxPeriodSeconds}`;
    errors.push(field.invalid(`${path}.periodSeconds`, periodSeconds, why));
  }
  return errors;
}

export function validateAutoscalerStatus({ status }: HorizontalPodAutoscaler): FieldError[] {
  return [
    ...nonNegative(status?.currentReplicas, 'status.currentReplicas'),
    ...nonNegative(status?.desiredReplicas, 'status.desiredReplicas'),
  ];
}
