import type { KubeObject } from '@kubus/shared/object';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { bootstrapObjects } from './index.ts';
import { admin, type Client, core, startCluster, type TestCluster } from './testing/cluster.ts';

const rbac = { group: 'rbac.authorization.k8s.io', version: 'v1' } as const;

interface Role extends KubeObject {
  rules: { verbs: string[]; resources?: string[] }[];
}

interface List extends KubeObject {
  items: KubeObject[];
}

let cluster: TestCluster;
let client: Client;

beforeAll(async () => {
  cluster = await startCluster();
  client = cluster.as(admin);
}, 60_000);
afterAll(() => cluster.stop());

const state = async () => {
  const { items } = await client.ok<List>({ ...rbac, resource: 'clusterroles', verb: 'list' });
  return items.map(({ metadata }) => `${metadata.name}@${metadata.resourceVersion}`);
};

it('is there when the first requests come', async () => {
  const { items } = await client.ok<List>({ ...core, resource: 'namespaces', verb: 'list' });
  expect(items.map(({ metadata }) => metadata.name)).toEqual([
    'default',
    'kube-node-lease',
    'kube-public',
    'kube-system',
  ]);
  const roles = (await state()).map((entry) => entry.split('@')[0]);
  for (const name of [
    'admin',
    'cluster-admin',
    'edit',
    'system:basic-user',
    'system:discovery',
    'system:kube-scheduler',
    'view',
  ]) {
    expect(roles).toContain(name);
  }
  const view = await client.ok<Role>({ ...rbac, resource: 'clusterroles', verb: 'get', name: 'view' });
  expect(view.rules.flatMap(({ resources = [] }) => resources)).not.toContain('secrets');
  const edit = await client.ok<Role>({ ...rbac, resource: 'clusterroles', verb: 'get', name: 'edit' });
  expect(edit.rules.flatMap(({ resources = [] }) => resources)).toEqual(
    expect.arrayContaining(['secrets', 'pods/log']),
  );
});

it('changes nothing when it is done again, by several replicas at the same time', async () => {
  const before = await state();
  await Promise.all([1, 2, 3].map(() => bootstrapObjects(cluster.pipeline)));
  expect(await state()).toEqual(before);
});

it('brings back what was taken from a role and leaves what was added, unless the role is to be left alone', async () => {
  const at = { ...rbac, resource: 'clusterroles', name: 'system:basic-user' } as const;
  const before = await client.ok<Role>({ ...at, verb: 'get' });
  const added = { verbs: ['get'], apiGroups: ['example.com'], resources: ['things'] };
  await client.ok({ ...at, verb: 'update', body: { ...before, rules: [added] } });
  await Promise.all([1, 2].map(() => bootstrapObjects(cluster.pipeline)));
  const mended = await client.ok<Role>({ ...at, verb: 'get' });
  expect(mended.rules).toEqual([added, ...before.rules]);

  const annotations = { 'rbac.authorization.kubernetes.io/autoupdate': 'false' };
  const alone = { ...mended, metadata: { ...mended.metadata, annotations }, rules: [] };
  await client.ok({ ...at, verb: 'update', body: alone });
  await bootstrapObjects(cluster.pipeline);
  expect((await client.ok<Role>({ ...at, verb: 'get' })).rules ?? []).toEqual([]);
});

it('has flow schemas with their priority levels; what is mandatory comes back, the rest is left to who wants it', async () => {
  const flowControl = { group: 'flowcontrol.apiserver.k8s.io', version: 'v1' } as const;
  const { items } = await client.ok<List>({ ...flowControl, resource: 'flowschemas', verb: 'list' });
  expect(items.map(({ metadata }) => metadata.name)).toEqual(expect.arrayContaining(['catch-all', 'exempt', 'probes']));
  const levels = { ...flowControl, resource: 'prioritylevelconfigurations' } as const;
  for (const name of ['catch-all', 'system']) {
    const before = await client.ok<KubeObject & { spec: { limited: object } }>({ ...levels, verb: 'get', name });
    const limited = { ...before.spec.limited, nominalConcurrencyShares: 7 };
    const metadata = { ...before.metadata, annotations: { 'apf.kubernetes.io/autoupdate-spec': 'false' } };
    await client.ok({
      ...levels,
      verb: 'update',
      name,
      body: { ...before, metadata, spec: { ...before.spec, limited } },
    });
    await bootstrapObjects(cluster.pipeline);
    const { spec } = await client.ok<typeof before>({ ...levels, verb: 'get', name });
    expect(spec.limited).toMatchObject({ nominalConcurrencyShares: name === 'system' ? 7 : 5 });
  }
});
