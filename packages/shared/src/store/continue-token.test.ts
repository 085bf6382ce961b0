import { expect, it } from 'vitest';
import { formatContinue, parseContinue } from './continue-token.ts';

const scope = { resource: { group: '', resource: 'secrets' }, namespace: 'shop' };
const forged = (...fields: unknown[]) => Buffer.from(JSON.stringify(fields)).toString('base64url');

it('says where its own list goes on', () => {
  expect(parseContinue(scope, formatContinue(scope, { revision: 7, last: 'a' }))).toEqual({ revision: 7, last: 'a' });
});

it.each([
  ['of another namespace', formatContinue({ ...scope, namespace: 'bank' }, { revision: 7, last: 'a' })],
  ['of all namespaces', formatContinue({ ...scope, namespace: '' }, { revision: 7, last: 'a' })],
  [
    'of another resource',
    formatContinue({ ...scope, resource: { group: '', resource: 'pods' } }, { revision: 7, last: 'a' }),
  ],
  ['of another version', forged(2, 'secrets', 'shop', 7, 'a')],
  ['with a revision that is none', forged(1, 'secrets', 'shop', 0.5, 'a')],
  ['with a revision before all', forged(1, 'secrets', 'shop', -2, 'a')],
  ['with more in it', forged(1, 'secrets', 'shop', 7, 'a', 'b')],
  ['that ends in the middle of a key', forged(1, 'secrets', 'shop', 7, 'a\0b')],
  ['that names no member', forged(1, 'secrets', 'shop', 7, null)],
  ['that is no JSON', 'x'],
])('is refused when it is one %s', (_, token) => {
  expect(() => parseContinue(scope, token)).toThrow('continue key is not valid');
});
