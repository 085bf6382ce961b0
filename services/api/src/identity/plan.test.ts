import fc from 'fast-check';
import { expect, it } from 'vitest';
import { endpointsOf, formatEndpoint, isAlive, parseEndpoint, type Sighting, sighted, TTL_MS } from './plan.ts';

it('a lease is alive for fifteen seconds after it was seen to change, whatever time it says', () => {
  const first = sighted(
    new Map(),
    new Map([
      ['a', '2030'],
      ['b', '1990'],
    ]),
    1_000,
  );
  const later = sighted(
    first,
    new Map([
      ['a', '2030'],
      ['b', '1991'],
      ['c', ''],
    ]),
    16_000,
  );
  const alive = [...later].filter(([, seen]) => isAlive(seen, 16_000)).map(([name]) => name);
  expect(alive).toEqual(['b', 'c']);
  expect(sighted(later, new Map(), 17_000).size).toBe(0);
});

it.each([
  [[], undefined],
  [['10.0.0.2:6443', '10.0.0.1:6443', '10.0.0.2:6443'], { addresses: ['10.0.0.1', '10.0.0.2'], port: 6443 }],
  [['10.0.0.2:6443', '10.0.0.1:6444', '10.0.0.1:6443'], { addresses: ['10.0.0.1', '10.0.0.2'], port: 6443 }],
  [['[fd00::1]:6443', '10.0.0.1:6443'], { addresses: ['10.0.0.1'], port: 6443 }],
] as const)('the endpoints of %j are %j', (texts, expected) => {
  expect(endpointsOf(texts.map(parseEndpoint).filter((endpoint) => endpoint !== undefined))).toEqual(expected);
});

it('an endpoint is read as it is written, and anything else for none', () => {
  for (const text of ['10.0.0.1:6443', '[fd00::1]:443']) {
    expect(formatEndpoint(parseEndpoint(text) as { address: string; port: number })).toBe(text);
  }
  for (const text of [undefined, '', 'host:1', '10.0.0.1', 'fd00::1:443']) expect(parseEndpoint(text)).toBeUndefined();
});

const endpoint = fc.record({
  address: fc.oneof(fc.ipV4(), fc.ipV6()),
  port: fc.integer({ min: 1, max: 65_535 }),
});

it('any endpoint is read as it is written', () => {
  fc.assert(
    fc.property(endpoint, (each) => {
      expect(parseEndpoint(formatEndpoint(each))).toEqual(each);
    }),
  );
});

it('the endpoints are the same whoever lists them, each address once, of one port and family, and somebody is always left', () => {
  const few = fc.record({
    address: fc.constantFrom('10.0.0.1', '10.0.0.2', 'fd00::1'),
    port: fc.constantFrom(443, 6443),
  });
  const shuffled = fc
    .array(few)
    .chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })));
  fc.assert(
    fc.property(shuffled, ([all, again]) => {
      const found = endpointsOf(all);
      expect(endpointsOf(again)).toEqual(found);
      expect(found === undefined).toBe(all.length === 0);
      const { addresses = [], port = 0 } = found ?? {};
      expect(new Set(addresses).size).toBe(addresses.length);
      expect(new Set(addresses.map((address) => address.includes(':'))).size).toBeLessThan(2);
      for (const address of addresses) expect(all).toContainEqual({ address, port });
    }),
  );
});

it('a lease is alive exactly as long as its time was seen to change within the fifteen seconds before', () => {
  const look = fc.record({ afterMs: fc.nat(TTL_MS), renewTime: fc.constantFrom('1', '2', '3') });
  fc.assert(
    fc.property(fc.array(look, { minLength: 1 }), fc.nat(2 * TTL_MS), (looks, silenceMs) => {
      let now = 0;
      let changed = 0;
      let before: string | undefined;
      let seen: ReadonlyMap<string, Sighting> = new Map();
      for (const { afterMs, renewTime } of looks) {
        now += afterMs;
        if (renewTime !== before) changed = now;
        before = renewTime;
        seen = sighted(seen, new Map([['lease', renewTime]]), now);
      }
      const last = seen.get('lease') as Sighting;
      expect(isAlive(last, now + silenceMs)).toBe(now + silenceMs - changed < TTL_MS);
    }),
  );
});
