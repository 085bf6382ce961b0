import fc from 'fast-check';
import { expect, it } from 'vitest';
import { chunks } from './chunks.ts';

const bytes = fc.uint8Array({ maxLength: 40 });
const text = fc.string({ unit: 'binary', maxLength: 40 });

it('gives the bytes of all parts in order, whatever falls across a border', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(bytes, text)), fc.integer({ min: 1, max: 64 }), (parts, size) => {
      const whole = Buffer.concat(parts.map((part) => Buffer.from(part as string)));
      expect(Buffer.concat([...chunks(parts, size)])).toEqual(whole);
    }),
  );
});

it('makes few pieces of many parts, none larger than asked for', () => {
  const pieces = [
    ...chunks(
      Array.from({ length: 1000 }, () => Buffer.from('0123456789')),
      1024,
    ),
  ];
  expect(pieces.length).toBeLessThanOrEqual(10);
  expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThanOrEqual(1024);
});

it('asks for a part only when there is room for it', () => {
  let asked = 0;
  const parts = function* () {
    for (; asked < 100; asked++) yield Buffer.alloc(100);
  };
  chunks(parts(), 1000).next();
  expect(asked).toBeLessThan(20);
});
