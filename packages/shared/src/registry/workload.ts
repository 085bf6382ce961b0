import type { FieldError } from '../errors/index.ts';
import { type LabelSelectorSpec, labelSelector, names } from '../object/index.ts';
import type { PodTemplateSpec } from '../schema/index.ts';
import { field } from './field.ts';
import { validateAnnotations, validateLabels } from './metadata.ts';
import { setPodSpecDefaults, validatePodSpec } from './pod/index.ts';

/** What kinds that make pods from a template have in common. */

export function setTemplateDefaults(template: PodTemplateSpec | undefined): void {
  if (template?.spec !== undefined) setPodSpecDefaults(template.spec);
}

export function validateSelector(selector: LabelSelectorSpec | undefined, path: string): FieldError[] {
  if (selector === undefined) return [field.required(path)];
  const errors = validateLabels(selector.matchLabels ?? {}, `${path}.matchLabels`);
  for (const [i, expression] of (selector.matchExpressions ?? []).entries()) {
    errors.push(...expressionErrors(expression, `${path}.matchExpressions[${i}]`));
  }
  const empty = Object.keys(selector.matchLabels ?? {}).length + (selector.matchExpressions ?? []).length === 0;
  if (empty) errors.push(field.invalid(path, selector, 'empty selector is invalid for deployment'));
  return errors;
}

type Expression = NonNullable<LabelSelectorSpec['matchExpressions']>[number];

function expressionErrors({ key, operator, values = [] }: Expression, where: string): FieldError[] {
  const errors = field.invalids(`${where}.key`, key, names.qualifiedName(key));
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length === 0) {
      errors.push(field.required(`${where}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
    }
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (values.length > 0) {
      const why = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
      errors.push(field.forbidden(`${where}.values`, why));
    }
  } else errors.push(field.invalid(`${where}.operator`, operator, 'not a valid selector operator'));
  return errors;
}

/** A template's labels must be what its owner selects; its pods must be restarted. */
export function validateTemplate(
  template: PodTemplateSpec | undefined,
  selector: LabelSelectorSpec | undefined,
  path: string,
): FieldError[] {
  if (template === undefined) return [field.required(path)];
  const { labels = {}, annotations = {} } = template.metadata ?? {};
  const errors: FieldError[] = [];
  if (!selects(selector, labels)) {
    errors.push(field.invalid(`${path}.metadata.labels`, labels, '`selector` does not match template `labels`'));
  }
  errors.push(...validateLabels(labels, `${path}.labels`), ...validateAnnotations(annotations, `${path}.annotations`));
  if (template.spec === undefined) return [...errors, field.required(`${path}.spec.containers`)];
  errors.push(...validatePodSpec(template.spec, `${path}.spec`));
  if (template.spec.restartPolicy !== 'Always') {
    errors.push(field.notSupported(`${path}.spec.restartPolicy`, template.spec.restartPolicy, ['Always']));
  }
  if (template.spec.activeDeadlineSeconds !== undefined) {
    errors.push(
      field.forbidden(`${path}.spec.activeDeadlineSeconds`, 'activeDeadlineSeconds in ReplicaSet is not Supported'),
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
