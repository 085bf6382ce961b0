import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Family, gone } from './testing/family.ts';

it('whatever the family and whoever goes: who has an owner left stays, who has none goes', async () => {
  const scenario = fc.record({
    edges: fc.array(fc.tuple(fc.nat(7), fc.nat(7), fc.boolean()), { maxLength: 16 }),
    roots: fc.array(fc.nat(7), { maxLength: 3 }),
    deletions: fc.array(fc.tuple(fc.nat(7), fc.constantFrom('Background', 'Foreground')), { maxLength: 4 }),
  });
  await fc.assert(
    fc.asyncProperty(scenario, async ({ edges, deletions }) => {
      const family = new Family();
      // Owners have lower numbers, so that there are no circles; those have tests of their own.
      const members = Array.from({ length: 8 }, (_, member) =>
        edges.filter(([child, owner]) => child === member && owner < member),
      );
      for (const [member, mine] of members.entries()) {
        const distinct = [...new Map(mine.map((edge) => [edge[1], edge])).values()];
        family.seed(
          `m${member}`,
          distinct.map(([, owner, block]) => ({
            ...gone,
            name: `m${owner}`,
            uid: `uid-of-m${owner}`,
            blockOwnerDeletion: block,
          })),
        );
      }
      const driver = family.start();
      await driver.settle();
      const deleted = new Set<number>();
      for (const [member, policy] of deletions) {
        if (family.get(`m${member}`) !== undefined) await family.remove(`m${member}`, policy);
        deleted.add(member);
      }
      await driver.settle();
      await driver.advance(1000);
      const left: number[] = [];
      for (const [member, mine] of members.entries()) {
        const orphaned = mine.length > 0 && mine.every(([, owner]) => !left.includes(owner));
        if (!deleted.has(member) && !orphaned) left.push(member);
      }
      expect(family.names().sort()).toEqual(left.map((member) => `m${member}`));
      expect(driver.failures).toEqual([]);
    }),
    { numRuns: 200 },
  );
});
