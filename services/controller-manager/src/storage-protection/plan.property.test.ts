import type { PersistentVolumeClaim, Pod } from '@kubus/shared/schema';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { claimsOf, usesClaim } from './plan.ts';

const volume = fc.constantFrom(
  { name: 'data', persistentVolumeClaim: { claimName: 'shared' } },
  { name: 'scratch', ephemeral: { volumeClaimTemplate: { spec: {} } } },
  { name: 'none', emptyDir: {} },
);
const pods = fc
  .record({
    node: fc.constantFrom(undefined, 'n1'),
    volumes: fc.uniqueArray(volume),
    deleted: fc.constantFrom(undefined, 0, 30),
  })
  .map(
    ({ node, volumes, deleted }): Pod => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        ...{ name: 'web', namespace: 'shop', uid: 'uid-of-web' },
        ...(deleted === undefined
          ? {}
          : { deletionTimestamp: '2026-01-01T00:00:00Z', deletionGracePeriodSeconds: deleted }),
      },
      spec: { containers: [], volumes, ...(node === undefined ? {} : { nodeName: node }) },
    }),
  );
const claims = fc
  .record({
    name: fc.constantFrom('shared', 'web-scratch', 'other'),
    owner: fc.constantFrom('uid-of-web', 'uid-of-old'),
  })
  .map(
    ({ name, owner }): PersistentVolumeClaim => ({
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: {
        ...{ name, namespace: 'shop' },
        ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'web', uid: owner, controller: true }],
      },
    }),
  );

it('only a pod with a node uses a claim, one that it names, or that was made for this very pod', () => {
  fc.assert(
    fc.property(pods, claims, (pod, claim) => {
      const uses = usesClaim(pod, claim);
      const named = claimsOf(pod).includes(claim.metadata.name);
      if (uses) expect([named, pod.spec?.nodeName]).toEqual([true, 'n1']);
      if (claim.metadata.name === 'shared') expect(uses).toBe(named && pod.spec?.nodeName === 'n1');
      if (claim.metadata.ownerReferences?.[0]?.uid === 'uid-of-old' && claim.metadata.name === 'web-scratch')
        expect(uses).toBe(false);
    }),
  );
});
