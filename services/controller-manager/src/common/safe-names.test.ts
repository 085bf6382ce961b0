import { describe, expect, it } from 'vitest';
import { fnv32a, generatedName, numberInName, safeEncode, suffixCount } from './safe-names.ts';

describe('fnv32a', () => {
  it.each([
    ['', 0x811c9dc5],
    ['a', 0xe40c292c],
    ['foobar', 0xbf9cf968],
  ])('of "%s" is as published', (text, hash) => {
    expect(fnv32a(text)).toBe(hash);
  });
});

describe('generated names', () => {
  it('give back their number', () => {
    for (const number of [0, 1, 26, 27, 123_456, suffixCount - 1]) {
      expect(numberInName('web-', generatedName('web-', number))).toBe(number);
    }
  });

  it('of others have none', () => {
    expect(numberInName('web-', 'web-1')).toBeUndefined();
    expect(numberInName('web-', 'web-aeiou')).toBeUndefined();
    expect(numberInName('web-', 'www-bcdfg')).toBeUndefined();
  });

  it('are distinct for distinct numbers', () => {
    expect(new Set(Array.from({ length: 2000 }, (_, number) => generatedName('x', number))).size).toBe(2000);
    expect(suffixCount).toBe(27 ** 5);
  });
});

it('digits are written as Kubernetes writes them in a pod-template-hash', () => {
  expect(safeEncode(1234567890)).toBe('56789bcdf4');
  expect(safeEncode(0)).toBe('4');
});
