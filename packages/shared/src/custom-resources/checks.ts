import { textSize } from '../cel/index.ts';
import type { FieldError } from '../errors/index.ts';
import { linearRegex } from '../regex/index.ts';
import { field } from '../registry/field.ts';
import { isObject, type JsonObject, jsonEqual } from '../schema/data.ts';
import { formats } from './formats.ts';
import { listAt, number, type Structural, text } from './structural.ts';

/** What a value that stands alone must be; messages are those of go-openapi's validator, which clients know. */
export type Check = (value: unknown, path: string) => FieldError[];

/** The checks that a schema asks for, but for its parts. */
export function checksOf(schema: Structural): Check[] {
  const { props } = schema;
  return [
    ...typeChecks(schema),
    ...enumChecks(props),
    ...numberChecks(props),
    ...textChecks(props),
    ...sizeChecks(props),
  ];
}

const fails = (path: string, value: unknown, why: string): FieldError[] => [
  field.invalid(path, value, `${path || '""'} in body ${why}`),
];

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

function typeChecks({ type, intOrString, nullable }: Structural): Check[] {
  if (type === '' && !intOrString) return [];
  const wanted = intOrString ? 'integer,string' : type;
  const allowed = new Set(intOrString ? ['integer', 'string'] : type === 'number' ? ['integer', 'number'] : [type]);
  return [
    (value, path) => {
      const found = typeOf(value);
      if (allowed.has(found) || (nullable && value === null)) return [];
      return [
        field.typeInvalid(path, found, `${path || '""'} in body must be of type ${wanted}: ${JSON.stringify(found)}`),
      ];
    },
  ];
}

function enumChecks(props: JsonObject): Check[] {
  const allowed = listAt(props, 'enum');
  if (allowed.length === 0) return [];
  const shown = allowed.map((value) => (typeof value === 'string' ? value : JSON.stringify(value)));
  return [
    (value, path) => (allowed.some((one) => jsonEqual(one, value)) ? [] : [field.notSupported(path, value, shown)]),
  ];
}

function numberChecks(props: JsonObject): Check[] {
  const checks: Check[] = [];
  const add = (
    name: string,
    holds: (value: number, bound: number) => boolean,
    why: (bound: number) => string,
  ): void => {
    const bound = number(props, name);
    if (bound === undefined) return;
    checks.push((value, path) =>
      typeof value !== 'number' || holds(value, bound) ? [] : fails(path, value, why(bound)),
    );
  };
  const above = props['exclusiveMinimum'] === true;
  const below = props['exclusiveMaximum'] === true;
  add(
    'minimum',
    (value, bound) => (above ? value > bound : value >= bound),
    (bound) => `should be greater than ${above ? '' : 'or equal to '}${bound}`,
  );
  add(
    'maximum',
    (value, bound) => (below ? value < bound : value <= bound),
    (bound) => `should be less than ${below ? '' : 'or equal to '}${bound}`,
  );
  add(
    'multipleOf',
    (value, bound) => Number.isInteger(value / bound),
    (bound) => `should be a multiple of ${bound}`,
  );
  return checks;
}

function textChecks(props: JsonObject): Check[] {
  const checks: Check[] = [];
  const [max, min] = [number(props, 'maxLength'), number(props, 'minLength')];
  if (max !== undefined)
    checks.push((value, path) =>
      typeof value === 'string' && textSize(value) > max ? [field.tooLong(path, max)] : [],
    );
  if (min !== undefined) {
    checks.push((value, path) =>
      typeof value === 'string' && textSize(value) < min
        ? fails(path, value, `should be at least ${min} chars long`)
        : [],
    );
  }
  const pattern = text(props, 'pattern');
  if (pattern !== '') {
    const regex = linearRegex(pattern);
    checks.push((value, path) =>
      typeof value !== 'string' || regex.test(value) ? [] : fails(path, value, `should match '${pattern}'`),
    );
  }
  const format = text(props, 'format');
  const isFormat = formats.get(format);
  if (isFormat !== undefined) {
    checks.push((value, path) =>
      typeof value !== 'string' || isFormat(value)
        ? []
        : fails(path, value, `must be of type ${format}: ${JSON.stringify(value)}`),
    );
  }
  return checks;
}

function sizeChecks(props: JsonObject): Check[] {
  const checks: Check[] = [];
  const add = (max: string, min: string, unit: string, count: (value: unknown) => number | undefined): void => {
    const [most, least] = [number(props, max), number(props, min)];
    if (most !== undefined) {
      checks.push((value, path) =>
        (count(value) ?? 0) > most ? [field.tooMany(path, count(value) as number, most)] : [],
      );
    }
    if (least !== undefined) {
      checks.push((value, path) =>
        (count(value) ?? least) < least ? fails(path, count(value), `should have at least ${least} ${unit}`) : [],
      );
    }
  };
  add('maxItems', 'minItems', 'items', (value) => (Array.isArray(value) ? value.length : undefined));
  add('maxProperties', 'minProperties', 'properties', (value) =>
    isObject(value) ? Object.keys(value).length : undefined,
  );
  return checks;
}
