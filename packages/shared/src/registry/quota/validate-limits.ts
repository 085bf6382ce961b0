import type { FieldError } from '../../errors/index.ts';
import { compareQuantities, names, parseQuantity } from '../../object/index.ts';
import type { LimitRange, LimitRangeItem } from '../../schema/index.ts';
import { field } from '../field.ts';
import { quantityErrors } from '../pod/validate-resources.ts';

const types: readonly string[] = ['Pod', 'Container', 'PersistentVolumeClaim'];
const lists = ['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio'] as const;

type List = (typeof lists)[number];
type Values = ReadonlyMap<List, string | number>;

/** pkg/apis/core/validation ValidateLimitRange */
export function validateLimits({ spec }: LimitRange): FieldError[] {
  const seen = new Set<string>();
  return (spec?.limits ?? []).flatMap((item, i) => {
    const path = `spec.limits[${i}]`;
    const errors = typeErrors(item.type, `${path}.type`);
    if (seen.has(item.type)) errors.push(field.duplicate(`${path}.type`, item.type));
    seen.add(item.type);
    return [...errors, ...itemErrors(item, path)];
  });
}

function typeErrors(type: string, where: string): FieldError[] {
  const errors = field.invalids(where, type, names.qualifiedName(type));
  if (errors.length > 0 || type.includes('/') || types.includes(type)) return errors;
  return [field.invalid(where, type, 'must be a standard limit type or fully qualified')];
}

function itemErrors(item: LimitRangeItem, path: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const list of lists) {
    for (const [name, quantity] of Object.entries(item[list] ?? {})) {
      const where = field.key(`${path}.${list}`, name);
      errors.push(...field.invalids(where, name, names.qualifiedName(name)), ...quantityErrors(quantity, where));
    }
  }
  if (item.type === 'Pod') {
    const why = "may not be specified when `type` is 'Pod'";
    const defaults = (['default', 'defaultRequest'] as const).filter(
      (list) => Object.keys(item[list] ?? {}).length > 0,
    );
    errors.push(...defaults.map((list) => field.forbidden(`${path}.${list}`, why)));
  }
  if (item.type === 'PersistentVolumeClaim' && !has(item, 'min', 'storage') && !has(item, 'max', 'storage')) {
    const why = 'either minimum or maximum storage value is required, but neither was provided';
    errors.push(field.required(`${path}.limits`, why));
  }
  // What is no quantity cannot be compared.
  return errors.length > 0 ? errors : orderErrors(item, path);
}

function has(item: LimitRangeItem, list: List, name: string): boolean {
  return Object.hasOwn(item[list] ?? {}, name);
}

function orderErrors(item: LimitRangeItem, path: string): FieldError[] {
  const all = new Set(lists.flatMap((list) => Object.keys(item[list] ?? {})));
  return [...all].sort().flatMap((name) => {
    const values: Values = new Map(
      lists.filter((list) => has(item, list, name)).map((list) => [list, (item[list] as never)[name]]),
    );
    return [...pairErrors(values, name, path), ...ratioErrors(values, field.key(`${path}.maxLimitRequestRatio`, name))];
  });
}

interface Rule {
  low: List;
  high: List;
  /** Where it is told, and which value is shown. */
  at: List;
  shown: List;
  says(low: string | number, high: string | number): string;
}

const rules: readonly Rule[] = [
  { low: 'min', high: 'max', at: 'min', shown: 'min', says: (a, b) => `min value ${a} is greater than max value ${b}` },
  {
    low: 'min',
    high: 'defaultRequest',
    at: 'defaultRequest',
    shown: 'defaultRequest',
    says: (a, b) => `min value ${a} is greater than default request value ${b}`,
  },
  {
    low: 'defaultRequest',
    high: 'max',
    at: 'defaultRequest',
    shown: 'defaultRequest',
    says: (a, b) => `default request value ${a} is greater than max value ${b}`,
  },
  {
    low: 'defaultRequest',
    high: 'default',
    at: 'defaultRequest',
    shown: 'defaultRequest',
    says: (a, b) => `default request value ${a} is greater than default limit value ${b}`,
  },
  {
    low: 'min',
    high: 'default',
    at: 'default',
    shown: 'min',
    says: (a, b) => `min value ${a} is greater than default value ${b}`,
  },
  {
    low: 'default',
    high: 'max',
    at: 'default',
    shown: 'max',
    says: (a, b) => `default value ${a} is greater than max value ${b}`,
  },
];

function pairErrors(values: Values, name: string, path: string): FieldError[] {
  return rules.flatMap(({ low, high, at, shown, says }) => {
    const [a, b] = [values.get(low), values.get(high)];
    if (a === undefined || b === undefined || compareQuantities(a, b) <= 0) return [];
    return [field.invalid(field.key(`${path}.${at}`, name), String(values.get(shown)), says(a, b))];
  });
}

function ratioErrors(values: Values, where: string): FieldError[] {
  const ratio = values.get('maxLimitRequestRatio');
  if (ratio === undefined) return [];
  const errors: FieldError[] = [];
  if (compareQuantities(ratio, 1) < 0)
    errors.push(field.invalid(where, String(ratio), `ratio ${ratio} is less than 1`));
  const [min, max] = [values.get('min'), values.get('max')];
  if (min === undefined || max === undefined || compareQuantities(min, 0) === 0) return errors;
  const largest = Number(parseQuantity(max).nano) / Number(parseQuantity(min).nano);
  if (Number(parseQuantity(ratio).nano) / 1e9 > largest) {
    errors.push(field.invalid(where, String(ratio), `ratio ${ratio} is greater than max/min = ${largest.toFixed(6)}`));
  }
  return errors;
}
