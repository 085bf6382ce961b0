import { StatusError } from '@kubus/shared/errors';
import type { Informer } from '@kubus/shared/informer';
import type { GroupResource, KubeObject, OwnerReference } from '@kubus/shared/object';
import type { ControllerDriver } from '@kubus/testkit';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { configMaps, nodes, World } from '../common/testing/world.ts';

let world: World;
let driver: ControllerDriver;
beforeEach(() => {
  world = new World();
});

const start = () => {
  driver = world.start('garbage-collector');
};

type Owner = { object: KubeObject; block?: boolean };
const ref = ({ object, block = false }: Owner): OwnerReference => ({
  apiVersion: object.apiVersion,
  kind: object.kind,
  name: object.metadata.name,
  uid: object.metadata.uid ?? '',
  ...(block ? { blockOwnerDeletion: true } : {}),
});

function seed(name: string, owners: (Owner | OwnerReference)[] = [], metadata: Partial<KubeObject['metadata']> = {}) {
  const ownerReferences = owners.map((owner) => ('object' in owner ? ref(owner) : owner));
  return world.cluster.seed(configMaps, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'shop', uid: `uid-of-${name}`, ownerReferences, ...metadata },
  });
}

const names = () =>
  world.cluster
    .get(configMaps)
    .list()
    .map(({ metadata }) => metadata.name);
const get = (name: string) => world.cluster.get(configMaps).get('shop', name);
const owners = (name: string) => get(name)?.metadata.ownerReferences?.map((owner) => owner.name);

const remove = (name: string, propagationPolicy = 'Background') =>
  world.cluster.request({ ...configMaps, verb: 'delete', namespace: 'shop', name, body: { propagationPolicy } });

const gone: OwnerReference = { apiVersion: 'v1', kind: 'ConfigMap', name: 'gone', uid: 'uid-of-gone' };

it('an object that goes and leaves no dependents concerns nobody', async () => {
  seed('alone');
  start();
  await driver.settle();
  await remove('alone');
  expect(await driver.settle()).toBe(0);
});

it('an object that is made while its only owner is there concerns nobody', async () => {
  const owner = seed('owner');
  start();
  await driver.settle();
  seed('child', [{ object: owner }]);
  expect(await driver.settle()).toBe(0);
  seed('adopted', [{ object: owner }, gone]);
  expect(await driver.settle()).not.toBe(0);
  expect(owners('adopted')).toEqual(['owner']);
});

describe('an object whose owners are gone', () => {
  it('is deleted, and what it owned after it', async () => {
    const owner = seed('owner');
    const child = seed('child', [{ object: owner }]);
    seed('grandchild', [{ object: child }]);
    seed('bystander');
    start();
    await driver.settle();
    await remove('owner');
    await driver.settle();
    expect(names()).toEqual(['bystander']);
  });

  it('is deleted also when it was made after its owner went', async () => {
    start();
    await driver.settle();
    seed('late', [gone]);
    await driver.settle();
    expect(names()).toEqual([]);
  });

  it('is deleted when another object has taken the name of its owner', async () => {
    seed('gone', [], { uid: 'another' });
    seed('child', [gone]);
    start();
    await driver.settle();
    expect(names()).toEqual(['gone']);
  });

  it('lives on while one of them is there, without those that are not', async () => {
    seed('child', [{ object: seed('owner') }, gone]);
    start();
    await driver.settle();
    expect(names()).toEqual(['owner', 'child']);
    expect(owners('child')).toEqual(['owner']);
  });

  it('is deleted by its own finalizer: orphaning what it owns', async () => {
    const child = seed('child', [gone], { finalizers: ['orphan'] });
    seed('grandchild', [{ object: child }]);
    start();
    await driver.settle();
    expect(names()).toEqual(['grandchild']);
    expect(owners('grandchild')).toEqual([]);
  });

  it('is not touched while it is being deleted already', async () => {
    seed('child', [gone], { deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: ['a/b'] });
    start();
    await driver.settle();
    expect(world.cluster.writes()).toEqual([]);
  });
});

describe('an owner', () => {
  it('is looked up with the API before anything is deleted for its absence', async () => {
    const owner = seed('owner');
    seed('child', [{ object: owner }]);
    const informer = world.cluster.get(configMaps);
    const forgetful = new Proxy(informer, {
      get: (_, name) => {
        if (name === 'get') return () => undefined;
        const value: unknown = Reflect.get(informer, name, informer);
        return typeof value === 'function' ? value.bind(informer) : value;
      },
    });
    world.context.informers = {
      get: <T extends KubeObject>(resource: GroupResource) =>
        (resource.resource === 'configmaps' ? forgetful : world.cluster.get(resource)) as unknown as Informer<T>,
    };
    start();
    await driver.settle();
    expect(world.cluster.requests.map(({ verb }) => verb)).toContain('get');
    expect(names()).toEqual(['owner', 'child']);
  });

  it('that cannot be looked up keeps its dependents, and is tried again', async () => {
    seed('child', [gone]);
    const undo = world.cluster.intercept(({ verb }) =>
      verb === 'get' ? new StatusError('Timeout', 'slow') : undefined,
    );
    start();
    await driver.settle();
    expect(driver.failures).toHaveLength(1);
    expect(names()).toEqual(['child']);
    undo();
    await driver.advance(1000);
    expect(names()).toEqual([]);
  });

  it('of a kind that the cluster does not know keeps its dependents', async () => {
    seed('child', [{ apiVersion: 'example.com/v1', kind: 'Thing', name: 'x', uid: 'y' }, gone]);
    start();
    await driver.settle();
    expect(owners('child')).toEqual(['x']);
  });

  it('is looked up once for all its dependents', async () => {
    for (let i = 0; i < 20; i++) seed(`child-${i}`, [gone]);
    start();
    await driver.settle();
    expect(world.cluster.requests.filter(({ verb }) => verb === 'get')).toHaveLength(1);
    expect(names()).toEqual([]);
  });

  it('is found in whatever version it is named', async () => {
    const owner = world.cluster.seed({ group: 'apps', resource: 'replicasets' }, {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: { name: 'web', namespace: 'shop' },
    } as KubeObject);
    seed('child', [{ ...ref({ object: owner }), apiVersion: 'apps/v1beta1' }]);
    start();
    await driver.settle();
    expect(names()).toEqual(['child']);
  });
});

describe('foreground deletion', () => {
  it('takes those that block it first, then the owner, then the others', async () => {
    const owner = seed('owner');
    seed('blocking', [{ object: owner, block: true }], { finalizers: ['a/b'] });
    seed('other', [{ object: owner }], { finalizers: ['a/b'] });
    start();
    await driver.settle();
    await remove('owner', 'Foreground');
    await driver.settle();
    expect(names()).toEqual(['owner', 'blocking', 'other']);
    expect(get('blocking')?.metadata.deletionTimestamp).toBeDefined();
    world.cluster.remove(configMaps, 'shop', 'blocking');
    await driver.settle();
    expect(names()).toEqual(['other']);
  });

  it('goes down the whole tree', async () => {
    const owner = seed('owner');
    const child = seed('child', [{ object: owner, block: true }]);
    seed('grandchild', [{ object: child, block: true }], { finalizers: ['a/b'] });
    start();
    await driver.settle();
    await remove('owner', 'Foreground');
    await driver.settle();
    expect(names()).toEqual(['owner', 'child', 'grandchild']);
    expect(get('child')?.metadata.finalizers).toEqual(['foregroundDeletion']);
    world.cluster.remove(configMaps, 'shop', 'grandchild');
    await driver.settle();
    expect(names()).toEqual([]);
  });

  it('leaves a dependent alone that has another owner', async () => {
    const owner = seed('owner');
    seed('shared', [{ object: owner, block: true }, { object: seed('second') }]);
    start();
    await driver.settle();
    await remove('owner', 'Foreground');
    await driver.settle();
    expect(names()).toEqual(['second', 'shared']);
    expect(owners('shared')).toEqual(['second']);
  });

  it('ends for objects that own each other', async () => {
    seed('a', [{ ...gone, name: 'b', uid: 'uid-of-b', blockOwnerDeletion: true }]);
    seed('b', [{ ...gone, name: 'a', uid: 'uid-of-a', blockOwnerDeletion: true }]);
    start();
    await driver.settle();
    expect(names()).toEqual(['a', 'b']);
    await remove('a', 'Foreground');
    await driver.settle();
    expect(names()).toEqual([]);
  });

  it('ends for a circle of which all are deleted at once', async () => {
    for (const [name, owner] of [
      ['a', 'b'],
      ['b', 'c'],
      ['c', 'a'],
    ] as const) {
      seed(name, [{ ...gone, name: owner, uid: `uid-of-${owner}`, blockOwnerDeletion: true }]);
    }
    start();
    await driver.settle();
    for (const name of names()) await remove(name, 'Foreground');
    await driver.advance(100);
    await driver.advance(100);
    expect(names()).toEqual([]);
  });

  it('ends for an object that owns itself', async () => {
    seed('a', [{ ...gone, name: 'a', uid: 'uid-of-a', blockOwnerDeletion: true }]);
    start();
    await driver.settle();
    await remove('a', 'Foreground');
    await driver.settle();
    expect(names()).toEqual([]);
  });
});

describe('orphaning', () => {
  it('leaves the dependents without their owner', async () => {
    const owner = seed('owner');
    seed('child', [{ object: owner }, { object: seed('second') }]);
    start();
    await driver.settle();
    await remove('owner', 'Orphan');
    await driver.settle();
    expect(names()).toEqual(['second', 'child']);
    expect(owners('child')).toEqual(['second']);
  });

  it('keeps the owner until all of them know', async () => {
    const owner = seed('owner');
    seed('child', [{ object: owner }]);
    start();
    await driver.settle();
    const undo = world.cluster.intercept(({ verb, name }) =>
      verb === 'patch' && name === 'child' ? new StatusError('Forbidden', 'no') : undefined,
    );
    await remove('owner', 'Orphan');
    await driver.settle();
    expect(names()).toEqual(['owner', 'child']);
    undo();
    await driver.advance(1000);
    expect(names()).toEqual(['child']);
  });
});

describe('namespaces', () => {
  const inAnother = () => seed('owner', [], { namespace: 'other' });

  it('an owner in another one counts as absent, with an event', async () => {
    seed('child', [{ object: inAnother() }]);
    start();
    await driver.settle();
    expect(names()).toEqual(['owner']);
    expect(world.events).toEqual([
      'Warning OwnerRefInvalidNamespace child: ownerRef [v1/ConfigMap, namespace: shop, name: owner, uid: uid-of-owner] does not exist in namespace "shop"',
    ]);
  });

  it('an object in none cannot have an owner in one: it is kept, with an event', async () => {
    const owner = inAnother();
    world.cluster.seed(nodes, {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: 'n1', ownerReferences: [ref({ object: owner })] },
    });
    start();
    await driver.settle();
    expect(world.cluster.get(nodes).list()).toHaveLength(1);
    expect(world.events[0]).toContain('OwnerRefInvalidNamespace n1');
  });

  it('an object in one can have an owner in none', async () => {
    const node = world.cluster.seed(nodes, { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1' } });
    seed('lease', [{ object: node }]);
    start();
    await driver.settle();
    expect(names()).toEqual(['lease']);
    world.cluster.remove(nodes, '', 'n1');
    await driver.settle();
    expect(names()).toEqual([]);
  });
});

it('judges an object again that changed under its hands', async () => {
  const second = seed('second');
  seed('child', [gone]);
  const undo = world.cluster.intercept(({ verb }) => {
    if (verb !== 'delete') return undefined;
    undo();
    seed('child', [gone, { object: second }]);
    return undefined;
  });
  start();
  await driver.advance(100);
  expect(owners('child')).toEqual(['second']);
  expect(driver.failures).toEqual([]);
});

it('reports what was refused, and tries again', async () => {
  seed('child', [gone]);
  const undo = world.cluster.intercept(({ verb }) =>
    verb === 'delete' ? new StatusError('Forbidden', 'no') : undefined,
  );
  start();
  await driver.settle();
  expect(String(driver.failures[0]?.error)).toContain('1 objects could not be collected');
  undo();
  await driver.advance(1000);
  expect(names()).toEqual([]);
});

it('works through a large family in parts', async () => {
  for (let i = 0; i < 1100; i++) seed(`child-${i}`, [gone]);
  start();
  await driver.settle(5000);
  expect(names()).toEqual([]);
});

it('costs nothing for changes that concern neither owners nor finalizers', async () => {
  const owner = seed('owner');
  seed('child', [{ object: owner }]);
  start();
  await driver.settle();
  const { resourceVersion: _, ...metadata } = get('child')?.metadata ?? { name: 'child' };
  world.cluster.seed(configMaps, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { ...metadata, labels: { a: 'b' } },
  });
  expect(driver.nextIn).toBeUndefined();
});

it('whatever the family and whoever goes: who has an owner left stays, who has none goes', async () => {
  const scenario = fc.record({
    edges: fc.array(fc.tuple(fc.nat(7), fc.nat(7), fc.boolean()), { maxLength: 16 }),
    roots: fc.array(fc.nat(7), { maxLength: 3 }),
    deletions: fc.array(fc.tuple(fc.nat(7), fc.constantFrom('Background', 'Foreground')), { maxLength: 4 }),
  });
  await fc.assert(
    fc.asyncProperty(scenario, async ({ edges, deletions }) => {
      world = new World();
      // Owners have lower numbers, so that there are no circles; those have tests of their own.
      const family = Array.from({ length: 8 }, (_, member) =>
        edges.filter(([child, owner]) => child === member && owner < member),
      );
      for (const [member, mine] of family.entries()) {
        const distinct = [...new Map(mine.map((edge) => [edge[1], edge])).values()];
        seed(
          `m${member}`,
          distinct.map(([, owner, block]) => ({
            ...gone,
            name: `m${owner}`,
            uid: `uid-of-m${owner}`,
            blockOwnerDeletion: block,
          })),
        );
      }
      start();
      await driver.settle();
      const deleted = new Set<number>();
      for (const [member, policy] of deletions) {
        if (get(`m${member}`) !== undefined) await remove(`m${member}`, policy);
        deleted.add(member);
      }
      await driver.settle();
      await driver.advance(1000);
      const left: number[] = [];
      for (const [member, mine] of family.entries()) {
        const orphaned = mine.length > 0 && mine.every(([, owner]) => !left.includes(owner));
        if (!deleted.has(member) && !orphaned) left.push(member);
      }
      expect(names().sort()).toEqual(left.map((member) => `m${member}`));
      expect(driver.failures).toEqual([]);
    }),
    { numRuns: 200 },
  );
});
