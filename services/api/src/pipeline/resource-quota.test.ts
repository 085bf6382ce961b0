import { builtinKinds, Registry } from '@kubus/shared/registry';
import type { Pod, ResourceQuota } from '@kubus/shared/schema';
import { eventually } from '@kubus/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningPipeline, startPipeline } from './assemble.ts';
import { admin, Client, configMap, core, podBody, startCluster, type TestCluster } from './testing/cluster.ts';

let cluster: TestCluster;
let second: RunningPipeline;
let client: Client;
let other: Client;

beforeAll(async () => {
  cluster = await startCluster();
  const { store, caches } = cluster;
  second = await startPipeline({ registry: new Registry(builtinKinds), store, caches });
  client = cluster.as(admin);
  other = new Client(second.pipeline, admin);
}, 60_000);
afterAll(async () => {
  second.stop();
  await cluster.stop();
});

const in_ = (namespace: string, resource: string) => ({ ...core, resource, namespace }) as const;

async function namespace(name: string, hard: Record<string, string>, spec: object = {}): Promise<void> {
  await client.ok({ ...core, resource: 'namespaces', verb: 'create', body: { metadata: { name } } });
  await client.ok({ ...in_(name, 'serviceaccounts'), verb: 'create', body: { metadata: { name: 'default' } } });
  const body = { metadata: { name: 'quota' }, spec: { hard, ...spec } };
  await client.ok({ ...in_(name, 'resourcequotas'), verb: 'create', body });
  // Both replicas have heard of it when they refuse what it forbids.
  for (const one of [client, other]) {
    await eventually(async () => {
      const probe = {
        ...in_(name, 'resourcequotas'),
        verb: 'create',
        body: { ...body, metadata: { name: 'probe' } },
      } as const;
      expect((await one.send({ ...probe, query: { dryRun: 'All' } })).code).toBe(
        hard.resourcequotas === '1' ? 403 : 201,
      );
    });
  }
}

const used = async (name: string) =>
  (await client.ok<ResourceQuota>({ ...in_(name, 'resourcequotas'), verb: 'get', name: 'quota' })).status?.used;

const pod = (name: string, resources: object = {}) => ({
  ...podBody(name),
  spec: { containers: [{ name: 'main', image: 'x', resources }] },
});

describe('a quota', () => {
  it('is never overdrawn, however many come to however many replicas at once', async () => {
    await namespace('race', { resourcequotas: '1', configmaps: '5' });
    const create = in_('race', 'configmaps');
    const asked = Array.from({ length: 24 }, (_, i) =>
      (i % 2 === 0 ? client : other).send({ ...create, verb: 'create', body: configMap(`c-${i}`) }),
    );
    const answers = await Promise.all(asked);
    expect(answers.filter(({ code }) => code === 201)).toHaveLength(5);
    expect(answers.filter(({ code }) => code === 403)).toHaveLength(19);
    expect(await used('race')).toMatchObject({ configmaps: '5' });
    const refused = await client.refused({ ...create, verb: 'create', body: configMap('late') });
    expect(refused.message).toBe(
      'configmaps "late" is forbidden: exceeded quota: quota, requested: configmaps=1, used: configmaps=5, limited: configmaps=5',
    );
  });

  it('has room again when something is gone, without waiting for anybody', async () => {
    await client.ok({ ...in_('race', 'configmaps'), verb: 'deletecollection' });
    await client.ok({ ...in_('race', 'configmaps'), verb: 'create', body: configMap('again') });
    expect(await used('race')).toMatchObject({ configmaps: '1' });
  });

  it('books nothing for what is not created', async () => {
    const create = { ...in_('race', 'configmaps'), verb: 'create' } as const;
    await client.ok({ ...create, body: configMap('dry'), query: { dryRun: 'All' } });
    expect((await client.send({ ...create, body: configMap('again') })).code).toBe(409);
    expect(await used('race')).toMatchObject({ configmaps: '1' });
  });

  it('of computing resources holds for pods that say what they take', async () => {
    await namespace('compute', { resourcequotas: '1', pods: '2', 'requests.cpu': '1', 'limits.memory': '1Gi' });
    const create = { ...in_('compute', 'pods'), verb: 'create' } as const;
    const silent = await client.refused({ ...create, body: pod('silent') });
    expect(silent.message).toBe(
      'pods "silent" is forbidden: failed quota: quota: must specify limits.memory for: main; requests.cpu for: main',
    );
    await client.ok({ ...create, body: pod('fits', { requests: { cpu: '600m' }, limits: { memory: '512Mi' } }) });
    const large = await client.refused({
      ...create,
      body: pod('large', { requests: { cpu: '600m' }, limits: { memory: '512Mi' } }),
    });
    expect(large.message).toBe(
      'pods "large" is forbidden: exceeded quota: quota, requested: requests.cpu=600m, used: requests.cpu=600m, limited: requests.cpu=1',
    );
    expect(await used('compute')).toMatchObject({ pods: '1', 'requests.cpu': '600m', 'limits.memory': '512Mi' });
  });

  it('holds for what its scopes name', async () => {
    await namespace('scoped', { pods: '0' }, { scopes: ['BestEffort'] });
    const create = { ...in_('scoped', 'pods'), verb: 'create' } as const;
    const heard = { ...create, body: pod('effort'), query: { dryRun: 'All' } };
    await eventually(async () => expect((await client.send(heard)).code).toBe(403));
    expect((await client.refused({ ...create, body: pod('effort') })).message).toContain('exceeded quota: quota');
    expect((await client.ok<Pod>({ ...create, body: pod('burst', { requests: { cpu: '1' } }) })).metadata.name).toBe(
      'burst',
    );
  });

  it('counts what an update adds', async () => {
    await namespace('ports', { resourcequotas: '1', 'services.nodeports': '1', services: '3' });
    const services = in_('ports', 'services');
    const ports = [{ port: 80 }];
    const made = await client.ok({ ...services, verb: 'create', body: { metadata: { name: 's' }, spec: { ports } } });
    const wider = {
      ...made,
      spec: {
        type: 'NodePort',
        ports: [
          { name: 'a', port: 80 },
          { name: 'b', port: 81 },
        ],
      },
    };
    const refused = await client.refused({ ...services, verb: 'update', name: 's', body: wider });
    expect(refused.message).toContain('requested: services.nodeports=2, used: services.nodeports=0');
  });

  it('of devices holds for the most that a claim may take', async () => {
    const devices = 'gpu.deviceclass.resource.k8s.io/devices';
    await namespace('devices', { resourcequotas: '1', [devices]: '2' });
    const claims = { ...in_('devices', 'resourceclaims'), group: 'resource.k8s.io', verb: 'create' } as const;
    const claim = (name: string, count?: number) => {
      const exactly = { deviceClassName: 'gpu', ...(count !== undefined && { count }) };
      return { metadata: { name }, spec: { devices: { requests: [{ name: 'one', exactly }] } } };
    };
    await client.ok({ ...claims, body: claim('single') });
    const { message } = await client.refused({ ...claims, body: claim('pair', 2) });
    expect(message).toContain(`requested: ${devices}=2, used: ${devices}=1, limited: ${devices}=2`);
    await client.ok({ ...claims, body: claim('another', 1) });
  });
});
