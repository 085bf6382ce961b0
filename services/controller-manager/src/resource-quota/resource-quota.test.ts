import { StatusError } from '@kubus/shared/errors';
import type { KubeObject } from '@kubus/shared/object';
import type { ResourceQuota } from '@kubus/shared/schema';
import { ControllerDriver, MemoryCluster } from '@kubus/testkit';
import { beforeEach, expect, it } from 'vitest';
import { informerIndexes } from '../common/indexes.ts';
import { createResourceQuotaController, type QuotaCounter } from './index.ts';

const quotas = { group: '', resource: 'resourcequotas' };
const pods = { group: '', resource: 'pods' };
const configMaps = { group: '', resource: 'configmaps' };

let cluster: MemoryCluster;
let counter: QuotaCounter;
let driver: ControllerDriver;

beforeEach(() => {
  cluster = new MemoryCluster({ indexes: informerIndexes });
  const context = {
    informers: cluster,
    api: cluster,
    clock: cluster.clock,
    events: () => ({ event: () => undefined }),
  };
  const kinds = [pods, configMaps].map((storage) => ({ storage, namespaced: true }));
  counter = createResourceQuotaController(context, { kinds });
  driver = new ControllerDriver(counter, cluster);
});

function quota(hard: Record<string, string>, spec: object = {}): void {
  const metadata = { name: 'q', namespace: 'a' };
  cluster.seed(quotas, { apiVersion: 'v1', kind: 'ResourceQuota', metadata, spec: { hard, ...spec } } as KubeObject);
}

function pod(name: string, namespace = 'a', phase = 'Running'): void {
  const containers = [
    { name: 'main', image: 'x', resources: { requests: { cpu: '250m' }, limits: { memory: '1Gi' } } },
  ];
  const object = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace },
    spec: { containers },
    status: { phase },
  };
  cluster.seed(pods, object as KubeObject);
}

const status = () => cluster.get<ResourceQuota>(quotas).get('a', 'q')?.status;

it('counts what there is, and gives back what ends or goes', async () => {
  quota({ pods: '5', 'requests.cpu': '2', 'limits.memory': '4Gi', 'count/pods': '9', secrets: '1' });
  pod('one');
  pod('two');
  pod('elsewhere', 'b');
  await driver.settle();
  expect(status()).toEqual({
    hard: { pods: '5', 'requests.cpu': '2', 'limits.memory': '4Gi', 'count/pods': '9', secrets: '1' },
    used: { pods: '2', 'requests.cpu': '500m', 'limits.memory': '2Gi', 'count/pods': '2', secrets: '0' },
  });
  pod('two', 'a', 'Succeeded');
  await driver.settle();
  expect(status()?.used).toMatchObject({ pods: '1', 'requests.cpu': '250m', 'count/pods': '2' });
  cluster.remove(pods, 'a', 'one');
  await driver.settle();
  expect(status()?.used).toMatchObject({ pods: '0', 'requests.cpu': '0', 'count/pods': '1' });
  const written = cluster.requests.length;
  await driver.settle();
  expect(cluster.requests).toHaveLength(written);
});

it('counts what definitions bring from when it is known, and leaves it as the API has booked it until then', async () => {
  const storage = { group: 'x.io', resource: 'foos' };
  const foo = { apiVersion: 'x.io/v1', kind: 'Foo', metadata: { name: 'one', namespace: 'a' } };
  const booked = (used: string) =>
    cluster.seed(quotas, {
      ...{ apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'q', namespace: 'a' } },
      ...{ spec: { hard: { 'count/foos.x.io': '5', pods: '1' } }, status: { used: { 'count/foos.x.io': used } } },
    } as KubeObject);
  booked('2');
  cluster.seed(storage, foo);
  await driver.settle();
  expect(status()?.used).toEqual({ 'count/foos.x.io': '2', pods: '0' });
  const kind = { storage, namespaced: true };
  expect(counter.add(kind)?.map(foo, undefined, 'created')).toEqual([{ namespace: 'a', name: 'q' }]);
  expect(counter.reads).toContain(storage);
  booked('3');
  await driver.settle();
  expect(status()?.used).toEqual({ 'count/foos.x.io': '1', pods: '0' });
  counter.remove({ ...kind, storage: { ...storage } });
  expect(counter.reads).toContain(storage);
  counter.remove(kind);
  expect(counter.reads).not.toContain(storage);
  expect(counter.add({ ...kind, namespaced: false })).toBeUndefined();
});

it('counts a pod that is made smaller with what it has, until it has no more than it asks for', async () => {
  quota({ 'requests.cpu': '2' });
  const resizing = (asked: string, has: string, observedGeneration: number, conditions: object[]) => {
    const resources = (cpu: string) => ({ requests: { cpu } });
    const containerStatuses = [{ name: 'main', resources: resources(has), allocatedResources: { cpu: has } }];
    const metadata = { name: 'one', namespace: 'a' };
    const spec = { containers: [{ name: 'main', image: 'x', resources: resources(asked) }] };
    const running = { phase: 'Running', observedGeneration, conditions, containerStatuses };
    cluster.seed(pods, { apiVersion: 'v1', kind: 'Pod', metadata, spec, status: running } as KubeObject);
    return driver.settle();
  };
  const used = () => status()?.used?.['requests.cpu'];
  await resizing('1', '1', 1, []);
  await resizing('500m', '1', 1, []);
  expect(used()).toBe('1');
  await resizing('500m', '500m', 2, []);
  expect(used()).toBe('500m');
  await resizing('100', '500m', 3, [{ type: 'PodResizePending', status: 'True', reason: 'Infeasible' }]);
  expect(used()).toBe('500m');
  await resizing('250m', '250m', 3, []);
  expect(used()).toBe('250m');
});

it('counts only what is in its scopes', async () => {
  quota({ pods: '5', 'count/configmaps': '1' }, { scopes: ['BestEffort'] });
  pod('burstable');
  await driver.settle();
  expect(status()?.used).toEqual({ pods: '0', 'count/configmaps': '0' });
});

it('follows a change of what it allows', async () => {
  quota({ pods: '5' });
  await driver.settle();
  quota({ configmaps: '1' });
  await driver.settle();
  expect(status()).toEqual({ hard: { configmaps: '1' }, used: { configmaps: '0' } });
});

it('tells when a status cannot be written, and writes it later', async () => {
  quota({ pods: '5' });
  pod('one');
  const undo = cluster.intercept(({ subresource }) =>
    subresource === 'status' ? new StatusError('ServiceUnavailable', 'away') : undefined,
  );
  await driver.settle();
  expect(driver.failures.map(({ error }) => String(error))).toEqual([expect.stringContaining('away')]);
  undo();
  await driver.advance(1_000);
  expect(status()?.used).toEqual({ pods: '1' });
});
