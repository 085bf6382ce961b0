import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Job } from '../job/index.ts';
import { untilExpired } from './plan.ts';

const end = Date.UTC(2026, 0, 1);
const jobs = fc
  .record({
    ttl: fc.option(fc.nat(1_000), { nil: undefined }),
    outcome: fc.constantFrom('Complete', 'Failed', 'Suspended', undefined),
    deleted: fc.boolean(),
  })
  .map(({ ttl, outcome, deleted }): Job => {
    const lastTransitionTime = new Date(end).toISOString();
    return {
      ...{ apiVersion: 'batch/v1', kind: 'Job' },
      metadata: { name: 'j', ...(deleted ? { deletionTimestamp: lastTransitionTime } : {}) },
      spec: { template: {}, ...(ttl === undefined ? {} : { ttlSecondsAfterFinished: ttl }) },
      status: outcome === undefined ? {} : { conditions: [{ type: outcome, status: 'True', lastTransitionTime }] },
    };
  });

it('a finished Job that is to go has its time, counted from its end, and no other has one', () => {
  fc.assert(
    fc.property(jobs, fc.nat(2_000_000), (job, passed) => {
      const ttl = job.spec.ttlSecondsAfterFinished;
      const finished = ['Complete', 'Failed'].includes(job.status?.conditions?.[0]?.type ?? '');
      const goes = ttl !== undefined && finished && job.metadata.deletionTimestamp === undefined;
      expect(untilExpired(job, end + passed)).toBe(goes ? Math.max(0, ttl * 1000 - passed) : undefined);
    }),
  );
});
