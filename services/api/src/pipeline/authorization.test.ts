import { isForbidden, isNotFound } from '@kubus/shared/errors';
import type { KubeObject } from '@kubus/shared/object';
import { eventually } from '@kubus/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WatchQueue } from '../watchcache/index.ts';
import {
  admin,
  type Client,
  configMap,
  core,
  podBody,
  startCluster,
  type TestCluster,
  user,
} from './testing/cluster.ts';

const rbac = { group: 'rbac.authorization.k8s.io', version: 'v1' } as const;
const pods = { ...core, resource: 'pods', namespace: 'default' } as const;
const maps = { ...core, resource: 'configmaps', namespace: 'default' } as const;
const nodes = { ...core, resource: 'nodes' } as const;

let cluster: TestCluster;
let client: Client;

beforeAll(async () => {
  cluster = await startCluster({ takesPods: true });
  client = cluster.as(admin);
}, 60_000);
afterAll(() => cluster.stop());

const ref = (kind: string, name: string) => ({ apiGroup: rbac.group, kind, name });
const subject = (name: string) => ({ kind: 'User', name });

async function grant(name: string, who: string, rules: object[], namespace = 'default'): Promise<void> {
  await client.ok({ ...rbac, resource: 'roles', namespace, verb: 'create', body: { metadata: { name }, rules } });
  const body = { metadata: { name }, roleRef: ref('Role', name), subjects: [subject(who)] };
  await client.ok({ ...rbac, resource: 'rolebindings', namespace, verb: 'create', body });
}

describe('authorization', () => {
  const widgets = { group: 'acme.io', version: 'v1', resource: 'widgets', namespace: 'default' } as const;
  const objectOrCollection = [
    ['an object under its own name', { ...maps, verb: 'create', name: 'a', body: configMap('a') }],
    ['an object in no namespace', { ...maps, namespace: '', verb: 'create', body: configMap('a') }],
    ['a collection by another', { ...maps, verb: 'update', body: configMap('a') }],
    ['a collection by a patch', { ...maps, verb: 'patch', body: {} }],
    ['the objects of all namespaces at once', { ...maps, namespace: '', verb: 'deletecollection' }],
  ] as const;

  it.each(objectOrCollection)('nobody makes, replaces or removes %s', async (_, request) => {
    expect(await client.refused(request)).toMatchObject({ code: 405, reason: 'MethodNotAllowed' });
    expect(await cluster.as(user('x')).refused(request)).toMatchObject({ code: 403, reason: 'Forbidden' });
  });

  it('tells what is not served to those alone who may ask for it', async () => {
    const request = { ...widgets, verb: 'get', name: 'a' } as const;
    expect(await client.refused(request)).toMatchObject({ code: 404, details: {} });
    expect(await cluster.as(user('x')).refused(request)).toMatchObject({
      message:
        'widgets.acme.io "a" is forbidden: User "x" cannot get resource "widgets" in API group "acme.io" in the namespace "default"',
    });
  });

  it('forbids in Kubernetes words', async () => {
    const x = cluster.as(user('x'));
    const message = async (request: Parameters<Client['refused']>[0]) => (await x.refused(request)).message;
    expect(await x.refused({ ...pods, verb: 'list' })).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'pods is forbidden: User "x" cannot list resource "pods" in API group "" in the namespace "default"',
      reason: 'Forbidden',
      details: { kind: 'pods' },
      code: 403,
    });
    expect(await message({ ...pods, verb: 'get', name: 'a', subresource: 'status' })).toBe(
      'pods "a" is forbidden: User "x" cannot get resource "pods/status" in API group "" in the namespace "default"',
    );
    expect(await message({ ...nodes, verb: 'list' })).toBe(
      'nodes is forbidden: User "x" cannot list resource "nodes" in API group "" at the cluster scope',
    );
    const deployments = { group: 'apps', version: 'v1', resource: 'deployments', namespace: 'n' } as const;
    expect(await message({ ...deployments, verb: 'delete', name: 'd' })).toBe(
      'deployments.apps "d" is forbidden: User "x" cannot delete resource "deployments" in API group "apps" in the namespace "n"',
    );
    await expect(cluster.pipeline.authorizePath(user('x'), 'get', '/metrics')).rejects.toThrow(
      'forbidden: User "x" cannot get path "/metrics"',
    );
    await eventually(() => cluster.pipeline.authorizePath(user('x'), 'get', '/apis/apps/v1'));
  });

  it('takes effect when a role is bound and ends when it is not', async () => {
    const alice = cluster.as(user('alice'));
    await grant('reader', 'alice', [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list'] }]);
    await eventually(() => alice.ok({ ...maps, verb: 'list' }));
    expect(await alice.refused({ ...maps, verb: 'create', body: configMap('a') })).toMatchObject({ code: 403 });
    expect(await alice.refused({ ...maps, namespace: 'kube-system', verb: 'list' })).toMatchObject({ code: 403 });
    expect(await alice.refused({ ...maps, namespace: '', verb: 'list' })).toMatchObject({ code: 403 });
    await client.ok({ ...rbac, resource: 'rolebindings', namespace: 'default', verb: 'delete', name: 'reader' });
    await eventually(() => alice.refused({ ...maps, verb: 'list' }));
  });

  it('keeps a right to names to those names, also in lists and watches by name', async () => {
    const bob = cluster.as(user('bob'));
    await grant('one', 'bob', [
      { apiGroups: [''], resources: ['configmaps'], resourceNames: ['mine'], verbs: ['get', 'list', 'watch'] },
    ]);
    await client.ok({ ...maps, verb: 'create', body: configMap('mine') });
    await eventually(() => bob.ok({ ...maps, verb: 'get', name: 'mine' }));
    await bob.ok({ ...maps, verb: 'list', query: { fieldSelector: 'metadata.name=mine' } });
    expect(await bob.refused({ ...maps, verb: 'list', query: { fieldSelector: 'metadata.name=other' } })).toMatchObject(
      { code: 403 },
    );
    expect(await bob.refused({ ...maps, verb: 'list' })).toMatchObject({ code: 403 });
    const context = { user: user('bob'), userAgent: 't', signal: new AbortController().signal };
    const open = cluster.pipeline.watch({ ...maps, verb: 'watch' }, context, new WatchQueue());
    await expect(open).rejects.toSatisfy(isForbidden);
  });

  it('lets nobody grant what he does not hold', async () => {
    const carol = cluster.as(user('carol'));
    const manage = { apiGroups: [rbac.group], resources: ['roles', 'rolebindings'], verbs: ['create', 'get'] };
    await grant('role-admin', 'carol', [manage, { apiGroups: [''], resources: ['pods'], verbs: ['get'] }]);
    const role = (name: string, rules: object[]) =>
      ({
        ...rbac,
        resource: 'roles',
        namespace: 'default',
        verb: 'create',
        body: { metadata: { name }, rules },
      }) as const;
    const get = { apiGroups: [''], resources: ['pods'], verbs: ['get'] };
    await eventually(() => carol.ok(role('fine', [get])));
    const status = await carol.refused(role('more', [{ ...get, resources: ['secrets'] }]));
    expect(status.message).toBe(
      'roles.rbac.authorization.k8s.io "more" is forbidden: user "carol" (groups=["system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[""], Resources:["secrets"], Verbs:["get"]}',
    );
    const bind = (roleRef: object) =>
      ({
        ...rbac,
        resource: 'rolebindings',
        namespace: 'default',
        verb: 'create',
        body: { metadata: { name: 'up' }, roleRef, subjects: [subject('carol')] },
      }) as const;
    expect((await carol.refused(bind(ref('ClusterRole', 'cluster-admin')))).message).toContain(
      'is attempting to grant RBAC permissions not currently held',
    );
    expect(await carol.refused(bind(ref('Role', 'absent')))).toMatchObject({
      code: 404,
      message: 'roles.rbac.authorization.k8s.io "absent" not found',
    });
    await carol.ok(bind(ref('Role', 'fine')));
  });

  it('lets nobody widen a role or a binding beyond what he holds, unless he may escalate or bind', async () => {
    const erin = cluster.as(user('erin'));
    const manage = { apiGroups: [rbac.group], resources: ['roles', 'rolebindings'], verbs: ['update'] };
    const pods = { apiGroups: [''], resources: ['pods'], verbs: ['get'] };
    await grant('role-editor', 'erin', [manage, pods]);
    const target = (resource: string) => ({ ...rbac, resource, namespace: 'default', name: 'wide' }) as const;
    const role = { metadata: { name: 'wide' }, rules: [{ ...pods, resources: ['secrets'] }] };
    const binding = { metadata: { name: 'wide' }, roleRef: ref('Role', 'wide'), subjects: [subject('frank')] };
    await client.ok({ ...target('roles'), name: '', verb: 'create', body: role });
    await client.ok({ ...target('rolebindings'), name: '', verb: 'create', body: binding });
    const labelled = { metadata: { name: 'wide', labels: { kept: 'rules' } } };
    await eventually(() => erin.ok({ ...target('roles'), verb: 'update', body: { ...role, ...labelled } }));
    await erin.ok({ ...target('rolebindings'), verb: 'update', body: { ...binding, ...labelled } });

    const widened = { ...target('roles'), verb: 'update', body: { ...role, rules: [...role.rules, pods] } } as const;
    const joined = { ...binding, subjects: [subject('frank'), subject('erin')] };
    const taken = { ...target('rolebindings'), verb: 'update', body: joined } as const;
    for (const request of [widened, taken]) {
      expect((await erin.refused(request)).message).toContain(
        'attempting to grant RBAC permissions not currently held',
      );
    }
    const named = (verb: string) => ({
      apiGroups: [rbac.group],
      resources: ['roles'],
      verbs: [verb],
      resourceNames: ['wide'],
    });
    await grant('escalates', 'erin', [named('escalate'), named('bind')]);
    await eventually(() => erin.ok(widened));
    await erin.ok(taken);
  });

  it('lets an aggregated role be made only by who holds everything, and gives what joins it', async () => {
    const dan = cluster.as(user('dan'));
    const rules = [{ apiGroups: [rbac.group], resources: ['clusterroles'], verbs: ['create', 'update'] }];
    const aggregationRule = { clusterRoleSelectors: [{ matchLabels: { join: 'me' } }] };
    await client.ok({ ...rbac, resource: 'clusterroles', verb: 'create', body: { metadata: { name: 'cr' }, rules } });
    const binding = { metadata: { name: 'cr' }, roleRef: ref('ClusterRole', 'cr'), subjects: [subject('dan')] };
    await client.ok({ ...rbac, resource: 'clusterrolebindings', verb: 'create', body: binding });
    const trick = {
      ...rbac,
      resource: 'clusterroles',
      verb: 'create',
      body: { metadata: { name: 'trick' }, aggregationRule },
    } as const;
    await eventually(async () => {
      expect((await dan.refused(trick)).message).toContain('attempting to grant RBAC permissions');
    });
    const plain = await dan.ok({ ...trick, body: { metadata: { name: 'plain' }, rules: [] } });
    const later = { ...trick, verb: 'update', name: 'plain', body: { ...plain, aggregationRule } } as const;
    expect((await dan.refused(later)).message).toContain('attempting to grant RBAC permissions');
    const joining = { metadata: { name: 'joins', labels: { 'rbac.authorization.k8s.io/aggregate-to-view': 'true' } } };
    const more = [{ apiGroups: ['example.com'], resources: ['things'], verbs: ['get'] }];
    await client.ok({ ...rbac, resource: 'clusterroles', verb: 'create', body: { ...joining, rules: more } });
    const view = { metadata: { name: 'eve' }, roleRef: ref('ClusterRole', 'view'), subjects: [subject('eve')] };
    await client.ok({ ...rbac, resource: 'rolebindings', namespace: 'default', verb: 'create', body: view });
    const spec = {
      resourceAttributes: { namespace: 'default', verb: 'get', group: 'example.com', resource: 'things' },
    };
    const review = { group: 'authorization.k8s.io', version: 'v1', resource: 'selfsubjectaccessreviews' } as const;
    await eventually(async () => {
      const answer = await cluster.as(user('eve')).ok({ ...review, verb: 'create', body: { spec } });
      expect(answer).toMatchObject({ status: { allowed: true } });
    });
  });

  it('answers what one may do with a selector, in either form of it (KEP-4601)', async () => {
    const ask = (fieldSelector: object) => ({
      ...{ group: 'authorization.k8s.io', version: 'v1', resource: 'subjectaccessreviews', verb: 'create' as const },
      body: {
        spec: {
          user: 'system:node:n1',
          groups: ['system:nodes'],
          resourceAttributes: { verb: 'list', resource: 'pods', fieldSelector },
        },
      },
    });
    const isAllowed = async (fieldSelector: object) =>
      (await client.ok<KubeObject & { status: { allowed: boolean } }>(ask(fieldSelector))).status.allowed;
    const own = { key: 'spec.nodeName', operator: 'In', values: ['n1'] };
    expect(await isAllowed({ requirements: [own] })).toBe(true);
    expect(await isAllowed({ rawSelector: 'spec.nodeName=n1' })).toBe(true);
    expect(await isAllowed({ rawSelector: 'spec.nodeName=n2' })).toBe(false);
    expect(await isAllowed({ rawSelector: 'spec.nodeName=n1=' })).toBe(false);
    expect(await isAllowed({ requirements: [{ ...own, operator: 'NotIn' }] })).toBe(false);
    const both = await client.refused(ask({ rawSelector: 'spec.nodeName=n1', requirements: [own] }));
    expect(both.message).toContain('fieldSelector.rawSelector');
    expect((await client.refused(ask({}))).message).toContain('requirements or rawSelector is required');
    expect((await client.refused(ask({ requirements: [{ ...own, values: [] }] }))).message).toContain('.values');
  });

  it('answers what one may do', async () => {
    const group = { group: 'authorization.k8s.io', version: 'v1', verb: 'create' } as const;
    const attributes = { namespace: 'default', verb: 'list', resource: 'pods' };
    const self = await cluster.as(user('x')).ok({
      ...group,
      resource: 'selfsubjectaccessreviews',
      body: { spec: { resourceAttributes: attributes } },
    });
    expect(self).toMatchObject({ status: { allowed: false } });
    const other = { spec: { resourceAttributes: attributes, user: 'y', groups: ['system:masters'] } };
    expect(await client.ok({ ...group, resource: 'subjectaccessreviews', body: other })).toMatchObject({
      status: { allowed: true },
    });
    expect(
      (await client.refused({ ...group, resource: 'subjectaccessreviews', body: { spec: {} } })).details?.causes,
    ).toHaveLength(2);
    const local = { ...group, resource: 'localsubjectaccessreviews', namespace: 'kube-system', body: other } as const;
    expect((await client.refused(local)).message).toContain('must match metadata.namespace');
    const rules = await client.ok<KubeObject & { status: { resourceRules: object[] } }>({
      ...group,
      resource: 'selfsubjectrulesreviews',
      body: { spec: { namespace: 'default' } },
    });
    expect(rules.status.resourceRules).toContainEqual({ verbs: ['*'], apiGroups: ['*'], resources: ['*'] });
    const who = await cluster.as(user('x', 'team')).ok({
      group: 'authentication.k8s.io',
      version: 'v1',
      resource: 'selfsubjectreviews',
      verb: 'create',
      body: {},
    });
    expect(who).toMatchObject({ status: { userInfo: { username: 'x', groups: ['team', 'system:authenticated'] } } });
  });
});

describe('streams', () => {
  it('need the right to create what opening them creates', async () => {
    await client.ok({ ...pods, verb: 'create', body: podBody('mine', { nodeName: 'n1' }) });
    await grant('watcher', 'frank', [
      { apiGroups: [''], resources: ['pods', 'pods/exec', 'pods/log'], verbs: ['get'] },
    ]);
    const connect = (subresource: string, who = 'frank') =>
      cluster.pipeline.connect(
        { ...pods, verb: 'get', name: 'mine', subresource },
        { user: user(who), userAgent: 't', signal: new AbortController().signal },
      );
    await eventually(async () => expect(await connect('log')).toMatchObject({ metadata: { name: 'mine' } }));
    await expect(connect('exec')).rejects.toThrow(
      'pods "mine" is forbidden: User "frank" cannot create resource "pods/exec" in API group "" in the namespace "default"',
    );
    await expect(connect('status')).rejects.toSatisfy(isForbidden);
    const asAdmin = { user: admin, userAgent: 't', signal: new AbortController().signal };
    await expect(
      cluster.pipeline.connect({ ...pods, verb: 'get', name: 'mine', subresource: 'status' }, asAdmin),
    ).rejects.toSatisfy(isNotFound);
  });
});
