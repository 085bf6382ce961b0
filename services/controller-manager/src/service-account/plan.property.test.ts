import type { ConfigMap, Namespace } from '@kubus/shared/schema';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { newRootCa, newServiceAccount, type Observed, plan, withRootCa } from './plan.ts';

const certificate = 'the certificate of the cluster';
const rootCa = fc.record({
  metadata: fc.constant({ name: 'kube-root-ca.crt', namespace: 'shop' }),
  data: fc.dictionary(fc.constantFrom('ca.crt', 'other'), fc.constantFrom(certificate, 'somebody else’s')),
});
const namespaces = fc
  .record({ phase: fc.constantFrom('Active', 'Terminating'), deleted: fc.boolean() })
  .map(({ phase, deleted }): Namespace => {
    const deletion = deleted ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {};
    return { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop', ...deletion }, status: { phase } };
  });
const observed = fc.record({
  namespace: fc.option(namespaces, { nil: undefined }),
  serviceAccount: fc.constantFrom(undefined, newServiceAccount('shop')),
  rootCa: fc.option(rootCa as fc.Arbitrary<ConfigMap>, { nil: undefined }),
});

function carriedOut(before: Observed): Observed {
  let after = before;
  for (const action of plan(before, certificate)) {
    if (action.type === 'createServiceAccount')
      after = { ...after, serviceAccount: newServiceAccount(action.namespace) };
    else if (action.type === 'createRootCa') after = { ...after, rootCa: newRootCa(action.namespace, certificate) };
    else after = { ...after, rootCa: withRootCa(action.configMap, certificate) };
  }
  return after;
}

it('a namespace that lives has both after one round, and nothing is made in one that goes', () => {
  fc.assert(
    fc.property(observed, (before) => {
      const { metadata, status } = before.namespace ?? {};
      const lives = status?.phase === 'Active' && metadata?.deletionTimestamp === undefined;
      const after = carriedOut(before);
      expect(plan(after, certificate)).toEqual([]);
      if (!lives) {
        expect(after).toBe(before);
        return;
      }
      expect(after.serviceAccount?.metadata).toMatchObject({ name: 'default', namespace: 'shop' });
      expect(after.rootCa?.data).toEqual({ 'ca.crt': certificate });
    }),
  );
});
