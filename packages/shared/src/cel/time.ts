import { CelError } from './errors.ts';
import { CelDuration, CelTimestamp } from './values.ts';

const SECOND = 1_000_000_000n;
const rfc3339 = /^(\d{4})-(\d{2})-(\d{2})(?:[Tt ](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9})\d*)?([Zz]|[+-]\d{2}:\d{2}))?$/;

/** RFC 3339, or a day alone. Throws CelError. */
export function parseTimestamp(text: string): CelTimestamp {
  const match = text.length > 64 ? null : rfc3339.exec(text);
  const millis = match === null ? Number.NaN : millisOf(match);
  if (Number.isNaN(millis)) throw new CelError(`parsing time ${JSON.stringify(text)}: cannot parse as RFC 3339`);
  const fraction = BigInt((match?.[7] ?? '').padEnd(9, '0'));
  return new CelTimestamp(BigInt(millis) * 1_000_000n + fraction);
}

function millisOf([
  ,
  year,
  month,
  day,
  hours = '00',
  minutes = '00',
  seconds = '00',
  ,
  zone = 'Z',
]: RegExpExecArray): number {
  const at = Date.parse(`${year}-${month}-${day}T${hours}:${minutes}:${seconds}${zone.toUpperCase()}`);
  // Days that a month does not have are carried over by Date.
  return new Date(Date.parse(`${year}-${month}-${day}T00:00:00Z`)).getUTCDate() === Number(day) ? at : Number.NaN;
}

export function formatTimestamp({ nanos }: CelTimestamp): string {
  const fraction = ((nanos % SECOND) + SECOND) % SECOND;
  const text = new Date(Number((nanos - fraction) / 1_000_000n)).toISOString().slice(0, 19);
  return `${text}${fraction === 0n ? '' : `.${String(fraction).padStart(9, '0').replace(/0+$/, '')}`}Z`;
}

const unitNanos: ReadonlyMap<string, bigint> = new Map([
  ['h', 3600n * SECOND],
  ['m', 60n * SECOND],
  ['s', SECOND],
  ['ms', 1_000_000n],
  ['us', 1000n],
  ['µs', 1000n],
  ['μs', 1000n],
  ['ns', 1n],
]);
const wholeDuration = /^([+-]?)(0|(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/;
const durationPart = /(\d*)(?:\.(\d*))?(ns|us|µs|μs|ms|s|m|h)/g;

/** Go's durations: '1h30m'. Throws CelError. */
export function parseDuration(text: string): CelDuration {
  const match = text.length > 128 ? null : wholeDuration.exec(text);
  if (match === null) throw new CelError(`time: invalid duration ${JSON.stringify(text)}`);
  let nanos = 0n;
  for (const [, whole = '', fraction = '', unit = ''] of (match[2] as string).matchAll(durationPart)) {
    const scale = unitNanos.get(unit) as bigint;
    nanos += BigInt(whole === '' ? 0 : whole) * scale;
    if (fraction !== '') nanos += (BigInt(fraction) * scale) / 10n ** BigInt(fraction.length);
  }
  return new CelDuration(match[1] === '-' ? -nanos : nanos);
}

/** In seconds, as protobuf's JSON has it. */
export function formatDuration({ nanos }: CelDuration): string {
  const absolute = nanos < 0n ? -nanos : nanos;
  const fraction = absolute % SECOND;
  const digits = fraction === 0n ? '' : `.${String(fraction).padStart(9, '0').replace(/0+$/, '')}`;
  return `${nanos < 0n ? '-' : ''}${absolute / SECOND}${digits}s`;
}

export type CalendarField =
  | 'year'
  | 'month'
  | 'date'
  | 'dayOfWeek'
  | 'dayOfYear'
  | 'hours'
  | 'minutes'
  | 'seconds'
  | 'milliseconds';

const offset = /^([+-]?)(\d{1,2}):(\d{2})$/;

/** A part of the date and the time in a time zone: an offset ('+01:00') or a name ('Europe/Berlin'). Months and days count from 0, but for `date`. */
export function calendarField({ nanos }: CelTimestamp, name: CalendarField, zone = 'UTC'): bigint {
  const shifted = new Date(Number(nanos / 1_000_000n) + zoneOffset(Number(nanos / 1_000_000n), zone));
  const start = Date.UTC(shifted.getUTCFullYear(), 0, 1);
  const fields: Record<CalendarField, () => number> = {
    year: () => shifted.getUTCFullYear(),
    month: () => shifted.getUTCMonth(),
    date: () => shifted.getUTCDate(),
    dayOfWeek: () => shifted.getUTCDay(),
    dayOfYear: () => Math.floor((shifted.getTime() - start) / 86_400_000),
    hours: () => shifted.getUTCHours(),
    minutes: () => shifted.getUTCMinutes(),
    seconds: () => shifted.getUTCSeconds(),
    milliseconds: () => shifted.getUTCMilliseconds(),
  };
  return BigInt(fields[name]());
}

/** Milliseconds to add to UTC. */
function zoneOffset(millis: number, zone: string): number {
  if (zone === 'UTC' || zone === '' || zone === 'Z') return 0;
  const match = offset.exec(zone);
  if (match !== null) {
    const minutes = Number(match[2]) * 60 + Number(match[3]);
    return (match[1] === '-' ? -minutes : minutes) * 60_000;
  }
  return namedOffset(millis, zone);
}

function namedOffset(millis: number, zone: string): number {
  try {
    const format = new Intl.DateTimeFormat('en-US', {
      ...{ timeZone: zone, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit' },
      ...{ hour: '2-digit', minute: '2-digit', second: '2-digit' },
    });
    const parts = new Map(format.formatToParts(millis).map(({ type, value }) => [type, Number(value)]));
    const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
    const local = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
    return local - Math.floor(millis / 1000) * 1000;
  } catch {
    throw new CelError(`unknown time zone ${zone}`);
  }
}
