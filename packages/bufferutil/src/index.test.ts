import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { mask, unmask } from './index.ts';

const key = fc.uint8Array({ minLength: 4, maxLength: 4 });
/** At any place in memory. */
const placed = fc
  .tuple(fc.nat(8), fc.uint8Array({ maxLength: 100 }))
  .map(([at, bytes]) => Uint8Array.from([...new Uint8Array(at), ...bytes]).subarray(at));

const byteByByte = (bytes: Uint8Array, by: Uint8Array) => bytes.map((byte, i) => byte ^ (by[i % 4] as number));

it('unmasks as the definition says, byte i with byte i modulo 4 of the key', () => {
  fc.assert(
    fc.property(placed, key, (bytes, by) => {
      const expected = byteByByte(bytes, by);
      unmask(bytes, by);
      expect(bytes).toEqual(expected);
    }),
  );
});

it('masks into another buffer and touches nothing else of it', () => {
  fc.assert(
    fc.property(placed, key, fc.nat(8), (bytes, by, offset) => {
      const output = new Uint8Array(offset + bytes.length + 3).fill(7);
      mask(bytes, by, output, offset, bytes.length);
      const around = { before: new Uint8Array(offset).fill(7), behind: new Uint8Array(3).fill(7) };
      expect(output).toEqual(Uint8Array.from([...around.before, ...byteByByte(bytes, by), ...around.behind]));
    }),
  );
});

it('is what ws finds under this name', () => {
  const requireOfWs = createRequire(createRequire(import.meta.url).resolve('ws'));
  expect(requireOfWs.resolve('bufferutil')).toBe(fileURLToPath(new URL('index.ts', import.meta.url)));
});
