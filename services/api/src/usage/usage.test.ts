import { encodeUsage, formatUsageSubject, type UsageReport } from '@kubus/shared/bus';
import type { KubeObject } from '@kubus/shared/object';
import { eventually } from '@kubus/testkit';
import { connect, type NatsConnection } from 'nats';
import { beforeAll, describe, expect, it } from 'vitest';
import { admin, core, podBody, startCluster, type TestCluster, user } from '../pipeline/testing/cluster.ts';
import { UsageStore } from './index.ts';

const metrics = { group: 'metrics.k8s.io', version: 'v1beta1' };
const namespace = 'default';

let cluster: TestCluster;
let nats: NatsConnection;
const uids = new Map<string, string>();

beforeAll(async () => {
  cluster = await startCluster();
  nats = await connect({ servers: cluster.natsUrl });
  const api = cluster.as(admin);
  await api.ok({ ...core, resource: 'nodes', verb: 'create', body: newNode('one') });
  await api.ok({ ...core, resource: 'nodes', verb: 'create', body: newNode('silent') });
  await api.ok({ ...core, resource: 'serviceaccounts', verb: 'create', namespace, body: serviceAccount });
  for (const name of ['web', 'db']) {
    const body = { ...podBody(name, { nodeName: 'one' }), metadata: { name, labels: { app: name } } };
    const pod = await api.ok({ ...core, resource: 'pods', verb: 'create', namespace, body });
    uids.set(name, pod.metadata.uid ?? '');
    const running = { ...pod, status: { phase: 'Running' } };
    await api.ok({ ...core, resource: 'pods', subresource: 'status', verb: 'update', namespace, name, body: running });
  }
  return async () => {
    await nats.close();
    await cluster.stop();
  };
}, 60_000);

const newNode = (name: string) => ({ apiVersion: 'v1', kind: 'Node', metadata: { name } });
const serviceAccount = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' } };

/** What node 'one' says. It speaks of a pod that is not the one of that name, too. */
const report = (): UsageReport => ({
  time: Date.UTC(2026, 0, 1),
  windowMs: 15_020,
  node: { cpuNanos: 1_500_000_000, memoryBytes: 4 * 2 ** 30 },
  pods: [
    pod('web', uids.get('web') ?? '', 250_000_000),
    pod('db', 'of an earlier pod', 250_000_000),
    pod('foreign', 'unknown', 1),
  ],
});

const pod = (name: string, uid: string, cpuNanos: number) => ({
  namespace,
  name,
  uid,
  containers: [{ name: 'main', cpuNanos, memoryBytes: 64 * 2 ** 20 }],
});

type List = KubeObject & { items: KubeObject[] };
const list = (resource: string, query: Record<string, string> = {}) =>
  cluster
    .as(admin)
    .ok({ ...metrics, resource, verb: 'list', ...(resource === 'pods' ? { namespace } : {}), query }) as Promise<List>;

describe('metrics.k8s.io', () => {
  beforeAll(async () => {
    nats.publish(formatUsageSubject('one'), encodeUsage(report()));
    nats.publish(formatUsageSubject('silent'), Buffer.from('{"node":'));
    nats.publish(formatUsageSubject('not-there'), encodeUsage(report()));
    await eventually(async () => {
      for (const resource of ['nodes', 'pods']) expect((await list(resource)).items).toHaveLength(1);
    });
  });

  it('tells what a node uses', async () => {
    expect(await list('nodes')).toEqual({
      kind: 'NodeMetricsList',
      apiVersion: 'metrics.k8s.io/v1beta1',
      metadata: {},
      items: [
        {
          apiVersion: 'metrics.k8s.io/v1beta1',
          kind: 'NodeMetrics',
          metadata: expect.objectContaining({ name: 'one', creationTimestamp: '2026-01-01T00:00:00Z' }),
          timestamp: '2026-01-01T00:00:00Z',
          window: '15.02s',
          usage: { cpu: '1500000000n', memory: '4194304Ki' },
        },
      ],
    });
  });

  it('tells what the pods use that are there, and of no others', async () => {
    const { items } = await list('pods');
    expect(items).toEqual([
      expect.objectContaining({
        kind: 'PodMetrics',
        metadata: { name: 'web', namespace, creationTimestamp: '2026-01-01T00:00:00Z', labels: { app: 'web' } },
        containers: [{ name: 'main', usage: { cpu: '250000000n', memory: '65536Ki' } }],
      }),
    ]);
  });

  it('selects by the labels of pods', async () => {
    expect((await list('pods', { labelSelector: 'app=db' })).items).toEqual([]);
    expect((await list('pods', { labelSelector: 'app=web' })).items).toHaveLength(1);
  });

  it('gives one, or says that it has none', async () => {
    const api = cluster.as(admin);
    const get = { ...metrics, resource: 'pods', verb: 'get', namespace } as const;
    expect(await api.ok({ ...get, name: 'web' })).toMatchObject({ metadata: { name: 'web' } });
    expect(await api.refused({ ...get, name: 'db' })).toMatchObject({
      code: 404,
      message: 'pods.metrics.k8s.io "db" not found',
    });
    expect(await api.refused({ ...metrics, resource: 'nodes', verb: 'get', name: 'silent' })).toMatchObject({
      code: 404,
    });
  });

  it('is authorized like any resource', async () => {
    const stranger = cluster.as(user('stranger'));
    expect(await stranger.refused({ ...metrics, resource: 'nodes', verb: 'list' })).toMatchObject({ code: 403 });
  });
});

describe('reports', () => {
  it('are forgotten when a node has said nothing for a minute', () => {
    let now = 0;
    const usage = new UsageStore(() => now);
    usage.add('one', encodeUsage(report()));
    expect(usage.of('one')?.windowMs).toBe(15_020);
    now = 60_001;
    expect(usage.of('one')).toBeUndefined();
  });
});
