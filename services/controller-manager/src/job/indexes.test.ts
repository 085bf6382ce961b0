import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IndexSet } from './indexes.ts';

describe('completion indexes', () => {
  it('are written as Kubernetes writes them', () => {
    expect(IndexSet.of([7, 0, 3, 2, 4]).toString()).toBe('0,2-4,7');
    expect(IndexSet.of([1, 2]).toString()).toBe('1,2');
    expect(IndexSet.of([]).toString()).toBe('');
  });

  it('are read back without what lies beyond the completions, or is no number', () => {
    expect(IndexSet.parse('0,2-4,9', 4).toString()).toBe('0,2,3');
    expect(IndexSet.parse('x,1-,-2,3', 9).toString()).toBe('3');
    expect(IndexSet.parse(undefined, 9).size).toBe(0);
  });

  it('behave like sets of numbers', () => {
    const numbers = fc.uniqueArray(fc.nat(40));
    fc.assert(
      fc.property(numbers, numbers, fc.nat(12), (a, b, count) => {
        const [left, right] = [IndexSet.of(a), IndexSet.of(b)];
        const union = [...new Set([...a, ...b])];
        expect(left.with(right).toString()).toBe(IndexSet.of(union).toString());
        expect(left.with(right).size).toBe(union.length);
        expect(left.common(right)).toBe(a.filter((index) => b.includes(index)).length);
        for (let index = 0; index < 41; index++) expect(left.has(index)).toBe(a.includes(index));
        const free = Array.from({ length: 30 }, (_, index) => index).filter((index) => !a.includes(index));
        expect(left.missing(count, 30)).toEqual(free.slice(0, count));
        expect(IndexSet.parse(left.toString(), 41).toString()).toBe(left.toString());
      }),
    );
  });
});
