import { canonicalQuantity, QuantityError } from '../../object/quantity.ts';
import type { ScalarType } from '../facts.ts';

/** A scalar as Kubernetes would write it back, or the message of Go's decoder. */
export type ScalarResult = { value: unknown } | { mismatch: string } | { message: string };

const mismatch = (found: string): ScalarResult => ({ mismatch: found });
/** Types with a decoder of their own lose the place of the error. */
const valueMismatch = (found: unknown, goType: string): ScalarResult => ({
  message: `json: cannot unmarshal ${describe(found)} into Go value of type ${goType}`,
});

/** JSON kinds as Go's messages name them. */
export function describe(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (value === null) return 'null';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

const decoders: Readonly<Record<ScalarType, (value: unknown) => ScalarResult>> = {
  string: (value) => (typeof value === 'string' ? { value } : mismatch(describe(value))),
  bool: (value) => (typeof value === 'boolean' ? { value } : mismatch(describe(value))),
  int32: (value) => integer(value, -(2 ** 31), 2 ** 31 - 1),
  int64: (value) => integer(value, -(2 ** 63), 2 ** 63),
  double: (value) => (typeof value === 'number' ? { value } : mismatch(describe(value))),
  bytes,
  Time: (value) => time(value, 'T', 0),
  MicroTime: (value) => time(value, 'T', 6),
  Duration: duration,
  Quantity: quantity,
  IntOrString: intOrString,
  RawExtension: (value) => ({ value }),
  FieldsV1: (value) => ({ value }),
  Any: (value) => ({ value }),
};

export function decodeScalar(scalar: ScalarType, value: unknown): ScalarResult {
  return decoders[scalar](value);
}

function integer(value: unknown, min: number, max: number): ScalarResult {
  if (typeof value !== 'number') return mismatch(describe(value));
  return Number.isInteger(value) && value >= min && value <= max ? { value } : mismatch(`number ${value}`);
}

const base64Pattern = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Go skips line breaks in base64. */
function bytes(value: unknown): ScalarResult {
  if (typeof value !== 'string') return mismatch(describe(value));
  const text = value.includes('\n') || value.includes('\r') ? value.replace(/[\r\n]/g, '') : value;
  if (base64Pattern.test(text)) return { value: text };
  const bad = text.search(/[^A-Za-z0-9+/]/);
  return { message: `illegal base64 data at input byte ${bad < 0 ? text.length : bad}` };
}

const rfc3339 = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2})(?:[.,](\d+))?(Z|[+-]\d{2}:\d{2})$/;

/** In UTC, with `digits` digits of a second. */
function time(value: unknown, separator: 'T', digits: number): ScalarResult {
  if (typeof value !== 'string') return valueMismatch(value, 'string');
  const match = rfc3339.exec(value);
  const instant = match === null ? Number.NaN : Date.parse(`${match[1]}${separator}${match[2]}${match[4]}`);
  if (match === null || Number.isNaN(instant)) return { message: badTime(value, digits) };
  const fraction = digits === 0 ? '' : `.${(match[3] ?? '').slice(0, digits).padEnd(digits, '0')}`;
  if (match[4] === 'Z' && (match[3] ?? '').length === digits) return { value };
  return { value: `${new Date(instant).toISOString().slice(0, 19)}${fraction}Z` };
}

function badTime(value: string, digits: number): string {
  const layout = digits === 0 ? '2006-01-02T15:04:05Z07:00' : '2006-01-02T15:04:05.000000Z07:00';
  return `parsing time ${JSON.stringify(value)} as ${JSON.stringify(layout)}: cannot parse ${JSON.stringify(value)} as "2006"`;
}

const durationPattern = /^[-+]?(?:0|(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/;

function duration(value: unknown): ScalarResult {
  if (typeof value !== 'string') return valueMismatch(value, 'string');
  return durationPattern.test(value) ? { value } : { message: `time: invalid duration ${JSON.stringify(value)}` };
}

function quantity(value: unknown): ScalarResult {
  try {
    const text = typeof value === 'string' || typeof value === 'number' ? value : JSON.stringify(value);
    return { value: canonicalQuantity(text) };
  } catch (error) {
    if (error instanceof QuantityError) return { message: error.message };
    throw error;
  }
}

function intOrString(value: unknown): ScalarResult {
  if (typeof value === 'string') return { value };
  if (typeof value !== 'number') return valueMismatch(value, 'int32');
  const number = integer(value, -(2 ** 31), 2 ** 31 - 1);
  return 'value' in number ? number : valueMismatch(`number ${value}`, 'int32');
}
