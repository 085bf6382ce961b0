import type { KubeObject } from '@kubus/shared/object';
import { eventually } from '@kubus/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  admin,
  type Client,
  core,
  nodeUser,
  podBody,
  startCluster,
  type TestCluster,
  user,
} from './testing/cluster.ts';

const pods = { ...core, resource: 'pods', namespace: 'default' } as const;
const secrets = { ...core, resource: 'secrets', namespace: 'default' } as const;
const nodes = { ...core, resource: 'nodes' } as const;

let cluster: TestCluster;
let client: Client;

beforeAll(async () => {
  cluster = await startCluster({ takesPods: true });
  client = cluster.as(admin);
}, 60_000);
afterAll(() => cluster.stop());

describe('a node', () => {
  const own = () => cluster.as(nodeUser('n1'));

  beforeAll(async () => {
    for (const name of ['n1', 'n2']) {
      const status = { capacity: { cpu: '4', memory: '8Gi', pods: '110' } };
      await cluster.as(nodeUser(name)).ok({ ...nodes, verb: 'create', body: { metadata: { name }, status } });
    }
    for (const name of ['env', 'volume', 'pull', 'foreign']) {
      await client.ok({ ...secrets, verb: 'create', body: { metadata: { name }, stringData: { a: name } } });
    }
    const spec = {
      nodeName: 'n1',
      imagePullSecrets: [{ name: 'pull' }],
      volumes: [{ name: 'v', secret: { secretName: 'volume' } }],
      containers: [
        {
          name: 'main',
          image: 'x',
          env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'env', key: 'a' } } }],
          volumeMounts: [{ name: 'v', mountPath: '/v' }],
        },
      ],
    };
    await client.ok({ ...pods, verb: 'create', body: podBody('mine', spec) });
    await client.ok({ ...pods, verb: 'create', body: podBody('theirs', { nodeName: 'n2' }) });
  });

  it('reads what its pods refer to, at once, and nothing else', async () => {
    for (const name of ['env', 'volume', 'pull']) await own().ok({ ...secrets, verb: 'get', name });
    expect((await own().refused({ ...secrets, verb: 'get', name: 'foreign' })).message).toBe(
      `secrets "foreign" is forbidden: User "system:node:n1" cannot get resource "secrets" in API group "" in the namespace "default": no relationship found between node 'n1' and this object`,
    );
    expect(await cluster.as(nodeUser('n2')).refused({ ...secrets, verb: 'get', name: 'env' })).toMatchObject({
      code: 403,
    });
    expect((await own().refused({ ...secrets, verb: 'list' })).message).toContain('No Object name found');
    expect(await own().refused({ ...secrets, namespace: '', verb: 'list' })).toMatchObject({ code: 403 });
    expect(await own().refused({ ...secrets, verb: 'delete', name: 'env' })).toMatchObject({ code: 403 });
  });

  it('reads the service accounts of its pods, and does no more to them than to ask for tokens', async () => {
    const accounts = { group: '', version: 'v1', resource: 'serviceaccounts', namespace: 'default' } as const;
    await client.ok({ ...accounts, verb: 'create', body: { metadata: { name: 'stranger' } } });
    await own().ok({ ...accounts, verb: 'get', name: 'default' });
    expect(await own().refused({ ...accounts, verb: 'get', name: 'stranger' })).toMatchObject({ code: 403 });
    expect(await own().refused({ ...accounts, verb: 'list' })).toMatchObject({ code: 403 });
    expect(await own().refused({ ...accounts, verb: 'delete', name: 'default' })).toMatchObject({ code: 403 });
  });

  it('loses the right with the pod', async () => {
    const spec = { nodeName: 'n1', imagePullSecrets: [{ name: 'foreign' }] };
    await client.ok({ ...pods, verb: 'create', body: podBody('short', spec) });
    await own().ok({ ...secrets, verb: 'get', name: 'foreign' });
    await client.ok({ ...pods, verb: 'delete', name: 'short', body: { gracePeriodSeconds: 0 } });
    await eventually(() => own().refused({ ...secrets, verb: 'get', name: 'foreign' }));
  });

  it('sees its own pods alone', async () => {
    await own().ok({ ...pods, verb: 'get', name: 'mine' });
    expect(await own().refused({ ...pods, verb: 'get', name: 'theirs' })).toMatchObject({ code: 403 });
    const query = (fieldSelector: string) =>
      ({ ...pods, namespace: '', verb: 'list', query: { fieldSelector } }) as const;
    await own().ok(query('spec.nodeName=n1'));
    expect((await own().refused(query('spec.nodeName=n2'))).message).toContain(
      'can only list/watch pods with spec.nodeName field selector',
    );
    expect(await own().refused(query('spec.nodeName!=n2'))).toMatchObject({ code: 403 });
    expect(await own().refused({ ...pods, verb: 'list' })).toMatchObject({ code: 403 });
  });

  it('writes the status of its own pods alone, and no more than status', async () => {
    const report = async (name: string, change: object) => {
      const pod = await client.ok({ ...pods, verb: 'get', name });
      return { ...pods, verb: 'update', name, subresource: 'status', body: { ...pod, ...change } } as const;
    };
    const status = { phase: 'Running', podIP: '10.1.0.9', podIPs: [{ ip: '10.1.0.9' }] };
    await own().ok(await report('mine', { status }));
    expect((await own().refused(await report('theirs', { status }))).message).toBe(
      'pods "theirs" is forbidden: node "n1" can only update pod status for pods with spec.nodeName set to itself',
    );
    const pod = await client.ok({ ...pods, verb: 'get', name: 'mine' });
    const relabelled = { metadata: { ...pod.metadata, labels: { app: 'bank' } } };
    expect((await own().refused(await report('mine', relabelled))).message).toContain(
      'cannot update labels through pod status',
    );
    for (const ip of ['127.0.0.1', '169.254.169.254', '::1', 'x']) {
      const forged = { status: { ...status, podIP: ip, podIPs: [{ ip }] } };
      expect([ip, (await own().refused(await report('mine', forged))).code]).toEqual([ip, 422]);
    }
    expect(await own().refused({ ...pods, verb: 'update', name: 'mine', body: podBody('mine') })).toMatchObject({
      code: 403,
    });
  });

  it('deletes and evicts its own pods alone', async () => {
    const leaving = podBody('leaving', { nodeName: 'n1' });
    await client.ok({ ...pods, verb: 'create', body: leaving });
    const now = { gracePeriodSeconds: 0 };
    const evict = (name: string) =>
      ({
        ...pods,
        verb: 'create',
        name,
        subresource: 'eviction',
        body: { metadata: { name }, deleteOptions: now },
      }) as const;
    expect((await own().refused({ ...pods, verb: 'delete', name: 'theirs', body: now })).message).toBe(
      'pods "theirs" is forbidden: node "n1" can only delete pods with spec.nodeName set to itself',
    );
    expect((await own().refused(evict('theirs'))).message).toContain(
      'node n1 can only evict pods with spec.nodeName set to itself',
    );
    const all = { ...pods, verb: 'deletecollection', query: { fieldSelector: 'spec.nodeName=n1' } } as const;
    expect(await own().refused(all)).toMatchObject({ code: 403 });
    await own().ok({ ...pods, verb: 'delete', name: 'leaving', body: now });
    await client.ok({ ...pods, verb: 'create', body: leaving });
    expect(await own().send(evict('leaving'))).toMatchObject({ code: 201 });
    await client.ok({ ...pods, verb: 'get', name: 'theirs' });
  });

  it('makes no pods but mirror pods of its own', async () => {
    expect(
      (await own().refused({ ...pods, verb: 'create', body: podBody('forged', { nodeName: 'n1' }) })).message,
    ).toBe(
      'pods "forged" is forbidden: pod does not have "kubernetes.io/config.mirror" annotation, node "n1" can only create mirror pods',
    );
    const node = await client.ok({ ...nodes, verb: 'get', name: 'n1' });
    const owner = { apiVersion: 'v1', kind: 'Node', name: 'n1', uid: node.metadata.uid, controller: true };
    const mirror = (spec: object, owners: object[] = [owner]) => {
      const body = podBody('static', { nodeName: 'n1', ...spec });
      const annotations = { 'kubernetes.io/config.mirror': 'x' };
      return {
        ...pods,
        verb: 'create',
        body: { ...body, metadata: { name: 'static', annotations, ownerReferences: owners } },
      } as const;
    };
    const why = async (request: ReturnType<typeof mirror>) => (await own().refused(request)).message;
    expect(await why(mirror({ nodeName: 'n2' }))).toContain('can only create pods with spec.nodeName set to itself');
    expect(await why(mirror({}, []))).toContain('can only create pods with an owner reference set to itself');
    expect(await why(mirror({}, [{ ...owner, uid: 'x' }]))).toContain('UID mismatch');
    expect(await why(mirror({}, [owner, { ...owner, uid: 'x', controller: false }]))).toContain(
      'with a single owner reference',
    );
    expect(await why(mirror({}, [{ ...owner, name: 'n2' }]))).toContain('an owner reference set to itself');
    expect(await why(mirror({}, [{ ...owner, controller: false }]))).toContain('a controller owner reference');
    expect(await why(mirror({}, [{ ...owner, blockOwnerDeletion: true }]))).toContain(
      'must not set blockOwnerDeletion',
    );
    expect(await why(mirror({ imagePullSecrets: [{ name: 'foreign' }] }))).toContain(
      'can not create pods that reference secrets',
    );
    expect(await why(mirror({ serviceAccountName: 'default' }))).toContain('service account');
    expect((await client.refused(mirror({ serviceAccountName: 'default' }))).message).toContain(
      'a mirror pod may not reference service accounts',
    );
    await own().ok(mirror({}));
  });

  it('writes its own Node, but neither taints, nor steering labels, nor owners', async () => {
    const node = await client.ok<KubeObject & { spec?: object }>({ ...nodes, verb: 'get', name: 'n1' });
    const update = (change: object) =>
      ({ ...nodes, verb: 'update', name: 'n1', body: { ...node, ...change } }) as const;
    const why = async (change: object) => (await own().refused(update(change))).message;
    expect(await why({ spec: { taints: [{ key: 'a', effect: 'NoSchedule' }] } })).toBe(
      'nodes "n1" is forbidden: node "n1" is not allowed to modify taints',
    );
    const labelled = (labels: Record<string, string>) => ({ metadata: { ...node.metadata, labels } });
    expect(await why(labelled({ 'node-restriction.kubernetes.io/pci': 'yes', 'node-role.kubernetes.io/cp': '' }))).toBe(
      'nodes "n1" is forbidden: is not allowed to modify labels: node-restriction.kubernetes.io/pci, node-role.kubernetes.io/cp',
    );
    const owners = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'gone', uid: 'gone' }];
    expect(await why({ metadata: { ...node.metadata, ownerReferences: owners } })).toContain('modify ownerReferences');
    await own().ok(update(labelled({ 'topology.kubernetes.io/zone': 'z1', team: 'a' })));
    const other = await client.ok({ ...nodes, verb: 'get', name: 'n2' });
    expect(
      (await own().refused({ ...nodes, verb: 'update', name: 'n2', subresource: 'status', body: other })).message,
    ).toBe('nodes "n2" is forbidden: node "n1" is not allowed to modify node "n2"');
    expect(await own().refused({ ...nodes, verb: 'delete', name: 'n1' })).toMatchObject({ code: 403 });
    expect((await own().refused({ ...nodes, verb: 'get', name: 'n2' })).message).toContain(
      "node 'n1' cannot read 'n2', only its own Node object",
    );
    const late = cluster.as(nodeUser('n3'));
    const body = { metadata: { name: 'n3', labels: { 'node-role.kubernetes.io/cp': '' } } };
    expect((await late.refused({ ...nodes, verb: 'create', body })).message).toContain(
      'node "n3" is not allowed to set the following labels: node-role.kubernetes.io/cp',
    );
  });

  it('renews its own lease alone', async () => {
    const leases = {
      group: 'coordination.k8s.io',
      version: 'v1',
      resource: 'leases',
      namespace: 'kube-node-lease',
    } as const;
    const lease = (name: string) => ({ metadata: { name }, spec: { holderIdentity: name, leaseDurationSeconds: 40 } });
    await own().ok({ ...leases, verb: 'create', body: lease('n1') });
    await own().ok({ ...leases, verb: 'update', name: 'n1', body: lease('n1') });
    expect(await own().refused({ ...leases, verb: 'create', body: lease('n2') })).toMatchObject({ code: 403 });
    expect(await own().refused({ ...leases, verb: 'update', name: 'n2', body: lease('n2') })).toMatchObject({
      code: 403,
    });
    await client.ok({ ...leases, verb: 'create', body: lease('n2') });
    for (const verb of ['get', 'delete'] as const) {
      expect((await own().refused({ ...leases, verb, name: 'n2' })).message).toContain(
        'can only access node lease with the same name as the requesting node',
      );
    }
    expect(await own().refused({ ...leases, namespace: 'default', verb: 'create', body: lease('n1') })).toMatchObject({
      code: 403,
    });
  });

  it('gets tokens for its own pods alone', async () => {
    const token = {
      ...core,
      resource: 'serviceaccounts',
      namespace: 'default',
      name: 'default',
      subresource: 'token',
      verb: 'create',
    } as const;
    const bound = async (name: string) => {
      const { metadata } = await client.ok({ ...pods, verb: 'get', name });
      return { spec: { boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid: metadata.uid } } };
    };
    expect(await own().ok({ ...token, body: await bound('mine') })).toMatchObject({
      status: { token: expect.any(String) },
    });
    expect((await own().refused({ ...token, body: {} })).message).toContain('node requested token not bound to a pod');
    expect((await own().refused({ ...token, body: await bound('theirs') })).message).toContain(
      'node requested token bound to a pod scheduled on a different node',
    );
    const { spec } = await bound('mine');
    const remade = { spec: { boundObjectRef: { ...spec.boundObjectRef, uid: 'of-another' } } };
    expect(await own().refused({ ...token, body: remade })).toMatchObject({
      code: 403,
      message: expect.stringContaining(
        'the UID in the bound object reference (of-another) does not match the UID in record',
      ),
    });
    const { uid: _, ...unbound } = spec.boundObjectRef;
    expect((await own().refused({ ...token, body: { spec: { boundObjectRef: unbound } } })).message).toContain(
      'node requested token with a pod binding without a uid',
    );
    await client.ok({ ...token, name: '', subresource: '', body: { metadata: { name: 'second' } } });
    await client.ok({
      ...pods,
      verb: 'create',
      body: podBody('second', { nodeName: 'n1', serviceAccountName: 'second' }),
    });
    expect((await own().refused({ ...token, name: 'second', body: await bound('mine') })).message).toContain(
      'node requested token bound to a pod that uses another service account',
    );
    const system = { ...token, namespace: 'kube-system', body: {} } as const;
    expect(await own().refused(system)).toMatchObject({ code: 403 });
  });

  it('is nobody without the group, and gets no rights of roles by its name', async () => {
    const pretender = cluster.as(user('system:node:n1'));
    expect(await pretender.refused({ ...pods, verb: 'get', name: 'mine' })).toMatchObject({ code: 403 });
    const odd = cluster.as(user('mallory', 'system:nodes'));
    expect(await odd.refused({ ...nodes, verb: 'get', name: 'n1' })).toMatchObject({ code: 403 });
  });
});
