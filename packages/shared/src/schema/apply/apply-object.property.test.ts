import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ConfigMap, Pod } from '../generated/types.ts';
import { apply, configMap, stored, t1 } from './testing/applying.ts';

describe('any sequence of applies', () => {
  const key = fc.constantFrom('a', 'b', 'c', 'd');
  const data = fc.dictionary(key, fc.constantFrom('1', '2'));
  const containers = fc.uniqueArray(
    fc.record({
      name: key,
      image: fc.constantFrom('x', 'y'),
      workingDir: fc.option(fc.constant('/'), { nil: undefined }),
    }),
    { selector: ({ name }) => name, minLength: 1 },
  );
  const podOf = (list: object): object =>
    JSON.parse(
      JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec: { containers: list } }),
    ) as object;

  it('ends where the last one does: applying it again changes nothing', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom('x', 'y'), containers), { minLength: 1, maxLength: 5 }),
        (steps) => {
          let live: Pod | undefined;
          for (const [manager, list] of steps) {
            live = stored(apply<Pod>(manager, live, podOf(list), { force: true }).object);
            expect(apply(manager, live, podOf(list), { at: t1 }).changed).toBe(false);
            expect(live.spec?.containers).toEqual(
              expect.arrayContaining(list.map((one) => expect.objectContaining(JSON.parse(JSON.stringify(one))))),
            );
          }
        },
      ),
    );
  });

  it('never has appliers of different fields conflict', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), data), { maxLength: 6 }), (steps) => {
        let live: ConfigMap | undefined;
        for (const [first, chosen] of steps) {
          const prefixed = Object.fromEntries(
            Object.entries(chosen).map(([name, value]) => [`${first ? 'x' : 'y'}-${name}`, value]),
          );
          live = stored(apply<ConfigMap>(first ? 'x' : 'y', live, configMap(prefixed)).object);
          expect(live.data ?? {}).toMatchObject(prefixed);
        }
      }),
    );
  });

  it('leaves exactly what the managers want together', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom('x', 'y'), data), { maxLength: 6 }), (steps) => {
        let live: ConfigMap | undefined;
        const wanted = new Map<string, Map<string, string>>();
        for (const [manager, chosen] of steps) {
          for (const others of wanted.values())
            for (const [name, value] of Object.entries(chosen)) if (others.get(name) !== value) others.delete(name);
          wanted.set(manager, new Map(Object.entries(chosen)));
          live = stored(apply<ConfigMap>(manager, live, configMap(chosen), { force: true }).object);
        }
        expect(live?.data ?? {}).toEqual(Object.fromEntries([...wanted.values()].flatMap((one) => [...one])));
      }),
    );
  });
});
