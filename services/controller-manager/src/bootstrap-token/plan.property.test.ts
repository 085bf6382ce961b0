import type { Secret } from '@kubus/shared/schema';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { signed, tokenType, untilExpired } from './plan.ts';

const now = Date.UTC(2026, 0, 1);
const base64 = (text: string) => Buffer.from(text).toString('base64');

const secrets = fc
  .record({
    id: fc.constantFrom('abcdef', 'fedcba', '012345', 'no id', '__proto__'),
    secret: fc.constantFrom('0123456789abcdef', 'short'),
    signs: fc.constantFrom('true', 'false'),
    type: fc.constantFrom(tokenType, 'Opaque'),
    seconds: fc.option(fc.integer({ min: -5, max: 5 }), { nil: undefined }),
  })
  .map(
    ({ id, secret, signs, type, seconds }): Secret => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: `bootstrap-token-${id}`, namespace: 'kube-system' },
      type,
      data: {
        'token-id': base64(id),
        'token-secret': base64(secret),
        'usage-bootstrap-signing': base64(signs),
        ...(seconds === undefined ? {} : { expiration: base64(new Date(now + seconds * 1000).toISOString()) }),
      },
    }),
  );
const clusterInfo = fc.record({
  apiVersion: fc.constant('v1'),
  kind: fc.constant('ConfigMap'),
  metadata: fc.constant({ name: 'cluster-info', namespace: 'kube-public' }),
  data: fc.dictionary(
    fc.constantFrom('kubeconfig', 'jws-kubeconfig-abcdef', 'jws-kubeconfig-gone00', 'note'),
    fc.string(),
  ),
});

it('cluster-info is signed by the tokens that may sign and by no others, and then stays as it is', () => {
  fc.assert(
    fc.property(clusterInfo, fc.uniqueArray(secrets, { selector: ({ metadata }) => metadata.name }), (info, tokens) => {
      const next = signed(info, tokens, now) ?? info;
      expect(signed(next, tokens, now)).toBeUndefined();
      expect(next.data?.['note']).toBe(info.data['note']);
      if (info.data['kubeconfig'] === undefined) {
        expect(next).toBe(info);
        return;
      }
      const signers = tokens
        .filter(({ type, data }) => type === tokenType && data?.['usage-bootstrap-signing'] === base64('true'))
        .filter((token) => untilExpired(token, now) !== 0)
        .filter(
          ({ data, metadata }) => data?.['token-secret'] !== base64('short') && /-[a-z0-9]{6}$/.test(metadata.name),
        )
        .map(({ metadata }) => metadata.name.replace('bootstrap-token-', 'jws-kubeconfig-'));
      const keys = Object.keys(next.data ?? {}).filter((key) => key.startsWith('jws-kubeconfig-'));
      expect(keys.sort()).toEqual(signers.sort());
    }),
  );
});

it('what is left of a token is less by what has passed', () => {
  fc.assert(
    fc.property(secrets, fc.integer({ min: 0, max: 9_000 }), (token, passed) => {
      const left = untilExpired(token, now);
      expect(untilExpired(token, now + passed)).toBe(left === undefined ? undefined : Math.max(0, left - passed));
    }),
  );
});
