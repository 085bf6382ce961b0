import { eventually } from '@kubus/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AdminClient } from '../testing/admin-client.ts';
import { startApi, type TestApi } from '../testing/start-api.ts';

// CVE-2019-11247: objects of the cluster, asked for as if they were in a namespace, by who has rights in that namespace alone.

let api: TestApi;
let admin: AdminClient;
beforeAll(async () => {
  api = await startApi();
  admin = await AdminClient.connect(api);
  for (const [plural, kind, scope] of [
    ['vaults', 'Vault', 'Cluster'],
    ['boxes', 'Box', 'Namespaced'],
  ] as const) {
    await ok('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
      metadata: { name: `${plural}.example.com` },
      spec: {
        ...{ group: 'example.com', scope, names: { plural, kind } },
        versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
      },
    });
  }
  await eventually(() => ok('/apis/example.com/v1/vaults', { ...typed('Vault'), metadata: { name: 'one' } }));
  await ok('/api/v1/namespaces', { metadata: { name: 'mine' } });
  await eventually(() =>
    ok('/apis/example.com/v1/namespaces/mine/boxes', { ...typed('Box'), metadata: { name: 'one' } }),
  );
  const rbac = '/apis/rbac.authorization.k8s.io/v1/namespaces/mine';
  const rules = [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }];
  await ok(`${rbac}/roles`, { metadata: { name: 'all' }, rules });
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'all' };
  await ok(`${rbac}/rolebindings`, { metadata: { name: 'all' }, roleRef, subjects: [{ kind: 'User', name: 'jane' }] });
  await eventually(async () => expect(await asJane('GET', '/apis/example.com/v1/namespaces/mine/boxes')).toBe(200));
}, 60_000);
afterAll(async () => {
  admin?.close();
  await api?.stop();
});

const typed = (kind: string) => ({ apiVersion: 'example.com/v1', kind });

async function ok(path: string, body: object): Promise<void> {
  const reply = await admin.send('POST', path, JSON.stringify(body));
  expect(reply.code, JSON.stringify(reply.body)).toBe(201);
}

const asJane = async (method: string, path: string, body = '', type?: string): Promise<number> =>
  (await admin.bytes(method, path, body, type, { 'impersonate-user': 'jane' })).code;

const merge = 'application/merge-patch+json';

it.each([
  ['/apis/example.com/v1', 'vaults'],
  ['/api/v1', 'nodes'],
])('objects of the cluster are in no namespace: %s %s', async (version, plural) => {
  for (const collection of [`${version}/${plural}`, `${version}/namespaces/mine/${plural}`]) {
    for (const [method, path, body, type] of [
      ['GET', collection],
      ['GET', `${collection}?watch=true`],
      ['GET', `${collection}/one`],
      ['POST', collection, JSON.stringify({ metadata: { name: 'two' } })],
      ['PUT', `${collection}/one`, JSON.stringify({ metadata: { name: 'one' } })],
      ['PATCH', `${collection}/one`, '{"metadata":{"labels":{"a":"b"}}}', merge],
      ['DELETE', `${collection}/one`],
      ['DELETE', collection],
    ] as const) {
      const code = await asJane(method, path, body, type);
      expect([403, 404], `${method} ${path}: ${code}`).toContain(code);
    }
  }
});

it('objects of a namespace are not reached without it', async () => {
  for (const path of ['/apis/example.com/v1/boxes', '/apis/example.com/v1/boxes/one', '/api/v1/configmaps']) {
    expect([403, 404], path).toContain(await asJane('GET', path));
  }
  expect(await asJane('GET', '/apis/example.com/v1/namespaces/mine/boxes/one')).toBe(200);
});
