import { beforeEach, describe, expect, it } from 'vitest';
import { revisions, templateOf } from '../common/testing/world.ts';
import { createStatefulSetController } from './index.ts';
import { SetWorld } from './testing/set-world.ts';

let world: SetWorld;
beforeEach(() => {
  world = new SetWorld();
});

describe('a rolling update', () => {
  it('goes from the highest ordinal down, one pod at a time, and ends with one revision', async () => {
    world.create();
    world.start('statefulset');
    await world.converge();
    expect(world.set()?.status).toMatchObject({ currentReplicas: 3, updatedReplicas: 3 });
    await world.setImage('db:2');
    const order: string[] = [];
    for (let i = 0; i < 3; i++) {
      await world.settle();
      expect(world.leaving()).toHaveLength(1);
      order.push(...world.leaving());
      world.terminate();
      await world.settle();
      expect(world.leaving()).toEqual([]);
      for (const pod of world.pods()) world.setReady(pod);
    }
    await world.settle();
    expect(order).toEqual(['db-2', 'db-1', 'db-0']);
    const [one, two] = world.revisions();
    expect([one?.revision, two?.revision]).toEqual([1, 2]);
    expect(world.set()?.status).toEqual({
      observedGeneration: 2,
      replicas: 3,
      readyReplicas: 3,
      availableReplicas: 3,
      currentReplicas: 3,
      updatedReplicas: 3,
      currentRevision: two?.metadata.name,
      updateRevision: two?.metadata.name,
      collisionCount: 0,
    });
  });

  it('takes one pod at a time also where pods are made in parallel', async () => {
    world.create({ podManagementPolicy: 'Parallel' });
    world.start('statefulset');
    await world.converge();
    await world.setImage('db:2');
    await world.settle();
    expect(world.leaving()).toEqual(['db-2']);
    world.terminate();
    await world.settle();
    expect(world.leaving()).toEqual([]);
    world.setReady(world.pod('db-2'));
    await world.settle();
    expect(world.leaving()).toEqual(['db-1']);
  });

  it('stops at a pod that does not get ready', async () => {
    world.create();
    world.start('statefulset');
    await world.converge();
    await world.setImage('db:2');
    await world.settle();
    world.terminate();
    await world.settle();
    expect(world.images()).toEqual({ 'db-0': 'db:1', 'db-1': 'db:1', 'db-2': 'db:2' });
    await world.settle();
    expect(world.leaving()).toEqual([]);
    expect(world.set()?.status).toMatchObject({ currentReplicas: 2 });
  });

  it('leaves the ordinals below the partition on the old revision, also when their pods are made anew', async () => {
    world.create();
    world.start('statefulset');
    await world.converge();
    await world.editSet(({ spec }) =>
      Object.assign(spec, {
        template: templateOf('db:2'),
        updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 2 } },
      }),
    );
    await world.converge();
    expect(world.images()).toEqual({ 'db-0': 'db:1', 'db-1': 'db:1', 'db-2': 'db:2' });
    await world.remove('db-0');
    await world.remove('db-2');
    await world.converge();
    expect(world.images()).toEqual({ 'db-0': 'db:1', 'db-1': 'db:1', 'db-2': 'db:2' });
    const [one, two] = world.revisions();
    expect(world.set()?.status).toMatchObject({
      currentRevision: one?.metadata.name,
      updateRevision: two?.metadata.name,
      currentReplicas: 2,
      updatedReplicas: 1,
    });
  });

  it('waits for hands with OnDelete', async () => {
    world.create({ updateStrategy: { type: 'OnDelete' } });
    world.start('statefulset');
    await world.converge();
    await world.setImage('db:2');
    await world.converge();
    expect(Object.values(world.images())).toEqual(['db:1', 'db:1', 'db:1']);
    await world.remove('db-1');
    await world.converge();
    expect(world.images()).toEqual({ 'db-0': 'db:1', 'db-1': 'db:2', 'db-2': 'db:1' });
  });

  it('takes maxUnavailable pods at once only when that is switched on', async () => {
    const updateStrategy = { type: 'RollingUpdate', rollingUpdate: { partition: 0, maxUnavailable: '50%' } };
    for (const [maxUnavailable, expected] of [
      [false, ['db-3']],
      [true, ['db-2', 'db-3']],
    ] as const) {
      world = new SetWorld();
      world.create({ replicas: 4, updateStrategy });
      world.run(createStatefulSetController(world.context, { maxUnavailable }));
      await world.converge();
      await world.setImage('db:2');
      await world.settle();
      expect(world.leaving()).toEqual(expected);
    }
  });

  it('back to an old template takes its revision again, with a new number', async () => {
    world.create({ replicas: 1 });
    world.start('statefulset');
    await world.converge();
    const [first] = world.revisions();
    await world.setImage('db:2');
    await world.converge();
    await world.setImage('db:1');
    await world.converge();
    expect(world.revisions().map(({ revision }) => revision)).toEqual([2, 3]);
    expect(world.revisions()[1]?.metadata.uid).toBe(first?.metadata.uid);
    expect(world.set()?.status?.currentRevision).toBe(first?.metadata.name);
  });

  it('keeps as much history as asked for, and what pods still are of', async () => {
    world.create({ replicas: 1, revisionHistoryLimit: 1 });
    world.start('statefulset');
    await world.converge();
    for (const image of ['db:2', 'db:3', 'db:4']) {
      await world.setImage(image);
      await world.converge();
    }
    expect(world.revisions().map(({ revision }) => revision)).toEqual([3, 4]);
  });

  it('counts a collision when the name of its revision is taken, and takes another', async () => {
    world.create({ replicas: 1 });
    world.start('statefulset');
    await world.settle();
    const [mine] = world.revisions();
    world = new SetWorld();
    world.cluster.seed(revisions, {
      apiVersion: 'apps/v1',
      kind: 'ControllerRevision',
      metadata: { name: mine?.metadata.name ?? '', namespace: 'shop', labels: {} },
      data: { spec: { template: templateOf('other') } },
      revision: 1,
    });
    world.create({ replicas: 1 });
    const driver = world.start('statefulset');
    await world.settle();
    await driver.advance(100);
    expect(world.set()?.status).toMatchObject({ collisionCount: 1 });
    expect(world.names()).toEqual(['db-0']);
  });
});
