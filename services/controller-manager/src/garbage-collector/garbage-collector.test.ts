import { StatusError } from '@kubus/shared/errors';
import type { Informer } from '@kubus/shared/informer';
import type { GroupResource, KubeObject } from '@kubus/shared/object';
import { beforeEach, describe, expect, it } from 'vitest';
import { collected, configMaps, nodes } from '../common/testing/world.ts';
import { createGarbageCollector } from './index.ts';
import { Family, gone, ref } from './testing/family.ts';

let family: Family;
beforeEach(() => {
  family = new Family();
});

it('an object that goes and leaves no dependents concerns nobody', async () => {
  family.seed('alone');
  const driver = family.start();
  await driver.settle();
  await family.remove('alone');
  expect(await driver.settle()).toBe(0);
});

it('an object that is made while its only owner is there concerns nobody', async () => {
  const owner = family.seed('owner');
  const driver = family.start();
  await driver.settle();
  family.seed('child', [{ object: owner }]);
  expect(await driver.settle()).toBe(0);
  family.seed('adopted', [{ object: owner }, gone]);
  expect(await driver.settle()).not.toBe(0);
  expect(family.owners('adopted')).toEqual(['owner']);
});

describe('an object whose owners are gone', () => {
  it('is deleted, and what it owned after it', async () => {
    const owner = family.seed('owner');
    const child = family.seed('child', [{ object: owner }]);
    family.seed('grandchild', [{ object: child }]);
    family.seed('bystander');
    const driver = family.start();
    await driver.settle();
    await family.remove('owner');
    await driver.settle();
    expect(family.names()).toEqual(['bystander']);
  });

  it('is deleted also when it was made after its owner went', async () => {
    const driver = family.start();
    await driver.settle();
    family.seed('late', [gone]);
    await driver.settle();
    expect(family.names()).toEqual([]);
  });

  it('is deleted when another object has taken the name of its owner', async () => {
    family.seed('gone', [], { uid: 'another' });
    family.seed('child', [gone]);
    const driver = family.start();
    await driver.settle();
    expect(family.names()).toEqual(['gone']);
  });

  it('lives on while one of them is there, without those that are not', async () => {
    family.seed('child', [{ object: family.seed('owner') }, gone]);
    const driver = family.start();
    await driver.settle();
    expect(family.names()).toEqual(['owner', 'child']);
    expect(family.owners('child')).toEqual(['owner']);
  });

  it('is deleted by its own finalizer: orphaning what it owns', async () => {
    const child = family.seed('child', [gone], { finalizers: ['orphan'] });
    family.seed('grandchild', [{ object: child }]);
    const driver = family.start();
    await driver.settle();
    expect(family.names()).toEqual(['grandchild']);
    expect(family.owners('grandchild')).toEqual([]);
  });

  it('is not touched while it is being deleted already', async () => {
    family.seed('child', [gone], { deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: ['a/b'] });
    const driver = family.start();
    await driver.settle();
    expect(family.cluster.writes()).toEqual([]);
  });
});

describe('an owner', () => {
  it('is looked up with the API before anything is deleted for its absence', async () => {
    const owner = family.seed('owner');
    family.seed('child', [{ object: owner }]);
    const informer = family.cluster.get(configMaps);
    const forgetful = new Proxy(informer, {
      get: (_, name) => {
        if (name === 'get') return () => undefined;
        const value: unknown = Reflect.get(informer, name, informer);
        return typeof value === 'function' ? value.bind(informer) : value;
      },
    });
    family.world.context.informers = {
      get: <T extends KubeObject>(resource: GroupResource) =>
        (resource.resource === 'configmaps' ? forgetful : family.cluster.get(resource)) as unknown as Informer<T>,
    };
    const driver = family.start();
    await driver.settle();
    expect(family.cluster.requests.map(({ verb }) => verb)).toContain('get');
    expect(family.names()).toEqual(['owner', 'child']);
  });

  it('that cannot be looked up keeps its dependents, and is tried again', async () => {
    family.seed('child', [gone]);
    const undo = family.cluster.intercept(({ verb }) =>
      verb === 'get' ? new StatusError('Timeout', 'slow') : undefined,
    );
    const driver = family.start();
    await driver.settle();
    expect(driver.failures).toHaveLength(1);
    expect(family.names()).toEqual(['child']);
    undo();
    await driver.advance(1000);
    expect(family.names()).toEqual([]);
  });

  it('of a kind that the cluster does not know keeps its dependents', async () => {
    family.seed('child', [{ apiVersion: 'example.com/v1', kind: 'Thing', name: 'x', uid: 'y' }, gone]);
    const driver = family.start();
    await driver.settle();
    expect(family.owners('child')).toEqual(['x']);
  });

  it('is looked up once for all its dependents', async () => {
    for (let i = 0; i < 20; i++) family.seed(`child-${i}`, [gone]);
    const driver = family.start();
    await driver.settle();
    expect(family.cluster.requests.filter(({ verb }) => verb === 'get')).toHaveLength(1);
    expect(family.names()).toEqual([]);
  });

  it('is found in whatever version it is named', async () => {
    const owner = family.cluster.seed({ group: 'apps', resource: 'replicasets' }, {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: { name: 'web', namespace: 'shop' },
    } as KubeObject);
    family.seed('child', [{ ...ref({ object: owner }), apiVersion: 'apps/v1beta1' }]);
    const driver = family.start();
    await driver.settle();
    expect(family.names()).toEqual(['child']);
  });
});
describe('namespaces', () => {
  const inAnother = () => family.seed('owner', [], { namespace: 'other' });

  it('an owner in another one counts as absent, with an event', async () => {
    family.seed('child', [{ object: inAnother() }]);
    const driver = family.start();
    await driver.settle();
    expect(family.names()).toEqual(['owner']);
    expect(family.world.events).toEqual([
      'Warning OwnerRefInvalidNamespace child: ownerRef [v1/ConfigMap, namespace: shop, name: owner, uid: uid-of-owner] does not exist in namespace "shop"',
    ]);
  });

  it('an object in none cannot have an owner in one: it is kept, with an event', async () => {
    const owner = inAnother();
    family.cluster.seed(nodes, {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: 'n1', ownerReferences: [ref({ object: owner })] },
    });
    const driver = family.start();
    await driver.settle();
    expect(family.cluster.get(nodes).list()).toHaveLength(1);
    expect(family.world.events[0]).toContain('OwnerRefInvalidNamespace n1');
  });

  it('an object in one can have an owner in none', async () => {
    const node = family.cluster.seed(nodes, { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1' } });
    family.seed('lease', [{ object: node }]);
    const driver = family.start();
    await driver.settle();
    expect(family.names()).toEqual(['lease']);
    family.cluster.remove(nodes, '', 'n1');
    await driver.settle();
    expect(family.names()).toEqual([]);
  });
});

it('judges an object again that changed under its hands', async () => {
  const second = family.seed('second');
  family.seed('child', [gone]);
  const undo = family.cluster.intercept(({ verb }) => {
    if (verb !== 'delete') return undefined;
    undo();
    family.seed('child', [gone, { object: second }]);
    return undefined;
  });
  const driver = family.start();
  await driver.advance(100);
  expect(family.owners('child')).toEqual(['second']);
  expect(driver.failures).toEqual([]);
});

it('reports what was refused, and tries again', async () => {
  family.seed('child', [gone]);
  const undo = family.cluster.intercept(({ verb }) =>
    verb === 'delete' ? new StatusError('Forbidden', 'no') : undefined,
  );
  const driver = family.start();
  await driver.settle();
  expect(String(driver.failures[0]?.error)).toContain('1 objects could not be collected');
  undo();
  await driver.advance(1000);
  expect(family.names()).toEqual([]);
});

it('works through a large family in parts', async () => {
  for (let i = 0; i < 1100; i++) family.seed(`child-${i}`, [gone]);
  const driver = family.start();
  await driver.settle(5000);
  expect(family.names()).toEqual([]);
});

it('costs nothing for changes that concern neither owners nor finalizers', async () => {
  const owner = family.seed('owner');
  family.seed('child', [{ object: owner }]);
  const driver = family.start();
  await driver.settle();
  const { resourceVersion: _, ...metadata } = family.get('child')?.metadata ?? { name: 'child' };
  family.cluster.seed(configMaps, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { ...metadata, labels: { a: 'b' } },
  });
  expect(driver.nextIn).toBeUndefined();
});

it('knows a kind by its new version when the definition changes, and still when the old one is let go', async () => {
  const before = { group: 'x.io', version: 'v1', resource: 'foos', kind: 'Foo', namespaced: true };
  const after = { ...before, version: 'v2' };
  const collector = createGarbageCollector(family.world.context, { resources: [before, ...collected] });
  const driver = family.world.run(collector);
  collector.add(after, family.cluster.get(before));
  expect(collector.reads.filter(({ group }) => group === 'x.io')).toEqual([after]);
  collector.remove(before);
  family.seed('child', [{ apiVersion: 'x.io/v2', kind: 'Foo', name: 'gone', uid: 'uid-of-gone' }]);
  await driver.settle();
  expect(family.names()).toEqual([]);

  collector.remove(after);
  family.seed('stranger', [{ apiVersion: 'x.io/v2', kind: 'Foo', name: 'gone', uid: 'uid-of-another' }]);
  await driver.settle();
  expect(family.names()).toEqual(['stranger']);
});
