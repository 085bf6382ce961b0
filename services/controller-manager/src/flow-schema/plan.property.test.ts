import type { FlowSchema } from '@kubus/shared/schema';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { plan } from './plan.ts';

const conditions = fc.subarray([
  { type: 'Other', status: 'True', lastTransitionTime: '2025-01-01T00:00:00Z' },
  { type: 'Dangling', status: 'True', reason: 'NotFound', lastTransitionTime: '2025-01-01T00:00:00Z' },
]);

it('says once whether the level is there, leaves other conditions alone, and keeps the time of what did not change', () => {
  fc.assert(
    fc.property(conditions, fc.boolean(), (known, exists) => {
      const schema: FlowSchema = {
        apiVersion: 'flowcontrol.apiserver.k8s.io/v1',
        kind: 'FlowSchema',
        metadata: { name: 's' },
        spec: { priorityLevelConfiguration: { name: 'level' } },
        status: { conditions: known },
      };
      const next = plan(schema, exists, '2026-01-01T00:00:00Z');
      expect(
        plan({ ...schema, status: { conditions: next ?? known } }, exists, '2027-01-01T00:00:00Z'),
      ).toBeUndefined();
      const dangling = next?.filter(({ type }) => type === 'Dangling') ?? [];
      expect(dangling.map(({ status }) => status)).toEqual([exists ? 'False' : 'True']);
      expect(next?.filter(({ type }) => type === 'Other')).toEqual(known.filter(({ type }) => type === 'Other'));
      const was = known.find(({ type }) => type === 'Dangling');
      const kept = was?.status === dangling[0]?.status;
      expect(dangling[0]?.lastTransitionTime).toBe(kept ? was?.lastTransitionTime : '2026-01-01T00:00:00Z');
    }),
  );
});
