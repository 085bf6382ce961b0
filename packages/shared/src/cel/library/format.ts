import { type Charge, isNumber } from '../equality.ts';
import { CelError } from '../errors.ts';
import { formatDuration, formatTimestamp } from '../time.ts';
import {
  CelBytes,
  CelDuration,
  CelList,
  CelMap,
  CelTimestamp,
  CelTypeValue,
  CelUint,
  type CelValue,
  kindOf,
} from '../values.ts';
import { numberText } from './standard.ts';

const clause = /%(?:\.(\d+))?(.?)/gs;
/** Of digits after the point. */
const maxPrecision = 100;

/** `'%s is %d'.format([...])`: %s, %d, %f, %e, %b, %x, %X, %o and %%. */
export function format(text: string, args: CelList, charge: Charge): string {
  let next = 0;
  return text.replace(clause, (_, precision: string | undefined, verb: string) => {
    if (verb === '%') return '%';
    if (next >= args.size) throw new CelError(`index ${next} out of range`);
    const digits = precision === undefined ? 6 : Number(precision);
    if (digits > maxPrecision) throw new CelError('precision is too large');
    const value = args.at(next++);
    const formatted = formatOne(verb, value, digits);
    charge(formatted.length / 10);
    return formatted;
  });
}

function formatOne(verb: string, value: CelValue, digits: number): string {
  switch (verb) {
    case 's':
      return show(value);
    case 'd':
      return special(value) ?? decimal(value);
    case 'f':
      return special(value) ?? double(value, verb).toFixed(digits);
    case 'e':
      return (
        special(value) ??
        double(value, verb)
          .toExponential(digits)
          .replace(/e([+-])(\d)$/, 'e$10$2')
      );
    case 'b':
      return typeof value === 'boolean' ? (value ? '1' : '0') : integer(value, 'binary').toString(2);
    case 'o':
      return integer(value, 'octal').toString(8);
    case 'x':
      return hex(value);
    case 'X':
      return hex(value).toUpperCase();
    default:
      throw new CelError(`could not parse formatting clause: unrecognized formatting clause "${verb}"`);
  }
}

/** A value as %s prints it. */
function show(value: CelValue): string {
  if (typeof value === 'string') return value;
  if (value === null) return 'null';
  if (typeof value === 'boolean' || isNumber(value)) return numberText(value);
  if (value instanceof CelTimestamp) return formatTimestamp(value);
  if (value instanceof CelDuration) return formatDuration(value);
  if (value instanceof CelBytes) return Buffer.from(value.bytes).toString();
  if (value instanceof CelTypeValue) return value.name;
  if (value instanceof CelList) return `[${[...value].map(show).join(', ')}]`;
  if (value instanceof CelMap) {
    const entries = [...value.keys()].map((key) => `${show(key)}: ${show(value.get(key) as CelValue)}`);
    return `{${entries.sort().join(', ')}}`;
  }
  throw new CelError(
    `string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps, was given ${kindOf(value)}`,
  );
}

function integer(value: CelValue, what: string): bigint {
  if (typeof value === 'bigint') return value;
  if (value instanceof CelUint) return value.value;
  throw new CelError(
    `error during formatting: ${what} clause can only be used on integers, was given ${kindOf(value)}`,
  );
}

function decimal(value: CelValue): string {
  return typeof value === 'number' ? numberText(value) : integer(value, 'decimal').toString();
}

function double(value: CelValue, verb: string): number {
  if (isNumber(value)) return Number(value instanceof CelUint ? value.value : value);
  const name = verb === 'f' ? 'fixed-point' : 'scientific';
  throw new CelError(`error during formatting: ${name} clause can only be used on doubles, was given ${kindOf(value)}`);
}

function special(value: CelValue): string | undefined {
  if (typeof value !== 'number' || Number.isFinite(value)) return undefined;
  return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity';
}

function hex(value: CelValue): string {
  if (typeof value === 'string') return Buffer.from(value).toString('hex');
  return value instanceof CelBytes ? Buffer.from(value.bytes).toString('hex') : integer(value, 'hex').toString(16);
}
