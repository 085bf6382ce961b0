import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, semanticEqual } from './equality.ts';

describe('semanticEqual', () => {
  it.each<[unknown, unknown, boolean]>([
    [{ a: 1, b: 2 }, { b: 2, a: 1 }, true],
    [{ a: [] }, {}, true],
    [{ a: {} }, { a: null }, true],
    [undefined, {}, true],
    [{ a: 0 }, {}, false],
    [{ a: '' }, {}, false],
    [{ a: false }, {}, false],
    [[1, 2], [2, 1], false],
    [[{}], [], false],
    [{ a: [1] }, { a: { 0: 1 } }, false],
    [JSON.parse('{"__proto__":"x"}'), {}, false],
    [{ constructor: 'x' }, {}, false],
  ])('%j and %j: %s', (a, b, equal) => {
    expect(semanticEqual(a, b)).toBe(equal);
    expect(semanticEqual(b, a)).toBe(equal);
  });

  it('says the same as equality of canonical JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3 }), fc.jsonValue({ maxDepth: 3 }), (a, b) => {
        const wrapped = [{ a }, { a: b }] as const;
        expect(semanticEqual(...wrapped)).toBe(canonicalJson(wrapped[0]) === canonicalJson(wrapped[1]));
        expect(semanticEqual(a, structuredClone(a))).toBe(true);
      }),
    );
  });
});
