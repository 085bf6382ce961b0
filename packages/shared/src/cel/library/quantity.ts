import {
  addQuantities,
  compareQuantities,
  parseQuantity,
  QuantityError,
  subtractQuantities,
} from '../../object/quantity.ts';
import { CelError } from '../errors.ts';
import { fn, type Overload } from '../function.ts';
import { CelOpaque, type CelValue } from '../values.ts';

/** An amount, in the text that it was written in. */
class Quantity extends CelOpaque {
  readonly typeName = 'kubernetes.Quantity';
  readonly text: string;

  constructor(text: string) {
    super();
    this.text = text;
  }

  equals(other: CelOpaque): boolean {
    return compareQuantities(this.text, (other as Quantity).text) === 0;
  }
}

const NANO = 1_000_000_000n;

function parse(text: string): Quantity {
  try {
    parseQuantity(text);
    return new Quantity(text);
  } catch (error) {
    if (error instanceof QuantityError) throw new CelError(error.message);
    throw error;
  }
}

function isQuantity(text: string): boolean {
  try {
    parse(text);
    return true;
  } catch (error) {
    if (error instanceof CelError) return false;
    throw error;
  }
}

const isInteger = ({ text }: Quantity): boolean => {
  const { nano } = parseQuantity(text);
  return nano % NANO === 0n && BigInt.asIntN(64, nano / NANO) === nano / NANO;
};

function asInteger(quantity: Quantity): bigint {
  if (!isInteger(quantity)) throw new CelError('cannot convert value to integer');
  return parseQuantity(quantity.text).nano / NANO;
}

const sign = ({ text }: Quantity): bigint => BigInt(compareQuantities(text, '0'));
const textOf = (value: CelValue): string => (value instanceof Quantity ? value.text : String(value));
const order = (a: Quantity, b: Quantity): number => compareQuantities(a.text, b.text);
const Q = 'kubernetes.Quantity';

/** Kubernetes' quantity library. */
export const quantities: readonly Overload[] = [
  fn(`quantity(string): ${Q}`, (_, text: string) => parse(text)),
  fn('isQuantity(string): bool', (_, text: string) => isQuantity(text)),
  fn(`${Q}.isInteger(): bool`, (_, quantity: Quantity) => isInteger(quantity)),
  fn(`${Q}.asInteger(): int`, (_, quantity: Quantity) => asInteger(quantity)),
  fn(`${Q}.asApproximateFloat(): double`, (_, { text }: Quantity) => Number(parseQuantity(text).nano) / 1e9),
  fn(`${Q}.sign(): int`, (_, quantity: Quantity) => sign(quantity)),
  ...[Q, 'int'].flatMap((type) => [
    fn(
      `${Q}.add(${type}): ${Q}`,
      (_, { text }: Quantity, other) => new Quantity(addQuantities(text, textOf(other as CelValue))),
    ),
    fn(
      `${Q}.sub(${type}): ${Q}`,
      (_, { text }: Quantity, other) => new Quantity(subtractQuantities(text, textOf(other as CelValue))),
    ),
  ]),
  fn(`${Q}.isLessThan(${Q}): bool`, (_, a: Quantity, b: Quantity) => order(a, b) < 0),
  fn(`${Q}.isGreaterThan(${Q}): bool`, (_, a: Quantity, b: Quantity) => order(a, b) > 0),
  fn(`${Q}.compareTo(${Q}): int`, (_, a: Quantity, b: Quantity) => BigInt(order(a, b))),
];
