import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { FrontRequest } from './exchange.ts';
import { indented, isForPeople } from './indent.ts';

it('writes what JSON.stringify does, wherever the bytes are cut', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.integer({ min: 1, max: 9 }), fc.boolean(), (value, size, spaced) => {
      const bytes = Buffer.from(`${JSON.stringify(value, null, spaced ? '\t' : '')}\n`);
      const parts = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
        bytes.subarray(i * size, (i + 1) * size),
      );
      expect(Buffer.concat([...indented(parts)]).toString()).toBe(JSON.stringify(value, null, 2));
    }),
  );
});

it.each([
  ['/api', undefined, false],
  ['/api', 'kubectl/v1.36.4', false],
  ['/api', 'curl/8.5.0', true],
  ['/api', 'Wget/1.21', true],
  ['/api', 'Mozilla/5.0 (X11)', true],
  ['/api', 'libcurl', false],
  ['/api?pretty=true', 'kubectl/v1.36.4', true],
  ['/api?limit=1&pretty=1', undefined, true],
  ['/api?pretty=false', 'curl/8.5.0', false],
  ['/api?pretty=yes', 'curl/8.5.0', false],
  ['/api?pretty=', 'curl/8.5.0', true],
])('takes %s of %s for a question of people: %s', (url, agent, expected) => {
  const headers = agent === undefined ? {} : { 'user-agent': agent };
  expect(isForPeople({ url, headers } as unknown as FrontRequest)).toBe(expected);
});
