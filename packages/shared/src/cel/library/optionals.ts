import { CelError } from '../errors.ts';
import { fn, type Overload } from '../function.ts';
import { CelBytes, CelDuration, CelList, CelMap, CelOptional, CelUint, type CelValue } from '../values.ts';

function isZero(value: CelValue): boolean {
  if (value === null || value === false || value === '' || value === 0 || value === 0n) return true;
  if (value instanceof CelList || value instanceof CelMap) return value.size === 0;
  if (value instanceof CelUint) return value.value === 0n;
  if (value instanceof CelBytes) return value.bytes.length === 0;
  return value instanceof CelDuration && value.nanos === 0n;
}

const free = { cost: () => 0 };

/** cel-go's optional types; `optMap` and `optFlatMap` are macros. */
export const optionals: readonly Overload[] = [
  fn('optional::of(T): optional(T)', (_, value) => new CelOptional(value as CelValue), free),
  fn('optional::none(): optional(T)', () => new CelOptional(), free),
  fn(
    'optional::ofNonZeroValue(T): optional(T)',
    (_, value) => (isZero(value as CelValue) ? new CelOptional() : new CelOptional(value as CelValue)),
    free,
  ),
  fn('optional(T).hasValue(): bool', (_, { value }: CelOptional) => value !== undefined, free),
  fn(
    'optional(T).value(): T',
    (_, { value }: CelOptional) => {
      if (value === undefined) throw new CelError('optional.none() dereference');
      return value;
    },
    free,
  ),
  fn(
    'optional(T).or(optional(T)): optional(T)',
    (_, first: CelOptional, second: CelOptional) => (first.value === undefined ? second : first),
    free,
  ),
  fn(
    'optional(T).orValue(T): T',
    (_, { value }: CelOptional, other) => (value === undefined ? (other as CelValue) : value),
    {
      ...free,
      resultSize: (a, b) => Math.max(a, b),
    },
  ),
];
