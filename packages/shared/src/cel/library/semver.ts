import { CelError } from '../errors.ts';
import { fn, type Overload } from '../function.ts';
import { CelOpaque } from '../values.ts';

const pattern =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?$/;
const maxLength = 256;

class Semver extends CelOpaque {
  readonly typeName = 'kubernetes.Semver';
  readonly numbers: readonly [bigint, bigint, bigint];
  readonly prerelease: readonly string[];

  constructor([, major = '0', minor = '0', patch = '0', prerelease]: RegExpExecArray) {
    super();
    this.numbers = [BigInt(major), BigInt(minor), BigInt(patch)];
    this.prerelease = prerelease === undefined ? [] : prerelease.split('.');
  }

  equals(other: CelOpaque): boolean {
    return order(this, other as Semver) === 0;
  }
}

/** Semantic Versioning 2.0.0; a normalized text may have a `v`, fewer numbers and leading zeros. */
function match(text: string, normalize: boolean): RegExpExecArray | undefined {
  if (text.length > maxLength) return undefined;
  const found = pattern.exec(normalize ? normalized(text) : text);
  const identifiers = found?.[4]?.split('.') ?? [];
  return found === null || identifiers.some((part) => /^0\d+$/.test(part)) ? undefined : found;
}

function normalized(text: string): string {
  const plain = text.replace(/^v/, '');
  const end = plain.search(/[-+]/);
  const numbers = (end < 0 ? plain : plain.slice(0, end)).split('.').map((part) => part.replace(/^0+(?=\d)/, ''));
  while (numbers.length < 3) numbers.push('0');
  return numbers.join('.') + (end < 0 ? '' : plain.slice(end));
}

function parse(text: string, normalize = false): Semver {
  const found = match(text, normalize);
  if (found === undefined) throw new CelError(`invalid semantic version ${JSON.stringify(text)}`);
  return new Semver(found);
}

function order(a: Semver, b: Semver): number {
  for (const i of [0, 1, 2] as const) if (a.numbers[i] !== b.numbers[i]) return a.numbers[i] < b.numbers[i] ? -1 : 1;
  if (a.prerelease.length === 0 || b.prerelease.length === 0)
    return Math.sign(b.prerelease.length - a.prerelease.length);
  for (let i = 0; i < Math.max(a.prerelease.length, b.prerelease.length); i++) {
    const one = orderIdentifiers(a.prerelease[i], b.prerelease[i]);
    if (one !== 0) return one;
  }
  return 0;
}

function orderIdentifiers(a: string | undefined, b: string | undefined): number {
  if (a === b) return 0;
  if (a === undefined || b === undefined) return a === undefined ? -1 : 1;
  const [left, right] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (left && right) return BigInt(a) < BigInt(b) ? -1 : 1;
  if (left !== right) return left ? -1 : 1;
  return a < b ? -1 : 1;
}

const S = 'kubernetes.Semver';

/** Kubernetes' semver library. */
export const semvers: readonly Overload[] = [
  fn(`semver(string): ${S}`, (_, text: string) => parse(text)),
  fn(`semver(string, bool): ${S}`, (_, text: string, normalize: boolean) => parse(text, normalize)),
  fn('isSemver(string): bool', (_, text: string) => match(text, false) !== undefined),
  fn('isSemver(string, bool): bool', (_, text: string, normalize: boolean) => match(text, normalize) !== undefined),
  fn(`${S}.major(): int`, (_, { numbers }: Semver) => numbers[0]),
  fn(`${S}.minor(): int`, (_, { numbers }: Semver) => numbers[1]),
  fn(`${S}.patch(): int`, (_, { numbers }: Semver) => numbers[2]),
  fn(`${S}.isLessThan(${S}): bool`, (_, a: Semver, b: Semver) => order(a, b) < 0),
  fn(`${S}.isGreaterThan(${S}): bool`, (_, a: Semver, b: Semver) => order(a, b) > 0),
  fn(`${S}.compareTo(${S}): int`, (_, a: Semver, b: Semver) => BigInt(order(a, b))),
];
