import type { ApiRequest } from '@kubus/shared/bus';
import { StatusError } from '@kubus/shared/errors';
import type { KubeObject } from '@kubus/shared/object';
import type { Namespace } from '@kubus/shared/schema';
import { ControllerDriver, MemoryCluster } from '@kubus/testkit';
import { beforeEach, expect, it } from 'vitest';
import type { ServedKind } from '../common/served-kinds.ts';
import { createNamespaceController } from './index.ts';
import { conditionsFor, deletionTurns, planStep } from './plan.ts';

const namespaces = { group: '', resource: 'namespaces' };
const pods = { group: '', resource: 'pods' };
const configMaps = { group: '', resource: 'configmaps' };

const served = (
  group: string,
  resource: string,
  kind: string,
  verbs = ['list', 'delete', 'deletecollection'],
): ServedKind => ({
  ...{ group, version: 'v1', resource, kind, namespaced: kind !== 'Namespace', verbs: new Set(verbs) },
  storage: { group, resource },
});
const kinds = [
  served('', 'configmaps', 'ConfigMap'),
  served('', 'pods', 'Pod'),
  served('', 'services', 'Service', ['list', 'delete']),
  served('', 'bindings', 'Binding', ['create']),
  served('', 'namespaces', 'Namespace'),
];

const flunders = { group: 'wardle.example.com', resource: 'flunders' };
const apiServices = { group: 'apiregistration.k8s.io', resource: 'apiservices' };

/** Another server serves flunders in it. */
class AggregatedCluster extends MemoryCluster {
  override async request<T>(request: ApiRequest): Promise<T> {
    if (request.resource !== '') return super.request(request);
    const verbs = ['list', 'delete'];
    const kind = { name: 'flunders', kind: 'Flunder', namespaced: true, verbs };
    return {
      resources: [kind, { ...kind, name: 'flunders/status' }, { ...kind, name: 'all', namespaced: false }],
    } as T;
  }
}

let cluster: MemoryCluster;
let driver: ControllerDriver;

beforeEach(() => {
  cluster = new AggregatedCluster();
  const context = {
    informers: cluster,
    api: cluster,
    clock: cluster.clock,
    events: () => ({ event: () => undefined }),
  };
  const options = { kinds: { stored: () => kinds, find: () => undefined } };
  driver = new ControllerDriver(createNamespaceController(context, options), cluster);
});

function seed(resource: typeof pods, name: string, metadata: object = {}, namespace = 'a'): void {
  cluster.seed(resource, { apiVersion: 'v1', kind: 'X', metadata: { name, namespace, ...metadata } } as KubeObject);
}

function terminating(name = 'a', metadata: object = {}): void {
  const deletionTimestamp = cluster.clock.timestamp();
  cluster.seed(namespaces, {
    ...{ apiVersion: 'v1', kind: 'Namespace', metadata: { name, deletionTimestamp, ...metadata } },
    ...{ spec: { finalizers: ['kubernetes'] }, status: { phase: 'Active' } },
  } as KubeObject);
}

const namespace = () => cluster.get<Namespace>(namespaces).get('', 'a');
const condition = (type: string) => namespace()?.status?.conditions?.find((one) => one.type === type);

it('lets a namespace go when it is empty', async () => {
  terminating();
  await driver.settle();
  expect(namespace()).toBeUndefined();
});

it('empties it, and nothing else', async () => {
  for (const resource of [pods, configMaps, { group: '', resource: 'services' }]) seed(resource, 'x');
  seed(configMaps, 'x', {}, 'other');
  terminating();
  await driver.settle();
  expect(namespace()).toBeUndefined();
  expect(
    cluster
      .get(configMaps)
      .list()
      .map(({ metadata }) => metadata.namespace),
  ).toEqual(['other']);
  expect(cluster.get(pods).list()).toEqual([]);
});

it('takes nothing from under pods that are still there', async () => {
  seed(pods, 'x', { finalizers: ['x/y'], deletionGracePeriodSeconds: 30 });
  seed(configMaps, 'x');
  terminating();
  await driver.settle();
  expect(cluster.get(configMaps).get('a', 'x')).toBeDefined();
  expect(condition('NamespaceContentRemaining')).toMatchObject({
    status: 'True',
    reason: 'SomeResourcesRemain',
    message: 'Some resources are remaining: pods. has 1 resource instances',
  });
  expect(condition('NamespaceFinalizersRemaining')?.message).toBe(
    'Some content in the namespace has finalizers remaining: x/y in 1 resource instances',
  );
  expect(driver.nextIn).toBe(16_000);
  cluster.remove(pods, 'a', 'x');
  await driver.settle();
  expect(namespace()).toBeUndefined();
});

it('says what it cannot delete, and goes on trying', async () => {
  seed(configMaps, 'x');
  terminating();
  const undo = cluster.intercept(({ verb }) =>
    verb === 'deletecollection' ? new StatusError('Forbidden', 'no') : undefined,
  );
  await driver.settle();
  expect(condition('NamespaceDeletionContentFailure')).toMatchObject({
    status: 'True',
    reason: 'ContentDeletionFailed',
    message: 'Failed to delete all resource types, 1 remaining: no',
  });
  undo();
  await driver.advance(1_000);
  expect(namespace()).toBeUndefined();
});

function aggregate(version: string, available: string): void {
  const { group } = flunders;
  cluster.seed(apiServices, {
    ...{ apiVersion: 'apiregistration.k8s.io/v1', kind: 'APIService', metadata: { name: `${version}.${group}` } },
    spec: {
      group,
      version,
      service: { namespace: 'wardle', name: 'api' },
      groupPriorityMinimum: 1,
      versionPriority: 1,
    },
    status: { conditions: [{ type: 'Available', status: available }] },
  } as KubeObject);
}

it('empties it of what other servers keep, in one version of each resource', async () => {
  for (const version of ['v1', 'v1beta1']) aggregate(version, 'True');
  for (const name of ['x', 'y']) seed(flunders, name);
  seed(flunders, 'x', {}, 'other');
  terminating();
  await driver.settle();
  expect(namespace()).toBeUndefined();
  expect(cluster.writes().filter((write) => write.includes('flunders'))).toEqual([
    ...['delete flunders a/x', 'delete flunders a/y'],
  ]);
});

it('keeps it while another server does not say what it has in it, and empties it of the rest', async () => {
  aggregate('v1', 'False');
  seed(configMaps, 'x');
  terminating();
  await driver.settle();
  expect(cluster.get(configMaps).list()).toEqual([]);
  expect(condition('NamespaceDeletionDiscoveryFailure')).toMatchObject({
    status: 'True',
    reason: 'DiscoveryFailed',
    message:
      'Discovery failed for some groups, 1 failing: unable to retrieve the complete list of server APIs: wardle.example.com/v1: stale GroupVersion discovery: wardle.example.com/v1',
  });
  expect(condition('NamespaceDeletionContentFailure')?.status).toBe('False');
  aggregate('v1', 'True');
  await driver.advance(1_000);
  expect(namespace()).toBeUndefined();
});

it('leaves a namespace to those whose finalizers are left on it', async () => {
  terminating('a', { finalizers: ['x/y'] });
  await driver.settle();
  expect(namespace()?.spec?.finalizers).toEqual([]);
  expect(namespace()?.status?.phase).toBe('Terminating');
  const { length } = cluster.requests;
  driver.resync();
  await driver.settle();
  expect(cluster.requests).toHaveLength(length);
});

it('does nothing to a namespace that is not being deleted', () => {
  const active = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'a' }, spec: { finalizers: ['kubernetes'] } };
  expect(planStep(active)).toEqual({ type: 'none' });
  expect(planStep(undefined)).toEqual({ type: 'none' });
});

it('empties pods before everything else that can be listed and deleted', () => {
  const [first, second] = deletionTurns(kinds);
  expect(first.map(({ resource }) => resource)).toEqual(['pods']);
  expect(second.map(({ resource }) => resource)).toEqual(['configmaps', 'services']);
});

it('keeps the time of a condition that did not change, and conditions of others', () => {
  const nothing = { emptied: [], undiscovered: [] };
  const other = { type: 'Other', status: 'True' };
  const before = conditionsFor([other], nothing, 'then');
  const after = conditionsFor(before, nothing, 'now');
  expect(after).toEqual(before);
  const [resource] = kinds;
  if (resource === undefined) throw new Error('no kind');
  const failed = conditionsFor(before, { ...nothing, emptied: [{ resource, remaining: [], error: 'no' }] }, 'now');
  expect(failed.filter(({ lastTransitionTime }) => lastTransitionTime === 'now').map(({ type }) => type)).toEqual([
    'NamespaceDeletionContentFailure',
  ]);
});
