import { expect, it } from 'vitest';
import { parseServiceAccountName, serviceAccountName } from './users.ts';

it('the user name of a service account holds its namespace and its name', () => {
  expect(parseServiceAccountName(serviceAccountName('shop', 'web'))).toEqual({ namespace: 'shop', name: 'web' });
});

it.each([
  'kubernetes-admin',
  'system:node:a:b',
  'xxxxxx:xxxxxxxxxxxxxx:shop:web',
  'system:serviceaccount:',
  'system:serviceaccount:shop',
  'system:serviceaccount:shop:',
  'system:serviceaccount::web',
  'system:serviceaccount:shop:web:more',
])('%s is no service account', (username) => {
  expect(parseServiceAccountName(username)).toBeUndefined();
});
