import fc from 'fast-check';
import { expect, it } from 'vitest';
import { RecentMap } from './recent-map.ts';

const capacity = 3;
const use = fc.record({ key: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'), write: fc.boolean() });

it('knows the last value of what was used last, and nothing of what was used twice as long ago', () => {
  fc.assert(
    fc.property(fc.array(use, { minLength: 30, maxLength: 60 }), (uses) => {
      const map = new RecentMap<number>(capacity);
      const values = new Map<string, number>();
      // The keys that are known, the one used last at the end.
      let used: string[] = [];
      for (const [i, { key, write }] of uses.entries()) {
        const before = used.indexOf(key);
        const newer = before < 0 ? undefined : used.length - 1 - before;
        if (write) {
          map.set(key, i);
          values.set(key, i);
        } else {
          const found = map.get(key);
          if (newer !== undefined && newer < capacity) expect(found).toBe(values.get(key));
          if (newer === undefined || newer >= 2 * capacity) expect(found).toBeUndefined();
          if (found === undefined) continue;
        }
        used = [...used.filter((other) => other !== key), key];
      }
    }),
  );
});
