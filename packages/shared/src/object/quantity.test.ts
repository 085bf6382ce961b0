import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addQuantities,
  canonicalQuantity,
  compareQuantities,
  formatQuantity,
  milliValue,
  parseQuantity,
  QuantityError,
  quantityValue,
  subtractQuantities,
} from './quantity.ts';

describe('a quantity', () => {
  it.each([
    ['0', '0'],
    ['0Ki', '0'],
    ['-0', '0'],
    ['1000m', '1'],
    ['100m', '100m'],
    ['0.1', '100m'],
    ['0.5', '500m'],
    ['1.5', '1500m'],
    ['1000', '1k'],
    ['1024', '1024'],
    ['1024Ki', '1Mi'],
    ['1000Ki', '1000Ki'],
    ['1.5Gi', '1536Mi'],
    ['0.5Ki', '512'],
    ['0.5Mi', '512Ki'],
    ['1500M', '1500M'],
    ['100000000000', '100G'],
    ['1e3', '1e3'],
    ['1000e3', '1e6'],
    ['12E', '12E'],
    ['1E2', '100'],
    ['0.3333333333', '333333334n'],
    ['1n', '1n'],
    ['0.1n', '1n'],
    ['-250m', '-250m'],
    ['+1', '+1'],
    ['1.500', '1.500'],
    ['128Ei', '9223372036854775807'],
  ])('%s is stored as %s', (text, canonical) => {
    expect(canonicalQuantity(text)).toBe(canonical);
  });

  it('may be a JSON number', () => {
    expect(canonicalQuantity(2)).toBe('2');
    expect(canonicalQuantity(0.25)).toBe('250m');
  });

  it.each([
    '',
    'a',
    '1.2.3',
    '1 Gi',
    '1gi',
    '1Kib',
    '1mm',
    '--1',
    '1e',
    '0x10',
    '1e999',
    '9'.repeat(200),
  ])('refuses %j', (text) => {
    expect(() => canonicalQuantity(text)).toThrow(QuantityError);
  });

  it('has Kubernetes messages', () => {
    expect(() => parseQuantity('')).toThrow('quantities must match the regular expression');
    expect(() => parseQuantity('1mm')).toThrow("unable to parse quantity's suffix");
  });

  it('rounds up to thousandths and to whole units', () => {
    expect(milliValue('0.0001')).toBe(1);
    expect(milliValue('1500m')).toBe(1500);
    expect(milliValue('2')).toBe(2000);
    expect(milliValue('1Gi')).toBe(1024 ** 3 * 1000);
    expect(quantityValue('1500m')).toBe(2);
    expect(quantityValue('-1500m')).toBe(-2);
    expect(quantityValue('1Gi')).toBe(1024 ** 3);
    expect(quantityValue('16Ti')).toBe(16 * 1024 ** 4);
    expect(quantityValue(3)).toBe(3);
  });

  it('is added and subtracted in the format of the first', () => {
    expect(addQuantities('1Gi', '512Mi')).toBe('1536Mi');
    expect(addQuantities('0', '1Ki')).toBe('1Ki');
    expect(subtractQuantities('1', '1500m')).toBe('-500m');
    expect(compareQuantities('1', '1000m')).toBe(0);
    expect(compareQuantities('1Ki', '1k')).toBe(1);
    expect(compareQuantities('999m', '1')).toBe(-1);
  });

  const quantities = fc
    .tuple(fc.bigInt(-(10n ** 15n), 10n ** 15n), fc.constantFrom('n', 'u', 'm', '', 'k', 'M', 'Ki', 'Mi', 'e3', 'e-3'))
    .map(([amount, suffix]) => `${amount}${suffix}`);

  it('keeps its amount through canonical form, which is a fixed point', () => {
    fc.assert(
      fc.property(quantities, (text) => {
        const canonical = formatQuantity(parseQuantity(text));
        expect(parseQuantity(canonical).nano).toBe(parseQuantity(text).nano);
        expect(formatQuantity(parseQuantity(canonical))).toBe(canonical);
        expect(parseQuantity(canonicalQuantity(text)).nano).toBe(parseQuantity(text).nano);
      }),
    );
  });

  it('is canonical at a glance only where it is', () => {
    fc.assert(
      fc.property(fc.nat(2_000), fc.constantFrom('', 'm', 'k', 'M', 'G', 'Ki', 'Mi', 'Gi'), (amount, suffix) => {
        const text = `${amount}${suffix}`;
        const canonical = canonicalQuantity(text);
        expect(parseQuantity(canonical)).toMatchObject({ nano: parseQuantity(text).nano });
        if (amount > 0 && amount < 1000) expect(canonical).toBe(formatQuantity(parseQuantity(text)));
      }),
    );
  });

  it('compares the same by the short way and by the exact one', () => {
    fc.assert(
      fc.property(quantities, quantities, (a, b) => {
        const [left, right] = [parseQuantity(a).nano, parseQuantity(b).nano];
        expect(compareQuantities(a, b)).toBe(left < right ? -1 : left > right ? 1 : 0);
      }),
    );
  });

  it('gives the same number by the short way and by the exact one', () => {
    fc.assert(
      fc.property(fc.nat(10 ** 9), fc.constantFrom('', 'm', 'k', 'M', 'G', 'Ki', 'Mi', 'Gi'), (amount, suffix) => {
        const { nano } = parseQuantity(`${amount}${suffix}`);
        expect(milliValue(`${amount}${suffix}`)).toBe(Number((nano + 999_999n) / 1_000_000n));
        expect(quantityValue(`${amount}${suffix}`)).toBe(Number((nano + 999_999_999n) / 1_000_000_000n));
      }),
    );
  });
});
