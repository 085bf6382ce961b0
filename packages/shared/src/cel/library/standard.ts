import { isNumber } from '../equality.ts';
import { CelError } from '../errors.ts';
import { fn, type Overload } from '../function.ts';
import {
  type CalendarField,
  calendarField,
  formatDuration,
  formatTimestamp,
  parseDuration,
  parseTimestamp,
} from '../time.ts';
import {
  CelBytes,
  CelDuration,
  type CelList,
  type CelMap,
  CelTimestamp,
  CelTypeValue,
  CelUint,
  type CelValue,
  textSize,
  typeNameOf,
} from '../values.ts';

const free = { cost: () => 0 };
const ofSecond = { cost: (_: number, other: number) => other / 10 };
/** As cel-go counts: text by pattern. */
const matching = { cost: (text: number, pattern: number) => ((text + 1) / 10) * (pattern / 4) };
const small = { resultSize: () => 64 };

/** Functions of the language itself (cel-spec, langdef). */
export const standard: readonly Overload[] = [
  fn('size(string): int', (_, text: string) => BigInt(textSize(text)), { cost: (size) => size / 10 }),
  fn('string.size(): int', (_, text: string) => BigInt(textSize(text)), { cost: (size) => size / 10 }),
  fn('size(bytes): int', (_, { bytes }: CelBytes) => BigInt(bytes.length), free),
  fn('bytes.size(): int', (_, { bytes }: CelBytes) => BigInt(bytes.length), free),
  fn('size(list(A)): int', (_, list: CelList) => BigInt(list.size), free),
  fn('list(A).size(): int', (_, list: CelList) => BigInt(list.size), free),
  fn('size(map(A, B)): int', (_, map: CelMap) => BigInt(map.size), free),
  fn('map(A, B).size(): int', (_, map: CelMap) => BigInt(map.size), free),
  fn('string.contains(string): bool', (_, text: string, part: string) => text.includes(part), {
    cost: (text, part) => (text / 10) * Math.max(1, part / 10),
  }),
  fn('string.startsWith(string): bool', (_, text: string, part: string) => text.startsWith(part), ofSecond),
  fn('string.endsWith(string): bool', (_, text: string, part: string) => text.endsWith(part), ofSecond),
  fn(
    'string.matches(string): bool',
    (context, text: string, pattern: string) => context.regex(pattern).test(text),
    matching,
  ),
  fn(
    'matches(string, string): bool',
    (context, text: string, pattern: string) => context.regex(pattern).test(text),
    matching,
  ),
  fn('dyn(A): dyn', (_, value) => value as CelValue, free),
  fn('type(A): type(A)', (_, value) => new CelTypeValue(typeNameOf(value as CelValue)), free),
  fn('bool(bool): bool', (_, value: boolean) => value),
  fn('bool(string): bool', (_, text: string) => boolOf(text), free),
  ...['int', 'uint', 'double'].flatMap((from) => [
    fn(`int(${from}): int`, (_, value) => toInt(value as CelValue), free),
    fn(`uint(${from}): uint`, (_, value) => toUint(value as CelValue), free),
    fn(`double(${from}): double`, (_, value) => toDouble(value as CelValue), free),
    fn(`string(${from}): string`, (_, value) => numberText(value as CelValue), { ...free, ...small }),
  ]),
  fn('int(string): int', (_, text: string) => intOf(text), free),
  fn('int(timestamp): int', (_, { nanos }: CelTimestamp) => floorSeconds(nanos), free),
  fn('int(duration): int', (_, { nanos }: CelDuration) => nanos / 1_000_000_000n, free),
  fn('uint(string): uint', (_, text: string) => uintOf(text), free),
  fn('double(string): double', (_, text: string) => doubleOf(text), free),
  fn('string(string): string', (_, text: string) => text, free),
  fn('string(bool): string', (_, value: boolean) => String(value), { ...free, ...small }),
  fn('string(bytes): string', (_, { bytes }: CelBytes) => utf8(bytes)),
  fn('string(timestamp): string', (_, value: CelTimestamp) => formatTimestamp(value), small),
  fn('string(duration): string', (_, value: CelDuration) => formatDuration(value), small),
  fn('bytes(bytes): bytes', (_, value: CelBytes) => value, free),
  fn('bytes(string): bytes', (_, text: string) => new CelBytes(Buffer.from(text)), { resultSize: (size) => size * 4 }),
  fn('timestamp(string): timestamp', (_, text: string) => parseTimestamp(text), free),
  fn('timestamp(timestamp): timestamp', (_, value: CelTimestamp) => value),
  fn('timestamp(int): timestamp', (_, seconds: bigint) => new CelTimestamp(seconds * 1_000_000_000n)),
  fn('duration(string): duration', (_, text: string) => parseDuration(text), free),
  fn('duration(duration): duration', (_, value: CelDuration) => value),
  fn('duration(int): duration', (_, nanos: bigint) => new CelDuration(nanos)),
  ...calendar('getFullYear', 'year'),
  ...calendar('getMonth', 'month'),
  ...calendar('getDate', 'date'),
  ...calendar('getDayOfMonth', 'date', -1n),
  ...calendar('getDayOfWeek', 'dayOfWeek'),
  ...calendar('getDayOfYear', 'dayOfYear'),
  ...calendar('getHours', 'hours'),
  ...calendar('getMinutes', 'minutes'),
  ...calendar('getSeconds', 'seconds'),
  ...calendar('getMilliseconds', 'milliseconds'),
  fn('duration.getHours(): int', (_, { nanos }: CelDuration) => nanos / 3_600_000_000_000n),
  fn('duration.getMinutes(): int', (_, { nanos }: CelDuration) => nanos / 60_000_000_000n),
  fn('duration.getSeconds(): int', (_, { nanos }: CelDuration) => nanos / 1_000_000_000n),
  fn('duration.getMilliseconds(): int', (_, { nanos }: CelDuration) => (nanos / 1_000_000n) % 1000n),
];

function calendar(name: string, part: CalendarField, shift = 0n): Overload[] {
  return [
    fn(`timestamp.${name}(): int`, (_, value: CelTimestamp) => calendarField(value, part) + shift),
    fn(
      `timestamp.${name}(string): int`,
      (_, value: CelTimestamp, zone: string) => calendarField(value, part, zone) + shift,
      {
        cost: () => 10,
      },
    ),
  ];
}

const floorSeconds = (nanos: bigint): bigint =>
  (nanos - (((nanos % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n)) / 1_000_000_000n;

const truths: ReadonlySet<string> = new Set(['1', 't', 'T', 'TRUE', 'true', 'True']);
const falsehoods: ReadonlySet<string> = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False']);

function boolOf(text: string): boolean {
  if (truths.has(text)) return true;
  if (falsehoods.has(text)) return false;
  throw new CelError(`strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`);
}

function amountOf(value: CelValue, what: string): bigint {
  if (typeof value === 'bigint') return value;
  if (value instanceof CelUint) return value.value;
  if (typeof value === 'number' && Number.isFinite(value)) return BigInt(Math.trunc(value));
  throw new CelError(`${what} overflow`);
}

function toInt(value: CelValue): bigint {
  const amount = amountOf(value, 'integer');
  const edge = typeof value === 'number' && (value >= 2 ** 63 || value <= -(2 ** 63));
  if (edge || BigInt.asIntN(64, amount) !== amount) throw new CelError('integer overflow');
  return amount;
}

function toUint(value: CelValue): CelUint {
  if (value instanceof CelUint) return value;
  const amount = amountOf(value, 'unsigned integer');
  if (BigInt.asUintN(64, amount) !== amount) throw new CelError('unsigned integer overflow');
  return new CelUint(amount);
}

function toDouble(value: CelValue): number {
  return Number(value instanceof CelUint ? value.value : value);
}

/** As Go's %g prints doubles. */
export function numberText(value: CelValue): string {
  if (!isNumber(value)) return String(value);
  if (typeof value !== 'number') return String(value instanceof CelUint ? value.value : value);
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  if (Object.is(value, -0)) return '-0';
  const exponent = value === 0 ? 0 : Math.floor(Math.log10(Math.abs(value)));
  if (exponent >= -4 && exponent < 21) return String(value);
  return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
}

function intOf(text: string): bigint {
  const value = text.length <= 64 && /^[+-]?\d+$/.test(text) ? BigInt(text.replace(/^\+/, '')) : undefined;
  if (value === undefined) throw new CelError(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  if (BigInt.asIntN(64, value) !== value)
    throw new CelError(`strconv.ParseInt: parsing ${JSON.stringify(text)}: value out of range`);
  return value;
}

function uintOf(text: string): CelUint {
  const value = text.length <= 64 && /^\d+$/.test(text) ? BigInt(text) : undefined;
  if (value === undefined) throw new CelError(`strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`);
  if (BigInt.asUintN(64, value) !== value)
    throw new CelError(`strconv.ParseUint: parsing ${JSON.stringify(text)}: value out of range`);
  return new CelUint(value);
}

const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const special: ReadonlyMap<string, number> = new Map([
  ['nan', Number.NaN],
  ['inf', Infinity],
  ['+inf', Infinity],
  ['-inf', -Infinity],
  ['infinity', Infinity],
  ['-infinity', -Infinity],
  ['+infinity', Infinity],
]);

function doubleOf(text: string): number {
  const named = special.get(text.toLowerCase());
  if (named !== undefined) return named;
  if (text.length > 400 || !decimal.test(text))
    throw new CelError(`strconv.ParseFloat: parsing ${JSON.stringify(text)}: invalid syntax`);
  return Number(text);
}

function utf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new CelError('invalid UTF-8 in bytes, cannot convert to string');
  }
}
