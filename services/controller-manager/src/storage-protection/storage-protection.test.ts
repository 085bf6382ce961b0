import type { KubeObject } from '@kubus/shared/object';
import type { PersistentVolume, Pod } from '@kubus/shared/schema';
import { ControllerDriver } from '@kubus/testkit';
import { beforeEach, expect, it } from 'vitest';
import { World } from '../common/testing/world.ts';
import { createClaimProtectionController, createVolumeProtectionController } from './index.ts';

const core = { group: '', version: 'v1' };
const claims = { ...core, resource: 'persistentvolumeclaims' };
const volumes = { ...core, resource: 'persistentvolumes' };
const pods = { ...core, resource: 'pods' };
const mark = 'kubernetes.io/pvc-protection';

let world: World;
beforeEach(() => {
  world = new World();
});

const claim = (name: string, more: object = {}) => {
  const metadata = { name, namespace: 'shop', uid: name, finalizers: [mark], ...more };
  world.cluster.seed(claims, { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata });
};
const deleted = { deletionTimestamp: '2026-01-01T00:00:00Z' };
const finalizers = (name: string) => world.cluster.get(claims).get('shop', name)?.metadata.finalizers;

function pod(name: string, claimName: string, nodeName?: string): void {
  const spec = {
    ...(nodeName === undefined ? {} : { nodeName }),
    volumes: [{ name: 'v', persistentVolumeClaim: { claimName } }],
  };
  const metadata = { name, namespace: 'shop', uid: name };
  world.cluster.seed(pods, { apiVersion: 'v1', kind: 'Pod', metadata, spec } as unknown as Pod);
}

it('a claim that is deleted stays until the last pod on a node that uses it is gone', async () => {
  const driver = new ControllerDriver(createClaimProtectionController(world.context), world.cluster);
  claim('used', deleted);
  claim('pending', deleted);
  claim('other');
  pod('runs', 'used', 'node');
  pod('waits', 'pending');
  await driver.settle();
  expect(finalizers('used')).toEqual([mark]);
  expect(finalizers('other')).toEqual([mark]);
  expect(finalizers('pending')).toBeUndefined();
  world.cluster.remove(pods, 'shop', 'runs');
  await driver.settle();
  expect(finalizers('used')).toBeUndefined();
});

it('a claim from before is protected too', async () => {
  const driver = new ControllerDriver(createClaimProtectionController(world.context), world.cluster);
  claim('old', { finalizers: ['example.com/own'] });
  await driver.settle();
  expect(finalizers('old')).toEqual(['example.com/own', mark]);
});

it('a volume that is deleted stays as long as it is bound', async () => {
  const driver = new ControllerDriver(createVolumeProtectionController(world.context), world.cluster);
  const volume = (phase: string): KubeObject =>
    ({
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: 'v', uid: 'v', finalizers: ['kubernetes.io/pv-protection'], ...deleted },
      status: { phase },
    }) as PersistentVolume;
  world.cluster.seed(volumes, volume('Bound'));
  await driver.settle();
  expect(world.cluster.get(volumes).get('', 'v')).toBeDefined();
  world.cluster.seed(volumes, volume('Released'));
  await driver.settle();
  expect(world.cluster.get(volumes).get('', 'v')).toBeUndefined();
});
