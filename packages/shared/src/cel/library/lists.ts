import { type Charge, compare, equals } from '../equality.ts';
import { CelError } from '../errors.ts';
import { fn, type Overload } from '../function.ts';
import { add } from '../operators.ts';
import { ArrayList, CelDuration, CelList, CelUint, type CelValue } from '../values.ts';

const comparables = ['int', 'uint', 'double', 'bool', 'duration', 'timestamp', 'string', 'bytes'];
const zeros: ReadonlyMap<string, CelValue> = new Map<string, CelValue>([
  ['int', 0n],
  ['uint', new CelUint(0n)],
  ['double', 0],
  ['duration', new CelDuration(0n)],
]);

function isSorted(list: CelList, charge: Charge): boolean {
  for (let i = 1; i < list.size; i++) if (compare(list.at(i - 1), list.at(i), charge) > 0) return false;
  return true;
}

function extreme(list: CelList, sign: 1 | -1, charge: Charge): CelValue {
  if (list.size === 0) throw new CelError(`${sign > 0 ? 'max' : 'min'} called on empty list`);
  return [...list].reduce((best, item) => (compare(item, best, charge) * sign > 0 ? item : best));
}

function sum(list: CelList, zero: CelValue, charge: Charge): CelValue {
  let total: CelValue | undefined;
  for (const item of list) total = total === undefined ? item : add(total, item, charge);
  return total ?? zero;
}

function find(list: CelList, wanted: CelValue, last: boolean, charge: Charge): bigint {
  for (let n = 0; n < list.size; n++) {
    const at = last ? list.size - 1 - n : n;
    if (equals(list.at(at), wanted, charge)) return BigInt(at);
  }
  return -1n;
}

function slice(list: CelList, from: bigint, to: bigint): CelList {
  if (from < 0 || to < 0) throw new CelError(`cannot slice(${from}, ${to}), negative indexes not supported`);
  if (from > to) throw new CelError('cannot slice, start index must be less than or equal to end index');
  if (to > list.size) throw new CelError(`cannot slice(${from}, ${to}), list is length ${list.size}`);
  return new ArrayList([...list].slice(Number(from), Number(to)));
}

function flatten(list: CelList, depth: bigint, charge: Charge): CelValue[] {
  return [...list].flatMap((item) => {
    charge(1);
    return item instanceof CelList && depth > 0 ? flatten(item, depth - 1n, charge) : [item];
  });
}

function distinct(list: CelList, charge: Charge): CelList {
  const kept: CelValue[] = [];
  for (const item of list) {
    charge(kept.length);
    if (!kept.some((known) => equals(known, item, charge))) kept.push(item);
  }
  return new ArrayList(kept);
}

function range(size: bigint, charge: Charge): CelList {
  charge(Number(size));
  return new ArrayList(Array.from({ length: Math.max(0, Number(size)) }, (_, i) => BigInt(i)));
}

const same = { resultSize: (size: number) => size };
const sorting = { cost: (size: number) => size * Math.max(1, Math.log2(size + 1)), resultSize: (size: number) => size };

/** Kubernetes' list library, and cel-go's list extensions. */
export const lists: readonly Overload[] = [
  ...comparables.flatMap((type) => [
    fn(`list(${type}).isSorted(): bool`, ({ charge }, list: CelList) => isSorted(list, charge)),
    fn(`list(${type}).max(): ${type}`, ({ charge }, list: CelList) => extreme(list, 1, charge)),
    fn(`list(${type}).min(): ${type}`, ({ charge }, list: CelList) => extreme(list, -1, charge)),
    fn(
      `list(${type}).sort(): list(${type})`,
      ({ charge }, list: CelList) => new ArrayList([...list].sort((a, b) => compare(a, b, charge))),
      sorting,
    ),
  ]),
  ...[...zeros].map(([type, zero]) =>
    fn(`list(${type}).sum(): ${type}`, ({ charge }, list: CelList) => sum(list, zero, charge)),
  ),
  fn('list(T).indexOf(T): int', ({ charge }, list: CelList, item) => find(list, item as CelValue, false, charge)),
  fn('list(T).lastIndexOf(T): int', ({ charge }, list: CelList, item) => find(list, item as CelValue, true, charge)),
  fn('list(T).slice(int, int): list(T)', (_, list: CelList, from: bigint, to: bigint) => slice(list, from, to), same),
  fn('list(T).flatten(): list(dyn)', ({ charge }, list: CelList) => new ArrayList(flatten(list, 1n, charge))),
  fn(
    'list(T).flatten(int): list(dyn)',
    ({ charge }, list: CelList, depth: bigint) => new ArrayList(flatten(list, depth, charge)),
  ),
  fn('list(T).distinct(): list(T)', ({ charge }, list: CelList) => distinct(list, charge), {
    cost: (size) => size * size,
    resultSize: (size) => size,
  }),
  fn('list(T).reverse(): list(T)', (_, list: CelList) => new ArrayList([...list].reverse()), same),
  fn('lists::range(int): list(int)', ({ charge }, size: bigint) => range(size, charge)),
];

const contains = (a: CelList, b: CelList, charge: Charge): boolean => {
  const all = [...a];
  return [...b].every((item) => all.some((other) => equals(item, other, charge)));
};
const pairwise = { cost: (a: number, b: number) => a * b };

/** cel-go's sets. */
export const sets: readonly Overload[] = [
  fn(
    'sets::contains(list(T), list(T)): bool',
    ({ charge }, a: CelList, b: CelList) => contains(a, b, charge),
    pairwise,
  ),
  fn(
    'sets::equivalent(list(T), list(T)): bool',
    ({ charge }, a: CelList, b: CelList) => contains(a, b, charge) && contains(b, a, charge),
    pairwise,
  ),
  fn(
    'sets::intersects(list(T), list(T)): bool',
    ({ charge }, a: CelList, b: CelList) => [...a].some((item) => contains(b, new ArrayList([item]), charge)),
    pairwise,
  ),
];
