import { labelValueErrors, qualifiedName } from './names.ts';

export type Labels = Readonly<Record<string, string>>;

/** metav1.LabelSelector. */
export interface LabelSelectorSpec {
  matchLabels?: Labels;
  matchExpressions?: readonly { key: string; operator: string; values?: readonly string[] }[];
}

export type LabelOperator = 'in' | 'notin' | '=' | '==' | '!=' | 'exists' | '!' | 'gt' | 'lt';

export interface LabelRequirement {
  readonly key: string;
  readonly operator: LabelOperator;
  readonly values: readonly string[];
}

/** Thrown for a selector that cannot be read; the message is Kubernetes'. */
export class SelectorError extends Error {
  override readonly name = 'SelectorError';
}

const none: Labels = {};

/** All requirements have to hold; with none, everything is selected (apimachinery/pkg/labels). */
export class LabelSelector {
  static readonly everything = new LabelSelector([]);
  /** Selects no object: what an absent selector means. */
  static readonly nothing = new LabelSelector([], false);

  readonly requirements: readonly LabelRequirement[];
  readonly #selects: boolean;
  readonly #tests: readonly ((labels: Labels) => boolean)[];

  /** The requirements are trusted; see `labelRequirement`. */
  constructor(requirements: readonly LabelRequirement[], selects = true) {
    this.requirements = requirements.toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
    this.#selects = selects;
    this.#tests = this.requirements.map(testOf);
  }

  /** True when every object is selected. */
  get isEverything(): boolean {
    return this.#selects && this.#tests.length === 0;
  }

  matches(labels: Labels | undefined): boolean {
    if (!this.#selects) return false;
    const present = labels ?? none;
    return this.#tests.every((test) => test(present));
  }

  /** The form that query parameters have; of `nothing` it is '' too. */
  toString(): string {
    return this.requirements.map(formatRequirement).join(',');
  }
}

/** Of a LabelSelector object: absent selects nothing, empty selects everything. Throws SelectorError. */
export function labelSelector(spec: LabelSelectorSpec | undefined): LabelSelector {
  if (spec === undefined) return LabelSelector.nothing;
  const requirements = Object.entries(spec.matchLabels ?? {}).map(([key, value]) =>
    labelRequirement(key, '=', [value]),
  );
  for (const { key, operator, values = [] } of spec.matchExpressions ?? []) {
    requirements.push(labelRequirement(key, expressionOperator(operator), values));
  }
  return requirements.length === 0 ? LabelSelector.everything : new LabelSelector(requirements);
}

/** Selects what has all of these labels. Not validated. */
export function labelsSelector(labels: Labels | undefined): LabelSelector {
  return new LabelSelector(
    Object.entries(labels ?? {}).map(([key, value]) => ({ key, operator: '=', values: [value] })),
  );
}

function expressionOperator(operator: string): LabelOperator {
  switch (operator) {
    case 'In':
      return 'in';
    case 'NotIn':
      return 'notin';
    case 'Exists':
      return 'exists';
    case 'DoesNotExist':
      return '!';
    default:
      throw new SelectorError(`${JSON.stringify(operator)} is not a valid label selector operator`);
  }
}

/** Throws SelectorError with every reason when key and values do not fit the operator. */
export function labelRequirement(key: string, operator: LabelOperator, values: readonly string[]): LabelRequirement {
  const errors: string[] = [];
  const keyErrors = qualifiedName(key);
  if (keyErrors.length > 0) errors.push(invalidText('key', key, keyErrors.join('; ')));
  const countError = valueCountError(operator, values);
  if (countError !== undefined) errors.push(`values: Invalid value: ${JSON.stringify(values)}: ${countError}`);
  if (operator === 'gt' || operator === 'lt') {
    for (const [i, value] of values.entries()) {
      if (!integer.test(value)) {
        errors.push(invalidText(`values[${i}]`, value, "for 'Gt', 'Lt' operators, the value must be an integer"));
      }
    }
  }
  for (const [i, value] of values.entries()) {
    const reasons = labelValueErrors(value);
    if (reasons.length > 0) errors.push(invalidText(`values[${i}][${key}]`, value, reasons.join('; ')));
  }
  if (errors.length > 0) throw new SelectorError(errors.length === 1 ? errors[0] : `[${errors.join(', ')}]`);
  return { key, operator, values };
}

const integer = /^[-+]?[0-9]{1,18}$/;

/** The text of Kubernetes' field error for an invalid value. */
export function invalidText(path: string, value: string, why: string): string {
  return `${path}: Invalid value: ${JSON.stringify(value)}: ${why}`;
}

function valueCountError(operator: LabelOperator, { length }: readonly string[]): string | undefined {
  switch (operator) {
    case 'in':
    case 'notin':
      return length === 0 ? "for 'in', 'notin' operators, values set can't be empty" : undefined;
    case '=':
    case '==':
    case '!=':
      return length === 1 ? undefined : 'exact-match compatibility requires one single value';
    case 'gt':
    case 'lt':
      return length === 1 ? undefined : "for 'Gt', 'Lt' operators, exactly one value is required";
    default:
      return length === 0 ? undefined : 'values set must be empty for exists and does not exist';
  }
}

/** Strangers may name thousands of values, and every object is tried. */
function oneOf(values: readonly string[]): (value: string) => boolean {
  if (values.length < 16) return (value) => values.includes(value);
  const all = new Set(values);
  return (value) => all.has(value);
}

function testOf({ key, operator, values }: LabelRequirement): (labels: Labels) => boolean {
  const value = values[0];
  const has = (labels: Labels): boolean => Object.hasOwn(labels, key);
  const isOne = oneOf(values);
  switch (operator) {
    case '=':
    case '==':
      return (labels) => has(labels) && labels[key] === value;
    case '!=':
      return (labels) => !has(labels) || labels[key] !== value;
    case 'in':
      return (labels) => has(labels) && isOne(labels[key] as string);
    case 'notin':
      return (labels) => !has(labels) || !isOne(labels[key] as string);
    case 'exists':
      return has;
    case '!':
      return (labels) => !has(labels);
    default: {
      const bound = BigInt(value ?? 0);
      const compare = operator === 'gt' ? (a: bigint) => a > bound : (a: bigint) => a < bound;
      return (labels) => has(labels) && integer.test(labels[key] as string) && compare(BigInt(labels[key] as string));
    }
  }
}

function formatRequirement({ key, operator, values }: LabelRequirement): string {
  const list = values.toSorted().join(',');
  switch (operator) {
    case 'exists':
      return key;
    case '!':
      return `!${key}`;
    case 'in':
    case 'notin':
      return `${key} ${operator} (${list})`;
    case 'gt':
      return `${key}>${list}`;
    case 'lt':
      return `${key}<${list}`;
    default:
      return `${key}${operator}${list}`;
  }
}
