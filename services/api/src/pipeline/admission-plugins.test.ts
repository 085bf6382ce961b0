import type { KubeObject } from '@kubus/shared/object';
import type { Node, Pod, Service } from '@kubus/shared/schema';
import { eventually } from '@kubus/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { admin, type Client, core, podBody, startCluster, type TestCluster, user } from './testing/cluster.ts';

const nodes = { ...core, resource: 'nodes' } as const;
const pods = { ...core, resource: 'pods', namespace: 'default' } as const;
const services = { ...core, resource: 'services', namespace: 'default' } as const;
const maps = { ...core, resource: 'configmaps', namespace: 'default' } as const;
const roles = { group: 'rbac.authorization.k8s.io', version: 'v1', resource: 'roles', namespace: 'default' } as const;

let usual: TestCluster;
let strict: TestCluster;
beforeAll(async () => {
  [usual, strict] = await Promise.all([
    startCluster({ takesPods: true }),
    startCluster({
      takesPods: true,
      enabledPlugins: ['AlwaysPullImages', 'DenyServiceExternalIPs', 'OwnerReferencesPermissionEnforcement'],
    }),
  ]);
}, 60_000);
afterAll(() => Promise.all([usual?.stop(), strict?.stop()]));

describe('a new node', () => {
  it('takes no pods until somebody has seen it ready', async () => {
    const client = usual.as(admin);
    const notReady = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' };
    const node = await client.ok<Node>({ ...nodes, verb: 'create', body: { metadata: { name: 'new' } } });
    expect(node.spec?.taints).toEqual([notReady]);
    const body = { metadata: { name: 'tainted' }, spec: { taints: [notReady, { key: 'a', effect: 'NoExecute' }] } };
    expect((await client.ok<Node>({ ...nodes, verb: 'create', body })).spec?.taints).toHaveLength(2);
    const ready = { ...node, spec: { taints: [] } };
    expect((await client.ok<Node>({ ...nodes, verb: 'update', name: 'new', body: ready })).spec?.taints ?? []).toEqual(
      [],
    );
  });
});

describe('a pod on a node', () => {
  it('has its zone and region as labels, unless it has its own', async () => {
    const client = usual.as(admin);
    const [zone, region] = ['topology.kubernetes.io/zone', 'topology.kubernetes.io/region'];
    const labels = { [zone]: 'a', [region]: 'west', other: 'thing' };
    await client.ok({
      ...nodes,
      verb: 'create',
      body: { metadata: { name: 'west-a', labels }, status: { capacity: { pods: '9' } } },
    });
    const onNode = {
      metadata: { name: 'x', labels: { app: 'x' } },
      spec: { ...podBody('x').spec, nodeName: 'west-a' },
    };
    const created = () => client.ok<Pod>({ ...pods, verb: 'create', body: onNode, query: { dryRun: 'All' } });
    const expected = { app: 'x', [zone]: 'a', [region]: 'west' };
    await eventually(async () => expect((await created()).metadata.labels).toEqual(expected));

    const own = { ...podBody('bound'), metadata: { name: 'bound', labels: { [zone]: 'own' } } };
    await client.ok({ ...pods, verb: 'create', body: own });
    const body = {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name: 'bound' },
      target: { kind: 'Node', name: 'west-a' },
    };
    await client.ok({ ...pods, verb: 'create', name: 'bound', subresource: 'binding', body });
    const { metadata } = await client.ok<Pod>({ ...pods, verb: 'get', name: 'bound' });
    expect(metadata.labels).toEqual({ [zone]: 'own', [region]: 'west' });
  });
});

describe('plugins that are off unless asked for', () => {
  const service = (name: string, externalIPs: string[]) => ({
    metadata: { name },
    spec: { ports: [{ port: 80 }], externalIPs },
  });

  it('DenyServiceExternalIPs lets nobody take addresses', async () => {
    await usual.as(admin).ok({ ...services, verb: 'create', body: service('taken', ['203.0.113.7']) });
    const client = strict.as(admin);
    const refused = await client.refused({ ...services, verb: 'create', body: service('taken', ['203.0.113.7']) });
    expect(refused.message).toBe('services "taken" is forbidden: Use of external IPs is denied by admission control');
    const made = await client.ok<Service>({ ...services, verb: 'create', body: service('none', []) });
    const body = { ...made, spec: { ...made.spec, externalIPs: ['203.0.113.7'] } };
    expect(await client.refused({ ...services, verb: 'update', name: 'none', body })).toMatchObject({ code: 403 });
  });

  it('AlwaysPullImages has every image pulled anew', async () => {
    const body = podBody('pulls', { containers: [{ name: 'main', image: 'x:1', imagePullPolicy: 'IfNotPresent' }] });
    const policyOf = async (client: Client) =>
      (await client.ok<Pod>({ ...pods, verb: 'create', body })).spec?.containers[0]?.imagePullPolicy;
    expect([await policyOf(usual.as(admin)), await policyOf(strict.as(admin))]).toEqual(['IfNotPresent', 'Always']);
  });

  it('OwnerReferencesPermissionEnforcement lets nobody have deleted, or kept, what is not his', async () => {
    const rules = [{ apiGroups: [''], resources: ['configmaps'], verbs: ['create', 'update'] }];
    const client = strict.as(admin);
    await client.ok({ ...roles, verb: 'create', body: { metadata: { name: 'maps' }, rules } });
    const subjects = [{ kind: 'User', name: 'mia', apiGroup: roles.group }];
    const roleRef = { kind: 'Role', name: 'maps', apiGroup: roles.group };
    const binding = { metadata: { name: 'maps' }, subjects, roleRef };
    await client.ok({ ...roles, resource: 'rolebindings', verb: 'create', body: binding });
    const mia = strict.as(user('mia'));
    const owned = (name: string, more: object = {}) => {
      const owner = { apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'u', ...more };
      return { ...maps, verb: 'create', body: { metadata: { name, ownerReferences: [owner] } } } as const;
    };
    await eventually(() => mia.ok({ ...maps, verb: 'create', body: { metadata: { name: 'free' } } }));
    expect((await mia.refused(owned('a'))).message).toContain("cannot set an ownerRef on a resource you can't delete");

    const more = [...rules, { apiGroups: [''], resources: ['configmaps'], verbs: ['delete'] }];
    const role: KubeObject & { rules?: object[] } = await client.ok({ ...roles, verb: 'get', name: 'maps' });
    await client.ok({ ...roles, verb: 'update', name: 'maps', body: { ...role, rules: more } });
    await eventually(() => mia.ok(owned('b')));
    const blocking = { blockOwnerDeletion: true };
    expect((await mia.refused(owned('c', blocking))).message).toContain("a resource you can't set finalizers on");
    expect((await mia.refused(owned('c', { ...blocking, kind: 'No' }))).message).toContain('cannot find RESTMapping');
    await client.ok(owned('c', blocking));
  });
});
