import type { KubeObject } from '@kubus/shared/object';
import { builtinKinds, Registry } from '@kubus/shared/registry';
import type { Namespace } from '@kubus/shared/schema';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { RegistryKinds, type ServedKind } from '../common/served-kinds.ts';
import { conditionsFor, deletionTurns, type Emptied, finalized, isEmptied, planStep, untilNextLook } from './plan.ts';

const served = new RegistryKinds(new Registry(builtinKinds)).stored();
const pods = served.find(({ group, resource }) => group === '' && resource === 'pods') as ServedKind;
const configMaps = served.find(({ resource }) => resource === 'configmaps') as ServedKind;

const left: fc.Arbitrary<KubeObject> = fc
  .record({ grace: fc.option(fc.nat(60), { nil: undefined }), finalizers: fc.subarray(['a/b', 'c/d']) })
  .map(({ grace, finalizers }) => ({
    ...{ apiVersion: 'v1', kind: 'X' },
    metadata: { name: 'x', finalizers, ...(grace === undefined ? {} : { deletionGracePeriodSeconds: grace }) },
  }));
const emptied: fc.Arbitrary<Emptied[]> = fc.array(
  fc
    .record({
      resource: fc.constantFrom(pods, configMaps),
      remaining: fc.array(left, { maxLength: 2 }),
      error: fc.option(fc.constantFrom('refused', 'late'), { nil: undefined }),
    })
    .map(({ error, ...one }) => (error === undefined ? one : { ...one, error })),
  { maxLength: 3 },
);
const time = '2026-01-01T00:00:00Z';
const namespace: Namespace = {
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name: 'shop', deletionTimestamp: time },
  spec: { finalizers: ['kubernetes', 'own/one'] },
};

it('conditions say what is in the way, and nothing when all is gone; said again they are the same', () => {
  fc.assert(
    fc.property(emptied, fc.subarray(['a/v1: late']), (found, undiscovered) => {
      const content = { emptied: found, undiscovered };
      const conditions = conditionsFor([{ type: 'Foreign', status: 'True' }], content, time);
      expect(conditionsFor(conditions, content, '2027-01-01T00:00:00Z')).toEqual(conditions);
      const holding = conditions.filter(({ type, status }) => status === 'True' && type !== 'Foreign');
      expect(holding.length === 0).toBe(isEmptied(found) && undiscovered.length === 0);
      expect(conditions.filter(({ type }) => type === 'Foreign')).toHaveLength(1);
    }),
  );
});

it('another look comes soon, and not before the pods can be gone', () => {
  fc.assert(
    fc.property(emptied, (found) => {
      const wait = untilNextLook(namespace, found, Date.parse(time));
      const grace = found
        .filter(({ resource }) => resource === pods)
        .flatMap(({ remaining }) => remaining.map(({ metadata }) => metadata.deletionGracePeriodSeconds ?? 0));
      expect(wait).toBeGreaterThanOrEqual(1000 + Math.floor(Math.max(0, ...grace) / 2) * 1000);
      expect(wait).toBeLessThanOrEqual(31_000);
    }),
  );
});

it('everything that can be listed and deleted has its turn, pods alone in the first', () => {
  fc.assert(
    fc.property(fc.subarray([...served]), (some) => {
      const [first, second] = deletionTurns(some);
      expect(first.every((one) => one === pods)).toBe(true);
      expect(second).not.toContain(pods);
      const content = some.filter(({ namespaced, verbs }) => namespaced && verbs.has('delete') && verbs.has('list'));
      expect(first.length + second.length).toBe(content.length);
    }),
  );
});

it('a namespace loses our finalizer only, and then needs nothing more', () => {
  const done = finalized({ ...namespace, status: { phase: 'Terminating' } });
  expect(done.spec?.finalizers).toEqual(['own/one']);
  expect(planStep(done)).toEqual({ type: 'none' });
});
