/** What of a field is wanted: bit n for the value n. `any`: the field was written as a star. */
export interface Field {
  bits: bigint;
  any: boolean;
}

interface Bounds {
  min: number;
  max: number;
  names?: readonly string[];
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

/** In the order in which they are written. */
export const fieldBounds: readonly Bounds[] = [
  { min: 0, max: 59 },
  { min: 0, max: 23 },
  { min: 1, max: 31 },
  { min: 1, max: 12, names: months },
  { min: 0, max: 6, names: weekdays },
];

/** A schedule that cannot be read; the message says why. */
export class CronError extends Error {
  override readonly name = 'CronError';
}

/** A list of values, ranges and steps: '0,30', '1-5', 'mon-fri', 'star/15', '5/10' (from 5 on). */
export function parseField(text: string, bounds: Bounds): Field {
  let bits = 0n;
  let any = false;
  for (const part of text.split(',').filter((one) => one !== '')) {
    const range = parseRange(part, bounds);
    bits |= range.bits;
    any ||= range.any;
  }
  return { bits, any };
}

function parseRange(text: string, bounds: Bounds): Field {
  const [range = '', step, ...more] = text.split('/');
  const [low = '', high, ...rest] = range.split('-');
  const star = low === '*' || low === '?';
  if (rest.length > 0) throw new CronError(`too many hyphens: ${text}`);
  if (more.length > 0) throw new CronError(`too many slashes: ${text}`);
  const start = star ? bounds.min : parseValue(low, bounds);
  const every = step === undefined ? 1 : parseNumber(step);
  const open = star || (high === undefined && step !== undefined);
  const end = open ? bounds.max : high === undefined ? start : parseValue(high, bounds);
  if (start < bounds.min) throw new CronError(`beginning of range (${start}) below minimum (${bounds.min}): ${text}`);
  if (end > bounds.max) throw new CronError(`end of range (${end}) above maximum (${bounds.max}): ${text}`);
  if (start > end) throw new CronError(`beginning of range (${start}) beyond end of range (${end}): ${text}`);
  if (every === 0) throw new CronError(`step of range should be a positive number: ${text}`);
  let bits = 0n;
  for (let value = start; value <= end; value += every) bits |= 1n << BigInt(value);
  return { bits, any: star && every === 1 };
}

function parseValue(text: string, bounds: Bounds): number {
  const name = bounds.names?.indexOf(text.toLowerCase()) ?? -1;
  return name >= 0 ? name + bounds.min : parseNumber(text);
}

function parseNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new CronError(`failed to parse int from ${text}`);
  return Number(text);
}

export const matches = (field: Field, value: number): boolean => ((field.bits >> BigInt(value)) & 1n) === 1n;
