import { eventually } from '@kubus/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Cluster, root, startCluster } from './harness/index.ts';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster({ args: ['--runtime', 'sim', '--nodes', '1'] });
  await cluster.kubectl('apply', '-f', `${root}/examples/crd/definition.yaml`);
  await cluster.kubectl('wait', '--for=condition=Established', 'crd/backups.shop.example.com', '--timeout=20s');
});
afterAll(async () => {
  await cluster?.destroy();
});

const apply = (object: object) => cluster.tryKubectl(['apply', '-f', '-'], { input: JSON.stringify(object) });
const backup = (name: string, namespace: string) => ({
  apiVersion: 'shop.example.com/v1',
  kind: 'Backup',
  metadata: { name, namespace },
  spec: { schedule: '0 3 * * *', target: 's3://bucket/path', keep: { daily: 7, weekly: 4 } },
});
const exists = async (...what: string[]) =>
  (await cluster.kubectl('get', ...what, '--ignore-not-found', '-o', 'name')) !== '';

it('collects what a custom object owned, and a custom object whose owner is gone', async () => {
  await apply(backup('owner', 'default'));
  const { metadata } = await cluster.getJson<{ metadata: { uid: string } }>('backup', 'owner');
  const owner = { apiVersion: 'shop.example.com/v1', kind: 'Backup', name: 'owner', uid: metadata.uid };
  const owned = { name: 'owned', namespace: 'default', ownerReferences: [owner] };
  await apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: owned });
  await apply({ ...backup('owned', 'default'), metadata: owned });
  await cluster.kubectl('delete', 'backup', 'owner');
  await eventually(async () =>
    expect([await exists('cm', 'owned'), await exists('backup', 'owned')]).toEqual([false, false]),
  );
});

it('deletes custom objects with their namespace', async () => {
  await cluster.kubectl('create', 'namespace', 'going');
  await apply(backup('one', 'going'));
  await cluster.kubectl('delete', 'namespace', 'going', '--timeout=60s');
  expect(await exists('backup', '-A')).toBe(false);
});

it('lets a definition go with all of its objects', async () => {
  await apply(backup('last', 'default'));
  await cluster.kubectl('delete', 'crd', 'backups.shop.example.com', '--timeout=60s');
  expect((await cluster.tryKubectl(['get', 'backups'])).stderr).toMatch(
    /could not find the requested resource|doesn't have a resource type/,
  );
});
