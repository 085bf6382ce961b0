import fc from 'fast-check';
import { expect, it } from 'vitest';
import { buildPod } from '../../test/rig.ts';
import { parsePeriods, shutdownGroups } from './plan.ts';

const periods = fc.uniqueArray(fc.record({ priority: fc.integer({ min: -5, max: 5 }), seconds: fc.nat(60) }), {
  selector: ({ priority }) => priority,
  minLength: 1,
  maxLength: 4,
});
const pods = fc
  .array(fc.option(fc.integer({ min: -7, max: 7 }), { nil: undefined }), { maxLength: 10 })
  .map((all) => all.map((priority, i) => buildPod(`p${i}`, priority === undefined ? {} : { priority })));

it('every pod ends in one group, the important ones after the others, in the time of the highest period that it reaches', () => {
  fc.assert(
    fc.property(periods, pods, (drawn, all) => {
      const parsed = parsePeriods(drawn.map(({ priority, seconds }) => `${priority}=${seconds}`).join());
      const groups = shutdownGroups(all, parsed);
      expect(groups.flatMap((group) => group.pods).toSorted((a, b) => all.indexOf(a) - all.indexOf(b))).toEqual(all);
      const priorities = groups.map((group) => group.pods.map(({ spec }) => spec?.priority ?? 0));
      for (const [i, ofGroup] of priorities.entries())
        for (const later of priorities.slice(i + 1)) expect(Math.max(...ofGroup)).toBeLessThan(Math.min(...later));
      for (const { seconds, pods: members } of groups)
        for (const { spec } of members) {
          const reached = parsed.filter(({ priority }) => priority <= (spec?.priority ?? 0)).at(-1) ?? parsed[0];
          expect(seconds).toBe(reached?.seconds);
        }
    }),
  );
});
