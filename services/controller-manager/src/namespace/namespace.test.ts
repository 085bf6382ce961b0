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

let cluster: MemoryCluster;
let driver: ControllerDriver;

beforeEach(() => {
  cluster = new MemoryCluster();
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
  const other = { type: 'Other', status: 'True' };
  const before = conditionsFor([other], [], 'then');
  const after = conditionsFor(before, [], 'now');
  expect(after).toEqual(before);
  const [resource] = kinds;
  if (resource === undefined) throw new Error('no kind');
  const failed = conditionsFor(before, [{ resource, remaining: [], error: 'no' }], 'now');
  expect(failed.filter(({ lastTransitionTime }) => lastTransitionTime === 'now').map(({ type }) => type)).toEqual([
    'NamespaceDeletionContentFailure',
  ]);
});
