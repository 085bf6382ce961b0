import type { FieldError } from '../../errors/index.ts';
import { equal } from '../../object/equal.ts';
import { LabelSelector, labelSelector, names } from '../../object/index.ts';
import type { Job, PodTemplateSpec } from '../../schema/index.ts';
import { field, immutable } from '../field.ts';
import { labelsMatch, nonNegative, validateLabelSelector } from '../workload.ts';
import { controllerUidLabel, jobNameLabel, legacyControllerUidLabel, legacyJobNameLabel } from './job-labels.ts';
import { validateJobSpec } from './validate-job-spec.ts';

/** pkg/apis/batch/validation ValidateJob */
export function validateJob(job: Job): FieldError[] {
  const { spec } = job;
  if (spec?.template === undefined) return [field.required('spec.template')];
  const errors = [...validateGenerated(job), ...validateJobSpec(spec, 'spec')];
  if (spec.selector === undefined) errors.push(field.required('spec.selector'));
  errors.push(...validateLabelSelector(spec.selector, 'spec.selector'));
  errors.push(...labelsMatch(spec.template, spec.selector, 'spec.template'));
  return [...errors, ...validateHostNames(job)];
}

/** What the selector was generated from must still be so. */
function validateGenerated({ metadata, spec }: Job): FieldError[] {
  if (spec === undefined || spec.manualSelector === true || spec.selector === undefined) return [];
  const expected = new Map([
    [legacyControllerUidLabel, metadata.uid ?? ''],
    [legacyJobNameLabel, metadata.name],
    [controllerUidLabel, metadata.uid ?? ''],
    [jobNameLabel, metadata.name],
  ]);
  const labels = new Map(Object.entries(spec.template.metadata?.labels ?? {}));
  const errors: FieldError[] = [];
  for (const [key, value] of expected) {
    // The names with a prefix are younger than some jobs.
    if (!labels.has(key) && key.includes('/')) continue;
    const where = field.key('spec.template.metadata.labels', key);
    const why = `must be '${value}'`;
    if (!labels.has(key)) errors.push(field.required(where, why));
    else if (labels.get(key) !== value) errors.push(field.invalid(where, spec.template.metadata?.labels, why));
  }
  if (!safely(spec.selector).matches(Object.fromEntries(expected))) {
    errors.push(field.invalid('spec.selector', spec.selector, '`selector` not auto-generated'));
  }
  return errors;
}

/** A selector that cannot be read is told of elsewhere. */
function safely(selector: NonNullable<Job['spec']>['selector']): LabelSelector {
  try {
    return labelSelector(selector);
  } catch {
    return LabelSelector.everything;
  }
}

/** The pods of an indexed job are named after it and their index. */
function validateHostNames({ metadata, spec }: Job): FieldError[] {
  const { completionMode, completions = 0 } = spec ?? {};
  if (completionMode !== 'Indexed' || completions <= 0) return [];
  const longest = `${metadata.name}-${completions - 1}`;
  if (names.dnsLabel(longest).length === 0) return [];
  const why = `will not able to create pod with invalid DNS label: ${longest}`;
  return [field.invalid('metadata.name', metadata.name, why)];
}

const fixed = ['completionMode', 'podFailurePolicy', 'backoffLimitPerIndex', 'managedBy', 'successPolicy'] as const;

export function validateJobUpdate(object: Job, old: Job): FieldError[] {
  const { spec } = object;
  const before = old.spec;
  if (spec === undefined || before === undefined) return [];
  const errors = validateCompletions(object, old);
  if (!equal(spec.selector, before.selector)) errors.push(field.invalid('spec.selector', spec.selector, immutable));
  if (!equal(withMutable(spec.template, old), before.template)) {
    errors.push(field.invalid('spec.template', spec.template, immutable));
  }
  for (const name of fixed) {
    if (!equal(spec[name], before[name])) errors.push(field.invalid(`spec.${name}`, spec[name] ?? null, immutable));
  }
  return errors;
}

/** An indexed job may grow or shrink, its parallelism with it. */
function validateCompletions({ spec }: Job, { spec: before }: Job): FieldError[] {
  const { completions, parallelism, completionMode } = spec ?? {};
  if (completions === before?.completions) return [];
  if (completionMode !== 'Indexed' || completions === undefined) {
    return [field.invalid('spec.completions', completions ?? null, immutable)];
  }
  if (completions === parallelism) return [];
  return [field.invalid('spec.completions', completions, 'can only be modified in tandem with spec.parallelism')];
}

/** While a job is suspended and has not started, where and with what its pods run may still be set: that is put back here. */
function withMutable(template: PodTemplateSpec, old: Job): PodTemplateSpec {
  const before = old.spec?.template;
  if (
    old.spec?.suspend !== true ||
    old.status?.startTime ||
    before?.spec === undefined ||
    template.spec === undefined
  ) {
    return template;
  }
  const { nodeSelector, tolerations, schedulingGates, affinity } = before.spec;
  const nodeAffinity = affinity?.nodeAffinity;
  const spec = { ...template.spec, nodeSelector, tolerations, schedulingGates } as NonNullable<PodTemplateSpec['spec']>;
  const { nodeAffinity: _, ...others } = template.spec.affinity ?? {};
  const merged = { ...others, ...(nodeAffinity === undefined ? {} : { nodeAffinity }) };
  if (affinity === undefined && Object.keys(merged).length === 0) delete spec.affinity;
  else spec.affinity = merged;
  spec.containers = (spec.containers ?? []).map((container, i) => {
    const resources = before.spec?.containers?.[i]?.resources;
    return resources === undefined ? container : { ...container, resources };
  });
  const { labels, annotations } = before.metadata ?? {};
  return {
    ...template,
    spec,
    metadata: { ...template.metadata, labels, annotations } as PodTemplateSpec['metadata'] & object,
  };
}

const counts = ['active', 'succeeded', 'failed', 'ready', 'terminating'] as const;

export function validateJobStatus({ status }: Job): FieldError[] {
  const errors = counts.flatMap((name) => nonNegative(status?.[name], `status.${name}`));
  const uncounted = status?.uncountedTerminatedPods;
  const seen = new Set<string>();
  for (const name of ['succeeded', 'failed'] as const) {
    for (const [i, uid] of (uncounted?.[name] ?? []).entries()) {
      const where = `status.uncountedTerminatedPods.${name}[${i}]`;
      if (uid === '') errors.push(field.invalid(where, uid, 'must not be empty'));
      else if (seen.has(uid)) errors.push(field.duplicate(where, uid));
      seen.add(uid);
    }
  }
  if (holds({ status }, 'Complete') && holds({ status }, 'Failed')) {
    const why = 'cannot set Complete=True and Failed=true conditions';
    errors.push(field.invalid('status.conditions', status?.conditions, why));
  }
  if (isFinished({ status }) && (status?.active ?? 0) > 0) {
    errors.push(field.invalid('status.active', status?.active, 'active>0 is invalid for finished job'));
  }
  return errors;
}

/** How a job ended does not change. */
export function validateJobStatusUpdate(object: Job, old: Job): FieldError[] {
  return ['Complete', 'Failed', 'FailureTarget', 'SuccessCriteriaMet']
    .filter((type) => holds(old, type) && !holds(object, type))
    .map((type) =>
      field.invalid('status.conditions', object.status?.conditions ?? null, `cannot disable ${type}=True condition`),
    );
}

type WithStatus = Pick<Job, 'status'> | { status: Job['status'] | undefined };

function holds({ status }: WithStatus, wanted: string): boolean {
  return status?.conditions?.some(({ type, status: value }) => type === wanted && value === 'True') === true;
}

function isFinished(job: WithStatus): boolean {
  return holds(job, 'Complete') || holds(job, 'Failed');
}
