import { StatusError } from '@kubus/shared/errors';
import { beforeEach, describe, expect, it } from 'vitest';
import { claims } from '../common/testing/world.ts';
import { claimTemplate, SetWorld } from './testing/set-world.ts';

let world: SetWorld;
beforeEach(() => {
  world = new SetWorld();
});

describe('claims', () => {
  const claim = (ordinal: number) => world.cluster.get(claims).get('shop', `data-db-${ordinal}`);
  const owners = (ordinal: number) =>
    claim(ordinal)?.metadata.ownerReferences?.map((owner) => `${owner.kind} ${owner.name}`);

  it('are made before their pods, one for each ordinal, and stay when the set shrinks', async () => {
    world.create({ replicas: 2, volumeClaimTemplates: [claimTemplate] });
    world.start('statefulset');
    await world.converge();
    expect(world.cluster.writes().filter((write) => write.startsWith('create'))).toEqual([
      expect.stringContaining('create controllerrevisions'),
      'create persistentvolumeclaims shop/data-db-0',
      'create pods shop/db-0',
      'create persistentvolumeclaims shop/data-db-1',
      'create pods shop/db-1',
    ]);
    expect(claim(0)).toMatchObject({ metadata: { labels: { app: 'web' } }, spec: { accessModes: ['ReadWriteOnce'] } });
    expect(world.pod('db-1').spec.volumes).toEqual([
      { name: 'data', persistentVolumeClaim: { claimName: 'data-db-1' } },
    ]);
    await world.scale(1);
    await world.converge();
    expect(claim(1)).toBeDefined();
    expect(owners(1)).toBeUndefined();
  });

  it('are made anew for a pod that waits for them, and for no pod that runs', async () => {
    world.create({ replicas: 1, volumeClaimTemplates: [claimTemplate] });
    world.start('statefulset');
    await world.settle();
    world.cluster.remove(claims, 'shop', 'data-db-0');
    await world.settle();
    expect(claim(0)).toBeUndefined();
    world.setPhase(world.pod('db-0'), 'Pending');
    await world.settle();
    expect(claim(0)).toBeDefined();
    world.setPhase(world.pod('db-0'), 'Running');
    await world.settle();
    world.cluster.remove(claims, 'shop', 'data-db-0');
    await world.editSet(({ metadata }) => Object.assign(metadata, { annotations: { touched: 'yes' } }));
    await world.settle();
    expect(claim(0)).toBeUndefined();
  });

  it('that are refused keep their pod from being made', async () => {
    world.create({ volumeClaimTemplates: [claimTemplate] });
    world.cluster.intercept(({ resource, verb }) =>
      verb === 'create' && resource === claims.resource ? new StatusError('Forbidden', 'no storage') : undefined,
    );
    world.start('statefulset');
    await world.settle();
    expect(world.names()).toEqual([]);
    expect([...new Set(world.events)]).toEqual([
      'Warning FailedCreate db: create Claim data-db-0 Pod db-0 in StatefulSet db failed error: no storage',
    ]);
  });

  it('belong to the set when they are to go with it, and to a pod that is above the size', async () => {
    const policy = { whenDeleted: 'Delete', whenScaled: 'Delete' };
    world.create({
      replicas: 2,
      volumeClaimTemplates: [claimTemplate],
      persistentVolumeClaimRetentionPolicy: policy,
    });
    world.start('statefulset');
    await world.converge();
    expect([owners(0), owners(1)]).toEqual([['StatefulSet db'], ['StatefulSet db']]);
    await world.scale(1);
    await world.settle();
    expect([owners(0), owners(1)]).toEqual([['StatefulSet db'], ['Pod db-1']]);
    expect(world.leaving()).toEqual(['db-1']);
    await world.editSet(({ spec }) => Object.assign(spec, { persistentVolumeClaimRetentionPolicy: undefined }));
    await world.settle();
    expect(owners(0)).toEqual([]);
  });

  it('of a former pod hold up the next one of the name until they are gone', async () => {
    world.create({
      replicas: 1,
      volumeClaimTemplates: [claimTemplate],
      persistentVolumeClaimRetentionPolicy: { whenScaled: 'Delete' },
    });
    const ownerReferences = [{ apiVersion: 'v1', kind: 'Pod', name: 'db-0', uid: 'former', controller: true }];
    world.cluster.seed(claims, {
      ...claimTemplate,
      metadata: { name: 'data-db-0', namespace: 'shop', ownerReferences },
    });
    world.start('statefulset');
    await world.settle();
    expect(world.names()).toEqual([]);
    world.cluster.remove(claims, 'shop', 'data-db-0');
    await world.settle();
    expect(world.names()).toEqual(['db-0']);
    expect(owners(0)).toBeUndefined();
  });
});
