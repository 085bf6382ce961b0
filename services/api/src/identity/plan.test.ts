import { expect, it } from 'vitest';
import { endpointsOf, formatEndpoint, isAlive, parseEndpoint, sighted } from './plan.ts';

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
