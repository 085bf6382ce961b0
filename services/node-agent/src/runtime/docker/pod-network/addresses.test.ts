import fc from 'fast-check';
import { expect, it } from 'vitest';
import { AddressCursor, formatIPv4, linkName, macAddress, parseIPv4, parseLinkName, upperHalf } from './addresses.ts';

it('gives pods the upper half of a subnet, without the broadcast address', () => {
  const range = upperHalf('172.18.0.0/16');
  expect(range).toEqual({ first: parseIPv4('172.18.128.0'), count: 32_767, prefixLength: 16 });
  expect(upperHalf('10.0.0.0/30')).toBeUndefined();
  expect(upperHalf('fd00::/64')).toBeUndefined();
});

it('names a link after its address, within the 15 characters of an interface', () => {
  expect(linkName('172.18.128.7')).toBe('kbac128007');
  expect(macAddress('172.18.128.7')).toBe('0a:6b:ac:12:80:07');
  fc.assert(
    fc.property(fc.ipV4(), (ip) => {
      expect(formatIPv4(parseIPv4(ip))).toBe(ip);
      expect(parseLinkName(linkName(ip))).toBe(parseIPv4(ip));
    }),
  );
  expect(parseLinkName('kbfoo')).toBeUndefined();
  expect(parseLinkName('br-ac128007')).toBeUndefined();
});

it('gives no address twice while it is taken, and all of them before it gives up', () => {
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 1, max: 200 }), (start, count) => {
      const taken = new Set<string>();
      const cursor = new AddressCursor({ first: parseIPv4('10.1.2.3'), count, prefixLength: 24 }, start, (ip) =>
        taken.has(ip),
      );
      for (let i = 0; i < count; i++) {
        const ip = cursor.take() as string;
        expect(taken.has(ip)).toBe(false);
        taken.add(ip);
      }
      expect(cursor.take()).toBeUndefined();
    }),
  );
});
