import {
  type FieldRequirement,
  FieldSelector,
  labelSelector,
  parseFieldSelector,
  parseLabelSelector,
  SelectorError,
} from '@kubus/shared/object';

/** metav1.FieldSelectorRequirement and LabelSelectorRequirement. */
export interface SelectorTerm {
  key?: string;
  operator?: string;
  values?: readonly string[];
}

/** A selector in a review of access: in text or in terms (KEP-4601). */
export interface ReviewedSelector {
  rawSelector?: string;
  requirements?: readonly SelectorTerm[];
}

/** How terms of label selectors are named in reviews; those that compare numbers have no name there, and only limit less. */
const operators: ReadonlyMap<string, string> = new Map([
  ...(['=', '==', 'in'] as const).map((operator) => [operator, 'In'] as const),
  ...(['!=', 'notin'] as const).map((operator) => [operator, 'NotIn'] as const),
  ['exists', 'Exists'],
  ['!', 'DoesNotExist'],
]);

export function fieldTerms({ requirements }: FieldSelector): SelectorTerm[] {
  return requirements.map(({ field, operator, value }) => ({
    key: field,
    operator: operator === '=' ? 'In' : 'NotIn',
    values: [value],
  }));
}

/** None of a selector that cannot be read. */
export function labelTerms(text: string): SelectorTerm[] {
  const { requirements } = readable(() => parseLabelSelector(text)) ?? { requirements: [] };
  return requirements.flatMap(({ key, operator, values }) => {
    const named = operators.get(operator);
    if (named === undefined) return [];
    return [{ key, operator: named, ...(named.endsWith('In') ? { values } : {}) }];
  });
}

/** A review says nothing of a selector without terms. */
export function withTerms(key: 'fieldSelector' | 'labelSelector', requirements: readonly SelectorTerm[]) {
  return requirements.length === 0 ? {} : { [key]: { requirements } };
}

/** What is demanded of fields; terms that cannot be read, or name several values, limit nothing, and are therefore no reason to allow more. */
export function reviewedFields({ rawSelector = '', requirements = [] }: ReviewedSelector): FieldSelector {
  if (rawSelector !== '') return readable(() => parseFieldSelector(rawSelector)) ?? FieldSelector.everything;
  return new FieldSelector(requirements.flatMap(fieldRequirement));
}

function fieldRequirement({ key = '', operator = '', values = [] }: SelectorTerm): FieldRequirement[] {
  const [value] = values;
  if (value === undefined || values.length > 1 || (operator !== 'In' && operator !== 'NotIn')) return [];
  return [{ field: key, operator: operator === 'In' ? '=' : '!=', value }];
}

/** The same of labels, in text. */
export function reviewedLabels({ rawSelector = '', requirements = [] }: ReviewedSelector): string {
  if (rawSelector !== '') return rawSelector;
  return requirements
    .flatMap(({ key = '', operator = '', values = [] }) => {
      const selector = readable(() => labelSelector({ matchExpressions: [{ key, operator, values }] }));
      return selector === undefined ? [] : [selector.toString()];
    })
    .join(',');
}

function readable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof SelectorError) return undefined;
    throw error;
  }
}
