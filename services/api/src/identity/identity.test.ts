import type { KubeObject } from '@kubus/shared/object';
import type { EndpointSlice, Endpoints, Lease } from '@kubus/shared/schema';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { admin, type Client, core, startCluster, type TestCluster } from '../pipeline/testing/cluster.ts';
import { ApiIdentity, type ApiIdentityOptions } from './index.ts';

let cluster: TestCluster;
let client: Client;
const time = { ms: 0 };
const leases = { group: 'coordination.k8s.io', version: 'v1', resource: 'leases', namespace: 'kube-system' } as const;
const slices = { group: 'discovery.k8s.io', version: 'v1', resource: 'endpointslices', namespace: 'default' } as const;
const endpoints = { ...core, resource: 'endpoints', namespace: 'default' } as const;

beforeAll(async () => {
  cluster = await startCluster();
  client = cluster.as(admin);
}, 60_000);
afterAll(() => cluster.stop());
beforeEach(async () => {
  time.ms = 0;
  for (const { metadata } of await held()) await client.ok({ ...leases, verb: 'delete', name: metadata.name });
});

const start = Date.parse('2026-05-06T07:08:09Z');
const replica = (address: string, port = 6443, options: Partial<ApiIdentityOptions> = {}) =>
  new ApiIdentity({
    pipeline: cluster.pipeline,
    leases: held,
    endpoint: { address, port },
    hostname: 'one',
    now: () => new Date(start + time.ms),
    clock: () => time.ms,
    onError: (error) => {
      throw error;
    },
    ...options,
  });
const held = async (): Promise<KubeObject[]> =>
  (await cluster.store.list({ group: leases.group, resource: leases.resource, namespace: leases.namespace })).items;

/** The addresses in the slice, which are those of the Endpoints too. */
async function addresses(): Promise<string[]> {
  const name = 'kubernetes';
  const slice = await client.ok<EndpointSlice>({ ...slices, verb: 'get', name });
  const whole = await client.ok<Endpoints>({ ...endpoints, verb: 'get', name });
  const found = (slice.endpoints ?? []).flatMap((endpoint) => endpoint.addresses);
  expect((whole.subsets ?? []).flatMap((subset) => subset.addresses ?? []).map(({ ip }) => ip)).toEqual(found);
  return found;
}

it('a replica is among the endpoints of kubernetes.default, and says in a lease that it is there', async () => {
  const one = replica('192.0.2.1');
  await one.renew();
  expect(await client.ok({ ...slices, verb: 'get', name: 'kubernetes' })).toMatchObject({
    metadata: { labels: { 'kubernetes.io/service-name': 'kubernetes' } },
    addressType: 'IPv4',
    endpoints: [{ addresses: ['192.0.2.1'], conditions: { ready: true } }],
    ports: [{ name: 'https', port: 6443, protocol: 'TCP' }],
  });
  const [lease] = (await held()) as [Lease];
  expect(lease.metadata).toMatchObject({
    name: expect.stringMatching(/^apiserver-[\da-f]{26}$/),
    labels: { 'apiserver.kubernetes.io/identity': 'kube-apiserver', 'kubernetes.io/hostname': 'one' },
  });
  expect(lease.spec).toMatchObject({ leaseDurationSeconds: 3600, renewTime: '2026-05-06T07:08:09.000000Z' });
});

it('the endpoint of a replica that died goes, and comes back with it', async () => {
  const [one, two] = [replica('192.0.2.1'), replica('192.0.2.2')];
  await Promise.all([one.renew(), two.renew()]);
  await one.renew();
  expect(await addresses()).toEqual(['192.0.2.1', '192.0.2.2']);
  time.ms = 14_000;
  await one.renew();
  expect(await addresses()).toEqual(['192.0.2.1', '192.0.2.2']);
  time.ms = 15_000;
  await one.renew();
  expect(await addresses()).toEqual(['192.0.2.1']);
  await two.renew();
  expect(await addresses()).toEqual(['192.0.2.1', '192.0.2.2']);
});

it('a replica that starts while the state cannot be reached serves, and is among the endpoints later', async () => {
  const told: unknown[] = [];
  const away = new Error('Redis cannot be reached');
  const lists = [() => Promise.reject(away), held];
  const leases = () => (lists.shift() ?? held)();
  const one = replica('192.0.2.7', 6443, { leases, onError: (error) => void told.push(error) });
  await one.start();
  expect(told).toEqual([away]);
  await one.renew();
  expect(await addresses()).toEqual(['192.0.2.7']);
  await one.stop();
});

it('a replica that stops leaves the others, and the last one leaves what is there', async () => {
  const [one, two] = [replica('192.0.2.1'), replica('192.0.2.2')];
  await one.renew();
  await two.renew();
  await one.stop();
  expect(await addresses()).toEqual(['192.0.2.2']);
  await two.stop();
  expect([await addresses(), await held()]).toEqual([['192.0.2.2'], []]);
});

it('endpoints that somebody takes away or adds are put right', async () => {
  const one = replica('192.0.2.1');
  await one.renew();
  await client.ok({ ...endpoints, verb: 'delete', name: 'kubernetes' });
  const body = { endpoints: [{ addresses: ['192.0.2.9'] }] };
  await client.ok({ ...slices, verb: 'patch', name: 'kubernetes', contentType: 'application/merge-patch+json', body });
  await one.renew();
  expect(await addresses()).toEqual(['192.0.2.1']);
  const before = (await client.ok({ ...slices, verb: 'get', name: 'kubernetes' })).metadata.resourceVersion;
  time.ms = 1_000;
  await one.renew();
  expect((await client.ok({ ...slices, verb: 'get', name: 'kubernetes' })).metadata.resourceVersion).toBe(before);
});

it('a lease that nobody renews for an hour is deleted', async () => {
  const [one, two] = [replica('192.0.2.1'), replica('192.0.2.2')];
  await two.renew();
  time.ms = 3_600_001;
  await one.renew();
  expect((await held()).map(({ metadata }) => metadata.annotations)).toEqual([
    { 'kubus.io/endpoint': '192.0.2.1:6443' },
  ]);
});
