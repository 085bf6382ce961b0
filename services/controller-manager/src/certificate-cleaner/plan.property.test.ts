import type { CertificateSigningRequest } from '@kubus/shared/schema';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { untilStale } from './plan.ts';

const now = Date.UTC(2026, 0, 2);
const hour = 3600_000;
const time = (ago: number) => new Date(now - ago).toISOString();

const requests = fc
  .record({
    age: fc.integer({ min: 0, max: 30 }),
    ended: fc.array(
      fc.record({ type: fc.constantFrom('Approved', 'Denied', 'Failed'), ago: fc.integer({ max: 3, min: 0 }) }),
      {
        maxLength: 2,
      },
    ),
  })
  .map(
    ({ age, ended }): CertificateSigningRequest => ({
      apiVersion: 'certificates.k8s.io/v1',
      kind: 'CertificateSigningRequest',
      metadata: { name: 'r', creationTimestamp: time(age * hour) },
      spec: { request: '', signerName: 'example.com/s' },
      status: {
        conditions: ended.map(({ type, ago }) => ({ type, status: 'True', lastUpdateTime: time(ago * hour) })),
      },
    }),
  );

it('goes a day after it was made when nobody decides, an hour after an end, and never while somebody may yet sign it', () => {
  fc.assert(
    fc.property(requests, (request) => {
      const types = request.status?.conditions?.map(({ type }) => type) ?? [];
      const ended = types.includes('Denied') || types.includes('Failed');
      const left = untilStale(request, now);
      if (types.length > 0 && !ended) expect(left).toBeUndefined();
      else expect(left).toBeLessThanOrEqual((ended ? 1 : 24) * hour);
    }),
  );
});

it('what is left is less by what has passed', () => {
  fc.assert(
    fc.property(requests, fc.integer({ min: 0, max: 40 * hour }), (request, passed) => {
      const left = untilStale(request, now);
      expect(untilStale(request, now + passed)).toBe(left === undefined ? undefined : Math.max(0, left - passed));
    }),
  );
});
