import { type Charge, equals } from './equality.ts';
import { CelError, noOverload } from './errors.ts';
import type { CelValue } from './values.ts';
import { ArrayList, CelBytes, CelDuration, CelList, CelMap, CelTimestamp, CelUint, concat, select } from './values.ts';

const int = (value: bigint): bigint => {
  if (BigInt.asIntN(64, value) !== value) throw new CelError('integer overflow');
  return value;
};
const uint = (value: bigint): CelUint => {
  if (BigInt.asUintN(64, value) !== value) throw new CelError('unsigned integer overflow');
  return new CelUint(value);
};

export function add(a: CelValue, b: CelValue, charge: Charge): CelValue {
  if (typeof a === 'bigint' && typeof b === 'bigint') return int(a + b);
  if (typeof a === 'string' && typeof b === 'string') {
    charge((a.length + b.length) / 10);
    return a + b;
  }
  if (typeof a === 'number' && typeof b === 'number') return a + b;
  if (a instanceof CelList && b instanceof CelList) {
    charge(a.size + b.size);
    return addLists(a, b, charge);
  }
  if (a instanceof CelUint && b instanceof CelUint) return uint(a.value + b.value);
  if (a instanceof CelDuration && b instanceof CelDuration) return new CelDuration(a.nanos + b.nanos);
  if (a instanceof CelTimestamp && b instanceof CelDuration) return new CelTimestamp(a.nanos + b.nanos);
  if (a instanceof CelDuration && b instanceof CelTimestamp) return new CelTimestamp(a.nanos + b.nanos);
  if (a instanceof CelBytes && b instanceof CelBytes) {
    charge((a.bytes.length + b.bytes.length) / 10);
    return new CelBytes(Buffer.concat([a.bytes, b.bytes]));
  }
  throw noOverload();
}

/** Sets: what the right one has and the left one has not comes after. Maps: what has the key of an element of the left one takes its place. */
function addLists(a: CelList, b: CelList, charge: Charge): CelList {
  const { listType, keys } = a.semantics ?? {};
  if (listType === undefined) return concat(a, b);
  const same =
    listType === 'set'
      ? equals
      : (x: CelValue, y: CelValue) => (keys ?? []).every((key) => equals(select(x, key), select(y, key), charge));
  const merged = [...a];
  for (const item of b) {
    const at = merged.findIndex((other) => same(item, other, charge));
    if (at < 0) merged.push(item);
    else merged[at] = item;
  }
  return new ArrayList(merged);
}

export function subtract(a: CelValue, b: CelValue): CelValue {
  if (typeof a === 'bigint' && typeof b === 'bigint') return int(a - b);
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (a instanceof CelUint && b instanceof CelUint) return uint(a.value - b.value);
  if (a instanceof CelTimestamp && b instanceof CelTimestamp) return new CelDuration(a.nanos - b.nanos);
  if (a instanceof CelTimestamp && b instanceof CelDuration) return new CelTimestamp(a.nanos - b.nanos);
  if (a instanceof CelDuration && b instanceof CelDuration) return new CelDuration(a.nanos - b.nanos);
  throw noOverload();
}

export function multiply(a: CelValue, b: CelValue): CelValue {
  if (typeof a === 'bigint' && typeof b === 'bigint') return int(a * b);
  if (typeof a === 'number' && typeof b === 'number') return a * b;
  if (a instanceof CelUint && b instanceof CelUint) return uint(a.value * b.value);
  throw noOverload();
}

export function divide(a: CelValue, b: CelValue): CelValue {
  if (typeof a === 'number' && typeof b === 'number') return a / b;
  if (b === 0n || (b instanceof CelUint && b.value === 0n)) throw new CelError('division by zero');
  if (typeof a === 'bigint' && typeof b === 'bigint') return int(a / b);
  if (a instanceof CelUint && b instanceof CelUint) return uint(a.value / b.value);
  throw noOverload();
}

export function modulo(a: CelValue, b: CelValue): CelValue {
  if (b === 0n || (b instanceof CelUint && b.value === 0n)) throw new CelError('modulus by zero');
  if (typeof a === 'bigint' && typeof b === 'bigint') return a % b;
  if (a instanceof CelUint && b instanceof CelUint) return uint(a.value % b.value);
  throw noOverload();
}

export function negate(value: CelValue): CelValue {
  if (typeof value === 'bigint') return int(-value);
  if (typeof value === 'number') return -value;
  throw noOverload();
}

export function isIn(value: CelValue, container: CelValue, charge: Charge): boolean {
  if (container instanceof CelMap) return container.get(value) !== undefined;
  if (!(container instanceof CelList)) throw noOverload();
  for (let i = 0; i < container.size; i++) {
    charge(1);
    if (equals(value, container.at(i), charge)) return true;
  }
  return false;
}

/** `operand[key]`; undefined when there is nothing there. */
export function lookup(operand: CelValue, key: CelValue): CelValue | undefined {
  if (operand instanceof CelMap) return operand.get(key);
  if (!(operand instanceof CelList)) throw noOverload();
  const index = typeof key === 'number' && Number.isInteger(key) ? key : key instanceof CelUint ? key.value : key;
  if (typeof index !== 'bigint' && typeof index !== 'number') throw noOverload();
  return index >= 0 && index < operand.size ? operand.at(Number(index)) : undefined;
}
