import type { KubeObject } from '@kubus/shared/object';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ServedKind, ServedKinds } from '../common/served-kinds.ts';
import type { ManifestObject } from './manifest.ts';
import { checkSet, fieldManagerOf, fingerprintOf, joinInventory, planDrift, planPrune, setOf } from './plan.ts';
import { identify } from './status.ts';

const kind = (name: string, namespaced: boolean, group = ''): ServedKind => ({
  ...{ group, version: 'v1', resource: `${name.toLowerCase()}s`, kind: name, namespaced, verbs: new Set(['list']) },
  storage: { group, resource: `${name.toLowerCase()}s` },
});
const served = [
  kind('ConfigMap', true),
  kind('Service', true),
  kind('Deployment', true, 'apps'),
  kind('Namespace', false),
  kind('ClusterRole', false),
];
const kinds: ServedKinds = {
  find: (gvk) => served.find((one) => one.kind === gvk.kind && one.group === gvk.group && one.version === gvk.version),
  stored: () => served,
};

let documents = 0;
function object(name: string, of = 'ConfigMap', namespace?: string, metadata: object = {}): ManifestObject {
  const group = served.find((one) => one.kind === of)?.group ?? '';
  const apiVersion = group === '' ? 'v1' : `${group}/v1`;
  const document = ++documents;
  return {
    document,
    apiVersion,
    kind: of,
    name,
    namespace,
    object: { apiVersion, kind: of, metadata: { name, ...metadata } },
  };
}

const web = { namespace: 'shop', name: 'web' };
const cluster = { namespace: '_cluster', name: 'base' };

describe('what a set asks for', () => {
  it('is put into the namespace of the set and marked', () => {
    const { objects } = checkSet(web, [object('x', 'ConfigMap', undefined, { labels: { a: 'b' } })], kinds);
    expect(objects[0]?.object.metadata).toEqual({
      name: 'x',
      namespace: 'shop',
      labels: { a: 'b', 'kubus.io/desired-set': 'web' },
      annotations: { 'kubus.io/desired-set': 'shop.web' },
    });
  });

  it('leaves out what the server writes', () => {
    const given = object('x', 'ConfigMap', 'shop', {
      uid: 'u',
      resourceVersion: '7',
      managedFields: [],
      creationTimestamp: 'now',
    });
    const { objects } = checkSet(web, [{ ...given, object: { ...given.object, status: { a: 1 } } }], kinds);
    expect(Object.keys(objects[0]?.object.metadata ?? {}).sort()).toEqual([
      'annotations',
      'labels',
      'name',
      'namespace',
    ]);
    expect(objects[0]?.object).not.toHaveProperty('status');
  });

  it('is refused with every reason', () => {
    const asked = [
      object('x', 'ConfigMap', 'other'),
      object('n', 'Namespace'),
      object('g', 'Gadget'),
      object('twice'),
      object('twice'),
    ];
    const { errors } = checkSet(web, asked, kinds);
    expect(errors.map(({ object: about, message }) => [about, message])).toEqual([
      ['ConfigMap/x', 'namespace other is not that of the set, shop'],
      ['Namespace/n', 'Namespace is cluster-scoped: publish it in a set of _cluster'],
      ['Gadget/g', 'no matches for kind "Gadget" in version "v1"'],
      ['ConfigMap/twice', `stands in document ${asked[3]?.document} already`],
    ]);
    expect(checkSet(cluster, [object('x', 'ConfigMap', 'shop')], kinds).errors).toHaveLength(1);
    expect(checkSet(cluster, [object('n', 'Namespace')], kinds).objects[0]).toMatchObject({ namespace: '', name: 'n' });
  });

  it('is never outside of the namespace, whatever the manifest says', () => {
    const any = fc.record({
      kind: fc.constantFrom('ConfigMap', 'Service', 'Deployment', 'Namespace', 'ClusterRole', 'Gadget', '__proto__'),
      name: fc.constantFrom('a', 'b', '__proto__'),
      namespace: fc.constantFrom(undefined, 'shop', 'other', '__proto__'),
    });
    fc.assert(
      fc.property(fc.array(any), fc.constantFrom(web, cluster), (asked, set) => {
        const manifest = asked.map((one) => object(one.name, one.kind, one.namespace));
        const { objects, errors } = checkSet(set, manifest, kinds);
        expect(objects.length + errors.length).toBe(manifest.length);
        expect(new Set(objects.map(identify)).size).toBe(objects.length);
        for (const one of objects) {
          expect(one.namespace).toBe(set === web ? 'shop' : '');
          expect(one.object.metadata.namespace ?? '').toBe(one.namespace);
        }
      }),
    );
  });

  it('is applied with what others need first', () => {
    const { objects } = checkSet(web, [object('d', 'Deployment'), object('s', 'Service'), object('c')], kinds);
    expect(objects.map(({ name }) => name)).toEqual(['c', 's', 'd']);
  });

  it('has a field manager that the API takes, and one for each set', () => {
    const long = (end: string) => fieldManagerOf({ namespace: 'shop', name: `${'a'.repeat(200)}${end}` });
    expect(fieldManagerOf(web)).toBe('kubus:shop.web');
    expect(long('x').length).toBeLessThanOrEqual(128);
    expect(long('x')).not.toBe(long('y'));
  });
});

describe('what leaves a set', () => {
  const names = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e'));

  it('is what it may have made and no longer asks for, and nothing else', () => {
    fc.assert(
      fc.property(names, names, (before, after) => {
        const made = checkSet(
          web,
          before.map((name) => object(name)),
          kinds,
        ).objects;
        const wanted = checkSet(
          web,
          after.map((name) => object(name)),
          kinds,
        ).objects;
        const pruned = planPrune(joinInventory(made, wanted), wanted).map(({ name }) => name);
        expect(pruned.toSorted()).toEqual(before.filter((name) => !after.includes(name)).sort());
      }),
    );
  });

  it('goes in the opposite order', () => {
    const { objects } = checkSet(web, [object('d', 'Deployment'), object('s', 'Service'), object('c')], kinds);
    expect(planPrune(objects, []).map(({ name }) => name)).toEqual(['d', 's', 'c']);
  });
});

describe('drift', () => {
  const [wanted] = checkSet(web, [object('x')], kinds).objects;
  if (wanted === undefined) throw new Error('no object');
  const live = (change: object = {}, metadata: object = {}) =>
    ({ ...wanted.object, ...change, metadata: { ...wanted.object.metadata, uid: 'u', ...metadata } }) as KubeObject;
  const inventory = [{ ...wanted, uid: 'u', fingerprint: fingerprintOf(live()) }];
  const drifted = (now: KubeObject | 'missing' | undefined) => planDrift([wanted], inventory, () => now).length === 1;

  it('is a missing, changed or replaced object, or one of which nothing is known', () => {
    expect(drifted('missing')).toBe(true);
    expect(drifted(undefined)).toBe(true);
    expect(drifted(live({ data: { a: 'b' } }))).toBe(true);
    expect(drifted(live({}, { uid: 'other' }))).toBe(true);
  });

  it('is not a new status, nor what every write changes, nor an object on its way out', () => {
    expect(drifted(live())).toBe(false);
    expect(drifted(live({ status: { ready: 1 } }, { resourceVersion: '9', generation: 3, managedFields: [] }))).toBe(
      false,
    );
    expect(drifted(live({ data: {} }, { deletionTimestamp: 'now' }))).toBe(false);
  });

  it('is told by a mark that can be read safely', () => {
    expect(setOf(live())).toBe('shop.web');
    expect(setOf({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x', annotations: {} } })).toBeUndefined();
  });
});
