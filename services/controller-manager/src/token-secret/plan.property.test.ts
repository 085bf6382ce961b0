import type { Secret, ServiceAccount } from '@kubus/shared/schema';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { accountUidAnnotation, filled, plan, tokenType } from './plan.ts';

const certificate = 'the certificate of the cluster';
const account: ServiceAccount = {
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { name: 'robot', namespace: 'shop', uid: 'uid-now' },
};
const secrets = fc
  .record({
    type: fc.constantFrom(tokenType, 'Opaque'),
    named: fc.constantFrom(undefined, '', 'uid-now', 'uid-before'),
    data: fc.dictionary(fc.constantFrom('token', 'namespace', 'ca.crt', 'extra'), fc.constantFrom('', 'c29tZQ==')),
    deleted: fc.boolean(),
  })
  .map(
    ({ type, named, data, deleted }): Secret => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {
        ...{ name: 's', namespace: 'shop' },
        ...(named === undefined ? {} : { annotations: { [accountUidAnnotation]: named } }),
        ...(deleted ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}),
      },
      type,
      data,
    }),
  );

it('goes with its account, is filled once for it, and then stays as it is', () => {
  fc.assert(
    fc.property(secrets, fc.constantFrom(undefined, account), (secret, owner) => {
      const action = plan({ secret, account: owner }, certificate);
      if (secret.type !== tokenType || secret.metadata.deletionTimestamp !== undefined) {
        expect(action).toBeUndefined();
        return;
      }
      const named = secret.metadata.annotations?.[accountUidAnnotation];
      if (owner === undefined || named === 'uid-before') {
        expect(action).toEqual({ type: 'delete' });
        return;
      }
      if (action?.type !== 'fill') {
        expect(action).toBeUndefined();
        return;
      }
      const full = filled(secret, action.account, action.needsToken ? 'a token' : undefined, certificate);
      expect(plan({ secret: full, account: owner }, certificate)).toBeUndefined();
      expect(full.data?.['extra']).toBe(secret.data?.['extra']);
      // A token that somebody uses is never replaced.
      if (secret.data?.['token']) expect(full.data?.['token']).toBe(secret.data['token']);
    }),
  );
});
