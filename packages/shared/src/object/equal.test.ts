import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { equal } from './equal.ts';

const json = fc.jsonValue();

describe('equality of two states of an object', () => {
  it('does not tell absent, null and an empty list apart', () => {
    expect(equal({ a: 1, b: null }, { a: 1 })).toBe(true);
    expect(equal({ a: 1 }, { b: [], a: 1 })).toBe(true);
    expect(equal([], undefined)).toBe(true);
    expect(equal({ a: undefined }, {})).toBe(true);
  });

  it('tells an empty object from none', () => {
    expect(equal({ emptyDir: {} }, {})).toBe(false);
    expect(equal({}, { emptyDir: {} })).toBe(false);
    expect(equal({}, null)).toBe(false);
    expect(equal({}, [])).toBe(false);
  });

  it('finds what only one of them has, wherever it stands', () => {
    expect(equal({ a: 1, b: 2 }, { a: 1, c: 2 })).toBe(false);
    expect(equal({ a: 1 }, { a: 1, b: 2 })).toBe(false);
    expect(equal({ b: 2, a: 1 }, { a: 1 })).toBe(false);
    expect(equal({ a: [1, 2] }, { a: [1] })).toBe(false);
    expect(equal({ a: [{ b: 1 }] }, { a: [{ b: 2 }] })).toBe(false);
  });

  it('takes names that mean something in JavaScript for names', () => {
    expect(equal({ constructor: 1 }, {})).toBe(false);
    expect(equal({}, { toString: 'x' })).toBe(false);
    expect(equal(JSON.parse('{"__proto__":{"a":1}}'), JSON.parse('{"__proto__":{"a":1}}'))).toBe(true);
    expect(equal(JSON.parse('{"__proto__":{"a":1}}'), {})).toBe(false);
  });

  it('does not go by the order of fields', () => {
    fc.assert(fc.property(json, (value) => equal(value, reversed(value)) && equal(reversed(value), value)));
  });

  it('is the same both ways, and no other than that of their texts where nothing is empty', () => {
    const solid = json.filter((value) => !/null|\[\]/.test(JSON.stringify(value)));
    fc.assert(
      fc.property(solid, solid, (a, b) => {
        expect(equal(a, b)).toBe(JSON.stringify(sorted(a)) === JSON.stringify(sorted(b)));
        expect(equal(b, a)).toBe(equal(a, b));
      }),
    );
  });
});

const reversed = (value: unknown): unknown => inOrder(value, (names) => names.reverse());
const sorted = (value: unknown): unknown => inOrder(value, (names) => names.sort());

function inOrder(value: unknown, order: (names: string[]) => string[]): unknown {
  if (Array.isArray(value)) return value.map((item) => inOrder(item, order));
  if (typeof value !== 'object' || value === null) return value;
  const fields = value as Record<string, unknown>;
  const copy: object = {};
  for (const name of order(Object.keys(fields)))
    Object.defineProperty(copy, name, { value: inOrder(fields[name], order), enumerable: true });
  return copy;
}
