import type { FieldError } from '../../errors/index.ts';
import { names } from '../../object/index.ts';
import type { JobSpec } from '../../schema/index.ts';
import { field } from '../field.ts';
import { nonNegative, validatePodTemplate } from '../workload.ts';
import { validateFailurePolicy } from './validate-failure-policy.ts';
import { validateSuccessPolicy } from './validate-success-policy.ts';

const maxParallelism = 100_000;
const maxFailedIndexes = 100_000;
const manyCompletions = 100_000;
const maxWithManyCompletions = 10_000;
const maxManagedBy = 63;

const modes = ['Indexed', 'NonIndexed'];
const replacementPolicies = ['Failed', 'TerminatingOrFailed'];

/** Rules of a job but those of its selector, which templates of jobs do not have (pkg/apis/batch/validation validateJobSpec). */
export function validateJobSpec(spec: JobSpec, path: string): FieldError[] {
  const numbers = [
    'parallelism',
    'completions',
    'activeDeadlineSeconds',
    'backoffLimit',
    'ttlSecondsAfterFinished',
    'backoffLimitPerIndex',
    'maxFailedIndexes',
  ] as const;
  const errors = numbers.flatMap((name) => nonNegative(spec[name], `${path}.${name}`));
  if (spec.maxFailedIndexes !== undefined && spec.backoffLimitPerIndex === undefined) {
    errors.push(field.required(`${path}.backoffLimitPerIndex`, 'when maxFailedIndexes is specified'));
  }
  errors.push(...validateMode(spec, path), ...validateManagedBy(spec.managedBy, `${path}.managedBy`));
  if (spec.podFailurePolicy !== undefined) errors.push(...validateFailurePolicy(spec, `${path}.podFailurePolicy`));
  if (spec.successPolicy !== undefined) errors.push(...validateSuccessPolicy(spec, `${path}.successPolicy`));
  errors.push(...validateReplacement(spec, `${path}.podReplacementPolicy`));
  if (spec.template === undefined) return [...errors, field.required(`${path}.template`)];
  errors.push(...validatePodTemplate(spec.template, `${path}.template`));
  return [...errors, ...validateRestart(spec, `${path}.template.spec.restartPolicy`)];
}

function validateMode(spec: JobSpec, path: string): FieldError[] {
  const { completionMode: mode, backoffLimitPerIndex, maxFailedIndexes: maxFailed } = spec;
  const errors: FieldError[] = [];
  if (mode !== undefined && !modes.includes(mode)) {
    errors.push(field.notSupported(`${path}.completionMode`, mode, modes));
  }
  if (mode === 'Indexed') return [...errors, ...validateIndexed(spec, path)];
  const why = 'requires indexed completion mode';
  if (backoffLimitPerIndex !== undefined) {
    errors.push(field.invalid(`${path}.backoffLimitPerIndex`, backoffLimitPerIndex, why));
  }
  if (maxFailed !== undefined) errors.push(field.invalid(`${path}.maxFailedIndexes`, maxFailed, why));
  return errors;
}

function validateIndexed(spec: JobSpec, path: string): FieldError[] {
  const { completions, parallelism, maxFailedIndexes: maxFailed, backoffLimitPerIndex } = spec;
  const errors: FieldError[] = [];
  if (completions === undefined) {
    errors.push(field.required(`${path}.completions`, 'when completion mode is Indexed'));
  }
  if (parallelism !== undefined && parallelism > maxParallelism) {
    const why = `must be less than or equal to ${maxParallelism} when completion mode is Indexed`;
    errors.push(field.invalid(`${path}.parallelism`, parallelism, why));
  }
  if (completions !== undefined && maxFailed !== undefined && maxFailed > completions) {
    errors.push(field.invalid(`${path}.maxFailedIndexes`, maxFailed, 'must be less than or equal to completions'));
  }
  if (maxFailed !== undefined && maxFailed > maxFailedIndexes) {
    errors.push(
      field.invalid(`${path}.maxFailedIndexes`, maxFailed, `must be less than or equal to ${maxFailedIndexes}`),
    );
  }
  if (completions === undefined || completions <= manyCompletions || backoffLimitPerIndex === undefined) return errors;
  return [...errors, ...validateMany(spec, path)];
}

/** What a job of very many indexes may keep track of. */
function validateMany({ parallelism, maxFailedIndexes: maxFailed }: JobSpec, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const why = `must be less than or equal to ${maxWithManyCompletions} when completions are above ${manyCompletions} and used with backoff limit per index`;
  if (maxFailed === undefined) {
    const when = `must be specified when completions is above ${manyCompletions}`;
    errors.push(field.required(`${path}.maxFailedIndexes`, when));
  }
  if (parallelism !== undefined && parallelism > maxWithManyCompletions) {
    errors.push(field.invalid(`${path}.parallelism`, parallelism, why));
  }
  if (maxFailed !== undefined && maxFailed > maxWithManyCompletions) {
    errors.push(field.invalid(`${path}.maxFailedIndexes`, maxFailed, why));
  }
  return errors;
}

function validateManagedBy(value: string | undefined, where: string): FieldError[] {
  if (value === undefined) return [];
  const errors = domainPrefixedPath(value, where);
  if (value.length > maxManagedBy) errors.push(field.tooLong(where, maxManagedBy));
  return errors;
}

/** A path under a domain, such as acme.io/foo (apimachinery IsDomainPrefixedPath). */
function domainPrefixedPath(value: string, where: string): FieldError[] {
  if (value === '') return [field.required(where)];
  const slash = value.indexOf('/');
  const domain = value.slice(0, Math.max(slash, 0));
  const rest = value.slice(slash + 1);
  if (slash < 0 || domain === '' || rest === '') {
    return [field.invalid(where, value, 'must be a domain-prefixed path (such as "acme.io/foo")')];
  }
  const errors = field.invalids(where, domain, names.dnsSubdomain(domain));
  if (!/^[A-Za-z0-9/\-._~%!$&'()*+,;=:]+$/.test(rest)) {
    errors.push(
      field.invalid(where, rest, "Invalid path (regex used for validation is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')"),
    );
  }
  return errors;
}

function validateReplacement({ podReplacementPolicy: policy, podFailurePolicy }: JobSpec, where: string): FieldError[] {
  if (policy === undefined) return [];
  const allowed = podFailurePolicy === undefined ? replacementPolicies : ['Failed'];
  return allowed.includes(policy) ? [] : [field.notSupported(where, policy, allowed)];
}

/** A job's pods end: they are not restarted whatever comes. */
function validateRestart({ template, podFailurePolicy, backoffLimitPerIndex }: JobSpec, where: string): FieldError[] {
  const policy = template.spec?.restartPolicy ?? '';
  const errors: FieldError[] = [];
  if (policy === '' || policy === 'Always') {
    errors.push(field.required(where, 'valid values: "OnFailure", "Never"'));
  } else if (policy !== 'OnFailure' && policy !== 'Never') {
    errors.push(field.notSupported(where, policy, ['OnFailure', 'Never']));
  } else if (policy === 'OnFailure' && podFailurePolicy !== undefined) {
    errors.push(field.invalid(where, policy, 'only "Never" is supported when podFailurePolicy is specified'));
  }
  if (backoffLimitPerIndex !== undefined && policy === 'OnFailure') {
    errors.push(field.invalid(where, policy, 'only "Never" is supported when backoffLimitPerIndex is specified'));
  }
  return errors;
}
