import type { FieldError } from '../errors/index.ts';
import { equal } from '../object/equal.ts';
import { type IntOrString, type LabelSelectorSpec, labelSelector, names } from '../object/index.ts';
import type { PodTemplateSpec } from '../schema/index.ts';
import { field, immutable } from './field.ts';
import { validateAnnotations, validateLabels } from './metadata.ts';
import { setPodSpecDefaults, validatePodSpec } from './pod/index.ts';
import { validateLabelSelector } from './selector.ts';

export { validateLabelSelector };

/** What kinds that make pods from a template have in common. */

export function setTemplateDefaults(template: PodTemplateSpec | undefined): void {
  if (template?.spec !== undefined) setPodSpecDefaults(template.spec);
}

/** The selector of a workload: there has to be one, and it may not select everything. `owner` is the kind as the message names it. */
export function validateSelector(
  selector: LabelSelectorSpec | undefined,
  path: string,
  owner = 'deployment',
): FieldError[] {
  if (selector === undefined) return [field.required(path)];
  const errors = validateLabelSelector(selector, path);
  const empty = Object.keys(selector.matchLabels ?? {}).length + (selector.matchExpressions ?? []).length === 0;
  if (empty) errors.push(field.invalid(path, selector, `empty selector is invalid for ${owner}`));
  return errors;
}

/** What a workload selects is its for good. */
export function keepsSelector(object: Selecting, old: Selecting): FieldError[] {
  const selector = object.spec?.selector;
  return equal(selector, old.spec?.selector) ? [] : [field.invalid('spec.selector', selector, immutable)];
}

interface Selecting {
  readonly spec?: { readonly selector?: LabelSelectorSpec };
}

/** A template's labels must be what its owner selects; its pods must be restarted. `owner` is the kind as the message names it. */
export function validateTemplate(
  template: PodTemplateSpec | undefined,
  selector: LabelSelectorSpec | undefined,
  path: string,
  owner = 'ReplicaSet',
): FieldError[] {
  if (template === undefined) return [field.required(path)];
  const errors = [...labelsMatch(template, selector, path), ...validatePodTemplate(template, path)];
  if (template.spec === undefined) return errors;
  if (template.spec.restartPolicy !== 'Always') {
    errors.push(field.notSupported(`${path}.spec.restartPolicy`, template.spec.restartPolicy, ['Always']));
  }
  if (template.spec.activeDeadlineSeconds !== undefined) {
    const why = `activeDeadlineSeconds in ${owner} is not Supported`;
    errors.push(field.forbidden(`${path}.spec.activeDeadlineSeconds`, why));
  }
  return errors;
}

export function labelsMatch(
  template: PodTemplateSpec,
  selector: LabelSelectorSpec | undefined,
  path: string,
): FieldError[] {
  const { labels = {} } = template.metadata ?? {};
  if (selects(selector, labels)) return [];
  return [field.invalid(`${path}.metadata.labels`, labels, '`selector` does not match template `labels`')];
}

/** What holds for every template, whoever makes pods of it (core ValidatePodTemplateSpec). */
export function validatePodTemplate(template: PodTemplateSpec, path: string): FieldError[] {
  const { labels = {}, annotations = {} } = template.metadata ?? {};
  const errors = [
    ...validateLabels(labels, `${path}.labels`),
    ...validateAnnotations(annotations, `${path}.annotations`),
  ];
  if (template.spec === undefined) return [...errors, field.required(`${path}.spec.containers`)];
  errors.push(...validatePodSpec(template.spec, `${path}.spec`));
  if ((template.spec.ephemeralContainers ?? []).length > 0) {
    errors.push(
      field.forbidden(`${path}.spec.ephemeralContainers`, 'ephemeral containers not allowed in pod template'),
    );
  }
  return errors;
}

/** A selector that is wrong in itself has been told of: nothing more is said here. */
function selects(selector: LabelSelectorSpec | undefined, labels: Readonly<Record<string, string>>): boolean {
  try {
    return selector === undefined || labelSelector(selector).matches(labels);
  } catch {
    return true;
  }
}

export function nonNegative(value: number | undefined, where: string): FieldError[] {
  return value !== undefined && value < 0 ? [field.invalid(where, value, 'must be greater than or equal to 0')] : [];
}

/** A count, or a percentage of one. */
export function countOrPercent(value: IntOrString | undefined, where: string): FieldError[] {
  if (value === undefined) return [];
  return typeof value === 'number' ? nonNegative(value, where) : field.invalids(where, value, names.percentage(value));
}

/** A percentage above 100 of what is there. */
export function notMoreThanAll(value: IntOrString | undefined, where: string): FieldError[] {
  if (typeof value !== 'string' || names.percentage(value).length > 0 || Number.parseInt(value, 10) <= 100) return [];
  return [field.invalid(where, value, 'must not be greater than 100%')];
}

/** Zero, as a count or a percentage. */
export function isZeroCount(value: IntOrString | undefined): boolean {
  return value === undefined || value === 0 || (typeof value === 'string' && /^0+%$/.test(value));
}

/** Counts of a status: none is negative. */
export function statusCounts<N extends string>(
  status: { readonly [K in N]?: number } | undefined,
  counts: readonly N[],
): FieldError[] {
  return counts.flatMap((name) => nonNegative(status?.[name], `status.${name}`));
}

type ReplicaCounts<N extends string> = {
  readonly [K in N | 'replicas' | 'readyReplicas' | 'availableReplicas']?: number;
};

/** None of the named counts exceeds `replicas`, and no more pods are available than ready. `ready` is how the message names the latter. */
export function withinReplicas<N extends string>(
  status: ReplicaCounts<N> | undefined,
  counts: readonly N[],
  ready = 'readyReplicas',
): FieldError[] {
  const { replicas = 0, readyReplicas = 0, availableReplicas = 0 } = status ?? {};
  const errors = counts
    .filter((name) => (status?.[name] ?? 0) > replicas)
    .map((name) => field.invalid(`status.${name}`, status?.[name], 'cannot be greater than status.replicas'));
  if (availableReplicas > readyReplicas) {
    errors.push(field.invalid('status.availableReplicas', availableReplicas, `cannot be greater than ${ready}`));
  }
  return errors;
}
