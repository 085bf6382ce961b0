/**
 * Fixed-point numbers with a suffix: '100m', '1.5Gi', '1e3' (apimachinery/pkg/api/resource, Quantity). Exact down to 10⁻⁹; what is finer is
 * rounded away from zero.
 */
export interface ParsedQuantity {
  /** In units of 10⁻⁹. */
  readonly nano: bigint;
  readonly format: QuantityFormat;
}

/** How a quantity was written, and is written again: 1024-based suffixes, 1000-based suffixes, or an exponent. */
export type QuantityFormat = 'BinarySI' | 'DecimalSI' | 'DecimalExponent';

/** Thrown for text that is not a quantity; the message is Kubernetes'. */
export class QuantityError extends Error {
  override readonly name = 'QuantityError';
}

const wrongFormat = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const wrongNumber = 'unable to parse numeric part of quantity';
const wrongSuffix = "unable to parse quantity's suffix";

const pattern = /^([+-]?)([0-9]*)(?:\.([0-9]*))?([eEinumkKMGTP]*[-+]?[0-9]*)$/;
const decimalSuffixes = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'];
const binarySuffixes = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];

/** Bounds the work that a text can cause: far beyond any real amount. */
const maxLength = 128;
const maxExponent = 64;

const nanosPerUnit = 1_000_000_000n;
/** Larger amounts with a binary suffix are taken for this one. */
const maxBinary = ((1n << 63n) - 1n) * nanosPerUnit;

interface Parts {
  negative: boolean;
  digits: string;
  fraction: string;
  base: 2 | 10;
  exponent: number;
  format: QuantityFormat;
}

/** A quantity as it is written in manifests, such as `100m` or `1Gi`, or a JSON number. Throws QuantityError. */
export function parseQuantity(value: string | number): ParsedQuantity {
  return amountOf(splitQuantity(textOf(value)));
}

/** JSON numbers are quantities too. */
const textOf = (value: string | number): string => String(value).trim();

function splitQuantity(text: string): Parts {
  const match = text.length === 0 || text.length > maxLength ? null : pattern.exec(text);
  if (match === null) throw new QuantityError(wrongFormat);
  const [, sign, digits = '', fraction = '', suffix = ''] = match;
  return { negative: sign === '-', digits: digits.replace(/^0+/, ''), fraction, ...interpretSuffix(suffix) };
}

function interpretSuffix(suffix: string): Pick<Parts, 'base' | 'exponent' | 'format'> {
  const decimal = decimalSuffixes.indexOf(suffix);
  if (decimal >= 0) return { base: 10, exponent: (decimal - 3) * 3, format: 'DecimalSI' };
  const binary = binarySuffixes.indexOf(suffix);
  if (binary > 0) return { base: 2, exponent: binary * 10, format: 'BinarySI' };
  if (!/^[eE][-+]?[0-9]+$/.test(suffix)) throw new QuantityError(wrongSuffix);
  const exponent = Number(suffix.slice(1));
  if (exponent > maxExponent) throw new QuantityError(wrongNumber);
  return { base: 10, exponent: Math.max(exponent, -2 * maxExponent), format: 'DecimalExponent' };
}

function amountOf({ negative, digits, fraction, base, exponent, format }: Parts): ParsedQuantity {
  const unscaled = BigInt(`0${digits}${fraction}`) << (base === 2 ? BigInt(exponent) : 0n);
  const power = 9 - fraction.length + (base === 10 ? exponent : 0);
  let nano = power >= 0 ? unscaled * 10n ** BigInt(power) : divideUp(unscaled, 10n ** BigInt(-power));
  if (format === 'BinarySI' && nano > maxBinary) nano = maxBinary;
  const tiny = format === 'BinarySI' && nano > 0n && nano < nanosPerUnit;
  return { nano: negative ? -nano : nano, format: tiny ? 'DecimalSI' : format };
}

/** Of amounts that are not negative. */
const divideUp = (amount: bigint, by: bigint): bigint => (amount + by - 1n) / by;

/** The canonical form: no fraction, the largest suffix that keeps the number whole. */
export function formatQuantity({ nano, format }: ParsedQuantity): string {
  if (nano === 0n) return '0';
  const isWhole = nano % nanosPerUnit === 0n;
  const units = nano / nanosPerUnit;
  if (format === 'BinarySI' && isWhole && (units >= 1024n || units <= -1024n)) return formatBinary(units);
  return formatDecimal(nano, format === 'DecimalExponent');
}

function formatBinary(units: bigint): string {
  let mantissa = units;
  let step = 0;
  while (mantissa % 1024n === 0n && step < binarySuffixes.length - 1) {
    mantissa /= 1024n;
    step += 1;
  }
  return `${mantissa}${binarySuffixes[step]}`;
}

function formatDecimal(nano: bigint, exponentForm: boolean): string {
  let mantissa = nano;
  let step = 0;
  while (mantissa % 1000n === 0n && (exponentForm || step < decimalSuffixes.length - 1)) {
    mantissa /= 1000n;
    step += 1;
  }
  if (!exponentForm) return `${mantissa}${decimalSuffixes[step]}`;
  return step === 3 ? `${mantissa}` : `${mantissa}e${(step - 3) * 3}`;
}

/**
 * What kube-apiserver stores for a quantity that it reads. Text that is near enough to canonical stays as it was written ('1.500', '1e3'), the
 * rest is rewritten ('1000m' becomes '1'). Throws QuantityError.
 */
export function canonicalQuantity(value: string | number): string {
  const text = textOf(value);
  if (text === '0' || shortest.test(text)) return text;
  const parts = splitQuantity(text);
  return staysAsWritten(parts) ? text : formatQuantity(amountOf(parts));
}

/** Canonical at a glance: up to three digits before a suffix that cannot be a larger one. */
const shortest = /^[1-9][0-9]{0,2}(?:m|k|M|G|Ki|Mi|Gi|)$/;

/** The cases in which Go's parser keeps the text instead of the parsed amount. */
function staysAsWritten({ digits, fraction, base, exponent }: Parts): boolean {
  const shifted = (digits === '' ? '0' : digits) + fraction;
  if (base === 2) {
    const fits = fraction === '' && 15 - digits.length - Math.trunc(exponent * 0.3) - 1 >= 0;
    return fits && Number(shifted) % 8 !== 0;
  }
  const scale = exponent - fraction.length;
  return shifted.length <= 18 && scale >= -9 && scale % 3 === 0 && !shifted.endsWith('000') && !shifted.startsWith('0');
}

/** Plain numbers and the suffixes that nearly every quantity has, without big integers. */
const common = /^([0-9]{1,9})(m|k|M|G|Ki|Mi|Gi|)$/;
const milliFactors: ReadonlyMap<string, number> = new Map([
  ['m', 1],
  ['', 1e3],
  ['k', 1e6],
  ['M', 1e9],
  ['G', 1e12],
  ['Ki', 1e3 * 2 ** 10],
  ['Mi', 1e3 * 2 ** 20],
  ['Gi', 1e3 * 2 ** 30],
]);

/** Exact thousandths of a common quantity, which are never negative; NaN for others. */
function commonMilli(value: string | number): number {
  const match = common.exec(String(value));
  const factor = match === null ? undefined : milliFactors.get(match[2] as string);
  const milli = factor === undefined ? Number.NaN : Number(match?.[1]) * factor;
  return Number.isSafeInteger(milli) ? milli : Number.NaN;
}

/** Thousandths, rounded up: what CPU is counted in. Beyond 2⁵³ it is as near as a number comes. Throws QuantityError. */
export function milliValue(value: string | number): number {
  const milli = commonMilli(value);
  return Number.isNaN(milli) ? Number(roundUp(parseQuantity(value).nano, 1_000_000n)) : milli;
}

/** Whole units, rounded up: what bytes and counts are. Beyond 2⁵³ it is as near as a number comes. Throws QuantityError. */
export function quantityValue(value: string | number): number {
  const milli = commonMilli(value);
  return Number.isNaN(milli) ? Number(roundUp(parseQuantity(value).nano, nanosPerUnit)) : Math.ceil(milli / 1000);
}

/** Away from zero. */
function roundUp(amount: bigint, by: bigint): bigint {
  return amount < 0n ? -divideUp(-amount, by) : divideUp(amount, by);
}

/** Negative, zero or positive, as a is less than, equal to or more than b. */
export function compareQuantities(a: string | number, b: string | number): number {
  const common = commonMilli(a) - commonMilli(b);
  if (!Number.isNaN(common)) return Math.sign(common);
  const difference = parseQuantity(a).nano - parseQuantity(b).nano;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** In the format of `a`, or of `b` when `a` is zero. */
export function addQuantities(a: string | number, b: string | number): string {
  return combine(parseQuantity(a), parseQuantity(b), 1n);
}

/** a - b, in the notation of a, or of b where a is 0; it may be negative. Throws QuantityError. */
export function subtractQuantities(a: string | number, b: string | number): string {
  return combine(parseQuantity(a), parseQuantity(b), -1n);
}

function combine(a: ParsedQuantity, b: ParsedQuantity, sign: bigint): string {
  return formatQuantity({ nano: a.nano + sign * b.nano, format: a.nano === 0n ? b.format : a.format });
}
