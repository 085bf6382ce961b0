import type { KubeObject } from '@kubus/shared/object';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { publishAuthentication } from '../aggregation/index.ts';
import { bootstrapObjects } from './index.ts';
import { admin, type Client, core, startCluster, type TestCluster } from './testing/cluster.ts';

const rbac = { group: 'rbac.authorization.k8s.io', version: 'v1' } as const;

interface Role extends KubeObject {
  rules: { verbs: string[]; resources?: string[] }[];
}

interface List extends KubeObject {
  items: KubeObject[];
}

const controllers = [
  ...['attachdetach-controller', 'certificate-controller', 'clusterrole-aggregation-controller', 'cronjob-controller'],
  ...['daemon-set-controller', 'deployment-controller', 'disruption-controller', 'endpoint-controller'],
  ...['endpointslice-controller', 'endpointslicemirroring-controller', 'ephemeral-volume-controller'],
  ...['expand-controller', 'generic-garbage-collector', 'horizontal-pod-autoscaler', 'job-controller'],
  ...['legacy-service-account-token-cleaner', 'namespace-controller', 'node-controller', 'persistent-volume-binder'],
  ...['pod-garbage-collector', 'pv-protection-controller', 'pvc-protection-controller', 'replicaset-controller'],
  ...['replication-controller', 'resource-claim-controller', 'resourcequota-controller', 'root-ca-cert-publisher'],
  ...['route-controller', 'service-account-controller', 'service-cidrs-controller', 'service-controller'],
  ...['statefulset-controller', 'ttl-after-finished-controller', 'ttl-controller'],
  ...['validatingadmissionpolicy-status-controller', 'volumeattributesclass-protection-controller'],
];
const kubernetesRoles = [
  ...['admin', 'cluster-admin', 'edit', 'view', 'system:aggregate-to-admin', 'system:aggregate-to-edit'],
  ...['system:aggregate-to-view', 'system:auth-delegator', 'system:basic-user', 'system:discovery'],
  'system:certificates.k8s.io:certificatesigningrequests:nodeclient',
  'system:certificates.k8s.io:certificatesigningrequests:selfnodeclient',
  'system:certificates.k8s.io:kube-apiserver-client-approver',
  'system:certificates.k8s.io:kube-apiserver-client-kubelet-approver',
  'system:certificates.k8s.io:kubelet-serving-approver',
  'system:certificates.k8s.io:legacy-unknown-approver',
  ...['system:heapster', 'system:kube-aggregator', 'system:kube-controller-manager', 'system:kube-dns'],
  ...['system:kube-scheduler', 'system:kubelet-api-admin', 'system:monitoring', 'system:node'],
  ...['system:node-bootstrapper', 'system:node-problem-detector', 'system:node-proxier'],
  ...['system:persistent-volume-provisioner', 'system:public-info-viewer'],
  ...['system:service-account-issuer-discovery', 'system:volume-scheduler'],
  ...controllers.map((name) => `system:controller:${name}`),
];

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

it('has the roles of Kubernetes, those of the system’s namespaces too, each bound to whom it is bound there', async () => {
  const names = (await state()).map((entry) => entry.split('@')[0] ?? '');
  expect(new Set(names).size).toBe(names.length);
  expect(names).toEqual(expect.arrayContaining(kubernetesRoles));
  const bindings = await client.ok<List>({ ...rbac, resource: 'clusterrolebindings', verb: 'list' });
  const subjects = (name: string) => {
    const found = bindings.items.find(({ metadata }) => metadata.name === name) as KubeObject & { subjects?: object[] };
    return found.subjects ?? [];
  };
  expect(subjects('system:node')).toEqual([]);
  expect(subjects('system:volume-scheduler')).toMatchObject([{ kind: 'User', name: 'system:kube-scheduler' }]);
  expect(subjects('system:kube-dns')).toEqual([{ kind: 'ServiceAccount', name: 'kube-dns', namespace: 'kube-system' }]);
  const own = { ...rbac, resource: 'rolebindings', verb: 'list' } as const;
  const inSystem = await client.ok<List>({ ...own, namespace: 'kube-system' });
  expect(inSystem.items.map(({ metadata }) => metadata.name)).toEqual(
    [
      'system:controller:bootstrap-signer',
      'system:controller:cloud-provider',
      'system:controller:token-cleaner',
      'system::extension-apiserver-authentication-reader',
      'system::leader-locking-kube-controller-manager',
      'system::leader-locking-kube-scheduler',
    ].sort(),
  );
  const inPublic = await client.ok<List>({ ...own, namespace: 'kube-public' });
  expect(inPublic.items.map(({ metadata }) => metadata.name)).toEqual(['system:controller:bootstrap-signer']);
});

it('tells servers behind this one whom to believe, and anew when the authorities are others', async () => {
  for (const of of ['one', 'other']) {
    await publishAuthentication(cluster.pipeline, { client: `client ${of}`, requestHeader: `proxy ${of}` });
    const at = { ...core, resource: 'configmaps', namespace: 'kube-system' } as const;
    const { data } = await client.ok<KubeObject & { data: Record<string, string> }>({
      ...at,
      verb: 'get',
      name: 'extension-apiserver-authentication',
    });
    expect(data).toEqual({
      'client-ca-file': `client ${of}`,
      'requestheader-allowed-names': '["front-proxy-client"]',
      'requestheader-client-ca-file': `proxy ${of}`,
      'requestheader-extra-headers-prefix': '["X-Remote-Extra-"]',
      'requestheader-group-headers': '["X-Remote-Group"]',
      'requestheader-uid-headers': '["X-Remote-Uid"]',
      'requestheader-username-headers': '["X-Remote-User"]',
    });
  }
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
    const body = { ...before, metadata, spec: { ...before.spec, limited } };
    if (name === 'system') await client.ok({ ...levels, verb: 'update', name, body });
    // Nobody can change it through the API; another release may have had it otherwise.
    else await cluster.store.commit([{ type: 'update', key: { ...levels, namespace: '', name }, object: body }]);
    await bootstrapObjects(cluster.pipeline);
    const { spec } = await client.ok<typeof before>({ ...levels, verb: 'get', name });
    expect(spec.limited).toMatchObject({ nominalConcurrencyShares: name === 'system' ? 7 : 5 });
  }
});

it('does not let anybody change the flow schemas and priority levels that it relies on', async () => {
  const flowControl = { group: 'flowcontrol.apiserver.k8s.io', version: 'v1', verb: 'patch' } as const;
  const patch = (resource: string, name: string, spec: object) =>
    ({ ...flowControl, resource, name, body: { spec }, contentType: 'application/merge-patch+json' }) as const;
  const schema = await client.refused(patch('flowschemas', 'catch-all', { matchingPrecedence: 9000 }));
  expect(schema.message).toContain("spec of 'catch-all' must equal the fixed value");
  const limited = { nominalConcurrencyShares: 7 };
  const level = await client.refused(patch('prioritylevelconfigurations', 'catch-all', { limited }));
  expect(level.message).toContain("spec of 'catch-all' must equal the fixed value");
  await client.ok(patch('prioritylevelconfigurations', 'exempt', { exempt: { lendablePercent: 50 } }));
  await client.ok(patch('flowschemas', 'probes', { matchingPrecedence: 3 }));
});
