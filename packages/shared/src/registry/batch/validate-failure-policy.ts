import type { FieldError } from '../../errors/index.ts';
import { names } from '../../object/index.ts';
import type {
  JobSpec,
  PodFailurePolicyOnExitCodesRequirement,
  PodFailurePolicyOnPodConditionsPattern,
  PodFailurePolicyRule,
} from '../../schema/index.ts';
import { field } from '../field.ts';

const maxRules = 20;
const maxExitCodes = 255;
const maxPatterns = 20;
const actions = ['Count', 'FailIndex', 'FailJob', 'Ignore'];
const operators = ['In', 'NotIn'];
const statuses = ['False', 'True', 'Unknown'];

const listed = (values: readonly string[]): string =>
  `valid values: ${values.map((v) => JSON.stringify(v)).join(', ')}`;

/** How pods that fail count (pkg/apis/batch/validation validatePodFailurePolicy). */
export function validateFailurePolicy(spec: JobSpec, path: string): FieldError[] {
  const rules = spec.podFailurePolicy?.rules ?? [];
  const pod = spec.template?.spec;
  const containers = new Set([...(pod?.containers ?? []), ...(pod?.initContainers ?? [])].map(({ name }) => name));
  const errors = rules.length > maxRules ? [field.tooMany(`${path}.rules`, rules.length, maxRules)] : [];
  return [...errors, ...rules.flatMap((rule, i) => validateRule(rule, `${path}.rules[${i}]`, spec, containers))];
}

function validateRule(
  rule: PodFailurePolicyRule,
  path: string,
  spec: JobSpec,
  containers: ReadonlySet<string>,
): FieldError[] {
  const { action = '', onExitCodes, onPodConditions = [] } = rule;
  const where = `${path}.action`;
  const errors: FieldError[] = [];
  if (action === '') errors.push(field.required(where, listed(actions)));
  else if (!actions.includes(action)) errors.push(field.notSupported(where, action, actions));
  else if (action === 'FailIndex' && spec.backoffLimitPerIndex === undefined) {
    errors.push(field.invalid(where, action, 'requires the backoffLimitPerIndex to be set'));
  }
  if (onExitCodes !== undefined) errors.push(...validateExitCodes(onExitCodes, `${path}.onExitCodes`, containers));
  if (onPodConditions.length > 0) errors.push(...validateConditions(onPodConditions, `${path}.onPodConditions`));
  if (onExitCodes !== undefined && onPodConditions.length > 0) {
    const why = 'specifying both OnExitCodes and OnPodConditions is not supported';
    errors.push(field.invalid(path, rule, why));
  }
  if (onExitCodes === undefined && onPodConditions.length === 0) {
    const why = 'specifying one of OnExitCodes and OnPodConditions is required';
    errors.push(field.invalid(path, rule, why));
  }
  return errors;
}

function validateExitCodes(
  { operator = '', values = [], containerName }: PodFailurePolicyOnExitCodesRequirement,
  path: string,
  containers: ReadonlySet<string>,
): FieldError[] {
  const errors: FieldError[] = [];
  if (operator === '') errors.push(field.required(`${path}.operator`, listed(operators)));
  else if (!operators.includes(operator)) errors.push(field.notSupported(`${path}.operator`, operator, operators));
  if (containerName !== undefined && !containers.has(containerName)) {
    const why = 'must be one of the container or initContainer names in the pod template';
    errors.push(field.invalid(`${path}.containerName`, containerName, why));
  }
  const at = `${path}.values`;
  if (values.length === 0) errors.push(field.invalid(at, values, 'at least one value is required'));
  else if (values.length > maxExitCodes) errors.push(field.tooMany(at, values.length, maxExitCodes));
  const seen = new Set<number>();
  for (const [i, value] of values.entries()) {
    if (operator === 'In' && value === 0) {
      errors.push(field.invalid(`${at}[${i}]`, value, 'must not be 0 for the In operator'));
    }
    if (seen.has(value)) errors.push(field.duplicate(`${at}[${i}]`, value));
    seen.add(value);
  }
  const ordered = values.every((value, i) => i === 0 || (values[i - 1] as number) <= value);
  return ordered ? errors : [...errors, field.invalid(at, values, 'must be ordered')];
}

function validateConditions(patterns: readonly PodFailurePolicyOnPodConditionsPattern[], path: string): FieldError[] {
  const errors = patterns.length > maxPatterns ? [field.tooMany(path, patterns.length, maxPatterns)] : [];
  for (const [i, { type = '', status = '' }] of patterns.entries()) {
    errors.push(...field.invalids(`${path}[${i}].type`, type, names.qualifiedName(type)));
    if (status === '') errors.push(field.required(`${path}[${i}].status`, listed(statuses)));
    else if (!statuses.includes(status)) errors.push(field.notSupported(`${path}[${i}].status`, status, statuses));
  }
  return errors;
}
