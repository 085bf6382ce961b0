import type { FieldError } from '../errors/index.ts';
import { type LabelSelectorSpec, names } from '../object/index.ts';
import { field } from './field.ts';
import { validateLabels } from './metadata.ts';

/** Any selector of labels (apimachinery meta/v1/validation ValidateLabelSelector). */
export function validateLabelSelector(selector: LabelSelectorSpec | undefined, path: string): FieldError[] {
  if (selector === undefined) return [];
  const errors = validateLabels(selector.matchLabels ?? {}, `${path}.matchLabels`);
  for (const [i, expression] of (selector.matchExpressions ?? []).entries()) {
    errors.push(...expressionErrors(expression, `${path}.matchExpressions[${i}]`));
  }
  return errors;
}

type Expression = NonNullable<LabelSelectorSpec['matchExpressions']>[number];

function expressionErrors({ key, operator, values = [] }: Expression, where: string): FieldError[] {
  const errors: FieldError[] = [];
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
  errors.push(...field.invalids(`${where}.key`, key, names.qualifiedName(key)));
  for (const [i, value] of values.entries()) {
    errors.push(...field.invalids(`${where}.values[${i}]`, value, names.labelValueErrors(value)));
  }
  return errors;
}
