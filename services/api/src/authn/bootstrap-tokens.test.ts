import type { KubeObject } from '@kubus/shared/object';
import { expect, it } from 'vitest';
import { bootstrapTokens } from './bootstrap-tokens.ts';
import { serviceAccountIssuer } from './index.ts';

const now = new Date('2026-01-01T00:00:00Z');
const right: Record<string, string> = {
  'token-id': 'abcdef',
  'token-secret': '0123456789abcdef',
  'usage-bootstrap-authentication': 'true',
  expiration: '2026-01-02T00:00:00Z',
};
const token = 'abcdef.0123456789abcdef';

function authenticate(shown: string, data = right, more: object = {}, audiences?: string[]) {
  const encoded = Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
  );
  const metadata = { namespace: 'kube-system', name: 'bootstrap-token-abcdef' };
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata, type: 'bootstrap.kubernetes.io/token', data: encoded };
  const known = { ...secret, ...more } as KubeObject;
  const read = async ({ namespace, name }: { namespace: string; name: string }) =>
    namespace === 'kube-system' && name === known.metadata.name ? known : undefined;
  return bootstrapTokens(read, () => now).authenticate(shown, audiences);
}

it('a bootstrap token speaks for itself, in the group of those that are to become members, and in others that it names', async () => {
  expect(await authenticate(token)).toEqual({
    user: { username: 'system:bootstrap:abcdef', groups: ['system:bootstrappers', 'system:authenticated'] },
    audiences: [serviceAccountIssuer],
  });
  const groups = { ...right, 'auth-extra-groups': 'system:bootstrappers:workers,system:bootstrappers:a:b' };
  expect((await authenticate(token, groups))?.user.groups).toEqual([
    'system:bootstrappers',
    'system:bootstrappers:a:b',
    'system:bootstrappers:workers',
    'system:authenticated',
  ]);
});

it.each([
  ['another secret', 'abcdef.0123456789abcdee', {}],
  ['another form', 'abcdef-0123456789abcdef', {}],
  ['an id that is none', 'ABCDEF.0123456789abcdef', {}],
  ['an end in the past', token, { expiration: '2025-12-31T23:59:59Z' }],
  ['an end that is no time', token, { expiration: 'soon' }],
  ['another use', token, { 'usage-bootstrap-authentication': 'false' }],
  ['another id in the Secret', token, { 'token-id': 'ghijkl' }],
  ['a group of masters', token, { 'auth-extra-groups': 'system:masters' }],
])('a bootstrap token with %s is none', async (_, shown, change) => {
  expect(await authenticate(shown, { ...right, ...change })).toBeUndefined();
});

it('a Secret of another type, or on its way out, makes no bootstrap token', async () => {
  expect(await authenticate(token, right, { type: 'Opaque' })).toBeUndefined();
  const metadata = { name: 'bootstrap-token-abcdef', deletionTimestamp: '2026-01-01T00:00:00Z' };
  expect(await authenticate(token, right, { metadata })).toBeUndefined();
  expect(await authenticate(token, right, {}, ['vault'])).toBeUndefined();
});
