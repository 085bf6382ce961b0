import { StatusError } from '@kubus/shared/errors';
import { beforeEach, describe, expect, it } from 'vitest';
import { configMaps } from '../common/testing/world.ts';
import { Family, gone } from './testing/family.ts';

let family: Family;
beforeEach(() => {
  family = new Family();
});

describe('foreground deletion', () => {
  it('takes those that block it first, then the owner, then the others', async () => {
    const owner = family.seed('owner');
    family.seed('blocking', [{ object: owner, block: true }], { finalizers: ['a/b'] });
    family.seed('other', [{ object: owner }], { finalizers: ['a/b'] });
    const driver = family.start();
    await driver.settle();
    await family.remove('owner', 'Foreground');
    await driver.settle();
    expect(family.names()).toEqual(['owner', 'blocking', 'other']);
    expect(family.get('blocking')?.metadata.deletionTimestamp).toBeDefined();
    family.cluster.remove(configMaps, 'shop', 'blocking');
    await driver.settle();
    expect(family.names()).toEqual(['other']);
  });

  it('goes down the whole tree', async () => {
    const owner = family.seed('owner');
    const child = family.seed('child', [{ object: owner, block: true }]);
    family.seed('grandchild', [{ object: child, block: true }], { finalizers: ['a/b'] });
    const driver = family.start();
    await driver.settle();
    await family.remove('owner', 'Foreground');
    await driver.settle();
    expect(family.names()).toEqual(['owner', 'child', 'grandchild']);
    expect(family.get('child')?.metadata.finalizers).toEqual(['foregroundDeletion']);
    family.cluster.remove(configMaps, 'shop', 'grandchild');
    await driver.settle();
    expect(family.names()).toEqual([]);
  });

  it('leaves a dependent alone that has another owner', async () => {
    const owner = family.seed('owner');
    family.seed('shared', [{ object: owner, block: true }, { object: family.seed('second') }]);
    const driver = family.start();
    await driver.settle();
    await family.remove('owner', 'Foreground');
    await driver.settle();
    expect(family.names()).toEqual(['second', 'shared']);
    expect(family.owners('shared')).toEqual(['second']);
  });

  it('ends for objects that own each other', async () => {
    family.seed('a', [{ ...gone, name: 'b', uid: 'uid-of-b', blockOwnerDeletion: true }]);
    family.seed('b', [{ ...gone, name: 'a', uid: 'uid-of-a', blockOwnerDeletion: true }]);
    const driver = family.start();
    await driver.settle();
    expect(family.names()).toEqual(['a', 'b']);
    await family.remove('a', 'Foreground');
    await driver.settle();
    expect(family.names()).toEqual([]);
  });

  it('ends for a circle of which all are deleted at once', async () => {
    for (const [name, owner] of [
      ['a', 'b'],
      ['b', 'c'],
      ['c', 'a'],
    ] as const) {
      family.seed(name, [{ ...gone, name: owner, uid: `uid-of-${owner}`, blockOwnerDeletion: true }]);
    }
    const driver = family.start();
    await driver.settle();
    for (const name of family.names()) await family.remove(name, 'Foreground');
    await driver.advance(100);
    await driver.advance(100);
    expect(family.names()).toEqual([]);
  });

  it('ends for an object that owns itself', async () => {
    family.seed('a', [{ ...gone, name: 'a', uid: 'uid-of-a', blockOwnerDeletion: true }]);
    const driver = family.start();
    await driver.settle();
    await family.remove('a', 'Foreground');
    await driver.settle();
    expect(family.names()).toEqual([]);
  });
});

describe('orphaning', () => {
  it('leaves the dependents without their owner', async () => {
    const owner = family.seed('owner');
    family.seed('child', [{ object: owner }, { object: family.seed('second') }]);
    const driver = family.start();
    await driver.settle();
    await family.remove('owner', 'Orphan');
    await driver.settle();
    expect(family.names()).toEqual(['second', 'child']);
    expect(family.owners('child')).toEqual(['second']);
  });

  it('keeps the owner until all of them know', async () => {
    const owner = family.seed('owner');
    family.seed('child', [{ object: owner }]);
    const driver = family.start();
    await driver.settle();
    const undo = family.cluster.intercept(({ verb, name }) =>
      verb === 'patch' && name === 'child' ? new StatusError('Forbidden', 'no') : undefined,
    );
    await family.remove('owner', 'Orphan');
    await driver.settle();
    expect(family.names()).toEqual(['owner', 'child']);
    undo();
    await driver.advance(1000);
    expect(family.names()).toEqual(['child']);
  });
});
