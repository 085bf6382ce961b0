import { eventually } from '@kubus/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { admin, type Client, core, startCluster, type TestCluster, user } from './testing/cluster.ts';

const rbac = { group: 'rbac.authorization.k8s.io', version: 'v1' } as const;
const maps = { ...core, resource: 'configmaps', namespace: 'default' } as const;
const endpoints = { ...core, resource: 'endpoints', namespace: 'default' } as const;
const roles = { ...rbac, resource: 'roles', namespace: 'default' } as const;

let cluster: TestCluster;
let client: Client;
beforeAll(async () => {
  cluster = await startCluster();
  client = cluster.as(admin);
  const changing = ['get', 'update', 'patch'];
  await grant('changer', [{ apiGroups: [''], resources: ['configmaps', 'endpoints'], verbs: changing }]);
  await grant('maker', [
    { apiGroups: [''], resources: ['endpoints'], verbs: [...changing, 'create'] },
    { apiGroups: [''], resources: ['configmaps'], verbs: changing },
    { apiGroups: [''], resources: ['configmaps'], verbs: ['create'], resourceNames: ['one'] },
    { apiGroups: [rbac.group], resources: ['roles'], verbs: [...changing, 'create'] },
  ]);
  // Rights hold once the replica has seen them.
  await client.ok({ ...maps, verb: 'create', body: { metadata: { name: 'there' } } });
  for (const name of ['changer', 'maker']) {
    await eventually(() => cluster.as(user(name)).ok({ ...maps, verb: 'get', name: 'there' }));
  }
}, 60_000);
afterAll(() => cluster?.stop());

async function grant(name: string, rules: object[]): Promise<void> {
  await client.ok({ ...roles, verb: 'create', body: { metadata: { name }, rules } });
  const roleRef = { apiGroup: rbac.group, kind: 'Role', name };
  const body = { metadata: { name }, roleRef, subjects: [{ kind: 'User', name }] };
  await client.ok({ ...roles, resource: 'rolebindings', verb: 'create', body });
}

const apply = (name: string) => ({
  ...maps,
  verb: 'patch' as const,
  name,
  contentType: 'application/apply-patch+yaml',
  query: { fieldManager: 'it' },
  body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { a: 'b' } },
});
const put = (name: string) => ({ ...endpoints, verb: 'update' as const, name, body: { metadata: { name } } });

it('who may change what there is may not make what there is not, by whatever verb', async () => {
  const changer = cluster.as(user('changer'));
  expect((await changer.refused(apply('one'))).message).toBe(
    'configmaps "one" is forbidden: User "changer" cannot create resource "configmaps" in API group "" in the namespace "default"',
  );
  expect((await changer.refused(put('one'))).message).toContain('cannot create resource "endpoints"');
  for (const resource of [maps, endpoints]) {
    expect((await client.refused({ ...resource, verb: 'get', name: 'one' })).code).toBe(404);
  }
});

it('who may make it makes it so, and the other may change it then', async () => {
  const [maker, changer] = [cluster.as(user('maker')), cluster.as(user('changer'))];
  await maker.ok(apply('one'));
  expect((await maker.refused(apply('other'))).reason).toBe('Forbidden');
  await maker.ok(put('one'));
  await changer.ok(apply('one'));
  await changer.ok(put('one'));
});

it.each([
  ['roles', 'default', { rules: [] }],
  ['clusterroles', '', { rules: [] }],
  ['rolebindings', 'default', { roleRef: { apiGroup: rbac.group, kind: 'Role', name: 'changer' } }],
  ['clusterrolebindings', '', { roleRef: { apiGroup: rbac.group, kind: 'ClusterRole', name: 'view' } }],
])('an update of %s makes what was not there', async (resource, namespace, more) => {
  const body = { metadata: { name: 'made' }, ...more };
  await client.ok({ ...rbac, resource, namespace, verb: 'update', name: 'made', body });
  await client.ok({ ...rbac, resource, namespace, verb: 'get', name: 'made' });
});

it('an update of limit ranges makes what was not there', async () => {
  const body = { metadata: { name: 'made' }, spec: { limits: [] } };
  await client.ok({ ...core, resource: 'limitranges', namespace: 'default', verb: 'update', name: 'made', body });
});

it('nobody makes a role with rights that he does not hold by changing one that is not there', async () => {
  const rules = [{ apiGroups: [''], resources: ['secrets'], verbs: ['get'] }];
  const sent = { ...roles, verb: 'update' as const, name: 'more', body: { metadata: { name: 'more' }, rules } };
  expect((await cluster.as(user('maker')).refused(sent)).message).toContain(
    'attempting to grant RBAC permissions not currently held',
  );
});
