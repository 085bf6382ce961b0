import { noOverload } from './errors.ts';
import type { CelValue } from './values.ts';
import {
  CelBytes,
  CelDuration,
  CelList,
  CelMap,
  CelOpaque,
  CelOptional,
  CelStruct,
  CelTimestamp,
  CelTypeValue,
  CelUint,
} from './values.ts';

/** Told of every value that is looked at, so that a budget can be kept. */
export type Charge = (units: number) => void;

/** Numbers compare by amount, whatever their types; different types are not equal. */
export function equals(a: CelValue, b: CelValue, charge: Charge): boolean {
  if (a === b) return true;
  charge(1);
  if (isNumber(a)) return isNumber(b) && numericCompare(a, b) === 0;
  if (typeof a === 'string') {
    charge(typeof b === 'string' && b.length === a.length ? a.length / 10 : 0);
    return false;
  }
  if (a === null || b === null || typeof a !== 'object' || typeof b !== 'object') return false;
  if (a instanceof CelList) return b instanceof CelList && equalLists(a, b, charge);
  if (a instanceof CelMap || a instanceof CelStruct) {
    return (b instanceof CelMap || b instanceof CelStruct) && equalMaps(a, b, charge);
  }
  if (a instanceof CelTimestamp) return b instanceof CelTimestamp && a.nanos === b.nanos;
  if (a instanceof CelDuration) return b instanceof CelDuration && a.nanos === b.nanos;
  if (a instanceof CelBytes) return b instanceof CelBytes && Buffer.compare(a.bytes, b.bytes) === 0;
  if (a instanceof CelTypeValue) return b instanceof CelTypeValue && a.name === b.name;
  if (a instanceof CelOptional) return b instanceof CelOptional && equalOptionals(a, b, charge);
  return a instanceof CelOpaque && b instanceof CelOpaque && a.typeName === b.typeName && a.equals(b);
}

function equalOptionals(a: CelOptional, b: CelOptional, charge: Charge): boolean {
  if (a.value === undefined || b.value === undefined) return a.value === b.value;
  return equals(a.value, b.value, charge);
}

function equalLists(a: CelList, b: CelList, charge: Charge): boolean {
  if (a.size !== b.size) return false;
  if (a.semantics?.listType !== undefined) {
    const others = [...b];
    return [...a].every((item) => others.some((other) => equals(item, other, charge)));
  }
  for (let i = 0; i < a.size; i++) if (!equals(a.at(i), b.at(i), charge)) return false;
  return true;
}

function equalMaps(a: CelMap | CelStruct, b: CelMap | CelStruct, charge: Charge): boolean {
  const keys = [...keysOf(a)];
  if (keys.length !== [...keysOf(b)].length) return false;
  return keys.every((key) => {
    const [left, right] = [valueAt(a, key), valueAt(b, key)];
    return left !== undefined && right !== undefined && equals(left, right, charge);
  });
}

function keysOf(value: CelMap | CelStruct): Iterable<CelValue> {
  return value instanceof CelMap ? value.keys() : value.names();
}

function valueAt(value: CelMap | CelStruct, key: CelValue): CelValue | undefined {
  return value instanceof CelMap ? value.get(key) : value.get(key as string);
}

export type CelNumber = bigint | number | CelUint;

export function isNumber(value: CelValue): value is CelNumber {
  return typeof value === 'bigint' || typeof value === 'number' || value instanceof CelUint;
}

/** NaN when one of them is not a number. */
function numericCompare(a: CelNumber, b: CelNumber): number {
  const left = a instanceof CelUint ? a.value : a;
  const right = b instanceof CelUint ? b.value : b;
  if (left < right) return -1;
  if (left > right) return 1;
  return Number.isNaN(left) || Number.isNaN(right) ? Number.NaN : 0;
}

/** Less than, equal to, more than zero; NaN when neither. Throws CelError for values that have no order. */
export function compare(a: CelValue, b: CelValue, charge: Charge): number {
  if (isNumber(a) && isNumber(b)) return numericCompare(a, b);
  if (typeof a === 'string' && typeof b === 'string') {
    charge(Math.min(a.length, b.length) / 10);
    return compareTexts(a, b);
  }
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b);
  if (a instanceof CelTimestamp && b instanceof CelTimestamp)
    return Number(a.nanos > b.nanos) - Number(a.nanos < b.nanos);
  if (a instanceof CelDuration && b instanceof CelDuration)
    return Number(a.nanos > b.nanos) - Number(a.nanos < b.nanos);
  if (a instanceof CelBytes && b instanceof CelBytes) return Buffer.compare(a.bytes, b.bytes);
  throw noOverload();
}

/** By code points, as the bytes of UTF-8 compare; UTF-16 differs for surrogates only. */
function compareTexts(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (x !== y) return surrogatesLast(x) - surrogatesLast(y);
  }
  return a.length - b.length;
}

const surrogatesLast = (unit: number): number => (unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit);
