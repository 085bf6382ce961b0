import fc from 'fast-check';
import { expect, it } from 'vitest';
import { planResume } from './plan.ts';

const revision = fc.integer({ min: 1, max: 30 });
const epoch = fc.constantFrom('a', 'b');
const streams = fc
  .record({ epoch, base: fc.constant(0), first: revision, length: fc.integer({ min: -1, max: 20 }) })
  .map(({ length, ...stream }) => ({ ...stream, last: stream.first + length }));
const outboxes = fc
  .record({ epoch, first: revision, length: fc.integer({ min: -1, max: 20 }) })
  .map(({ length, ...outbox }) => ({ ...outbox, revision: outbox.first + length }));
const comparisons = fc.constantFrom(true, false, undefined);

it('whatever is found, readers get the changes of one history without a gap, or a stream made anew', () => {
  fc.assert(
    fc.property(fc.option(streams, { nil: undefined }), outboxes, comparisons, (stream, outbox, same) => {
      const resume = planResume(stream, outbox, same);
      if (resume.action === 'follow') {
        expect(resume.stream.epoch).toBe(outbox.epoch);
        expect(resume.stream.last).toBeLessThanOrEqual(outbox.revision);
        expect(resume.stream.last + 1).toBeGreaterThanOrEqual(outbox.first);
        expect(same).not.toBe(false);
      } else {
        expect(resume.from).toBe(outbox.first);
        // A new epoch makes every reader begin anew: only where revisions were given out twice.
        const wentBack = stream?.epoch === outbox.epoch && (stream.last > outbox.revision || same === false);
        expect(resume.newEpoch).toBe(wentBack);
      }
    }),
  );
});
