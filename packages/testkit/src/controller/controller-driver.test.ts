import type { KubeObject } from '@kubus/shared/object';
import type { Controller } from '@kubus/shared/reconcile';
import { expect, it } from 'vitest';
import { ControllerDriver, MemoryCluster } from './index.ts';

const configMaps = { group: '', resource: 'configmaps' };
const target = { ...configMaps, version: 'v1' };
const configMap = (name: string, data: Record<string, string> = {}) =>
  ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'a' }, data }) as KubeObject;

/** Keeps a copy of each ConfigMap under '<name>-copy'; looks again every minute. */
function copier(cluster: MemoryCluster): Controller {
  return {
    name: 'copier',
    watches: [{ resource: configMaps, map: ({ metadata }) => [{ namespace: 'a', name: metadata.name }] }],
    reads: [configMaps],
    keys: () =>
      cluster
        .get(configMaps)
        .list()
        .map(({ metadata }) => ({ namespace: 'a', name: metadata.name })),
    reconcile: async ({ name }) => {
      if (name.endsWith('-copy')) return undefined;
      const copy = cluster.get(configMaps).get('a', `${name}-copy`);
      if (copy === undefined)
        await cluster.request({ ...target, verb: 'create', namespace: 'a', body: configMap(`${name}-copy`) });
      return { requeueAfter: 60_000 };
    },
  };
}

it('reconciles what is there, what changes, and what is due', async () => {
  const cluster = new MemoryCluster();
  cluster.seed(configMaps, configMap('one'));
  const driver = new ControllerDriver(copier(cluster), cluster);
  await driver.settle();
  expect(cluster.writes()).toEqual(['create configmaps a/one-copy']);
  cluster.remove(configMaps, 'a', 'one-copy');
  expect(driver.nextIn).toBe(0);
  expect(await driver.advance(60_000)).toBe(2);
  expect(cluster.get(configMaps).get('a', 'one-copy')).toBeDefined();
});

it('runs a failed key again', async () => {
  const cluster = new MemoryCluster();
  const undo = cluster.intercept(() => new Error('down'));
  const driver = new ControllerDriver(copier(cluster), cluster);
  cluster.seed(configMaps, configMap('one'));
  await driver.settle();
  expect(driver.failures).toHaveLength(1);
  undo();
  await driver.advance(1000);
  expect(cluster.get(configMaps).get('a', 'one-copy')).toBeDefined();
});

it('holds to conflicts, finalizers and the status part', async () => {
  const cluster = new MemoryCluster();
  const old = cluster.seed(configMaps, { ...configMap('one'), spec: { n: 1 }, status: { seen: true } } as KubeObject);
  const update = (body: unknown, subresource?: string) =>
    cluster.request<KubeObject>({
      ...target,
      verb: 'update',
      namespace: 'a',
      name: 'one',
      body,
      ...(subresource === undefined ? {} : { subresource }),
    });
  const next = await update({ ...old, spec: { n: 2 }, status: {}, metadata: { ...old.metadata, finalizers: ['x/y'] } });
  expect(next).toMatchObject({ spec: { n: 2 }, status: { seen: true }, metadata: { generation: 2 } });
  await expect(update(old)).rejects.toMatchObject({ reason: 'Conflict' });
  await cluster.request({ ...target, verb: 'delete', namespace: 'a', name: 'one' });
  const marked = cluster.get(configMaps).get('a', 'one');
  expect(marked?.metadata.deletionTimestamp).toBe('2026-01-01T00:00:00Z');
  await update({ ...marked, metadata: { ...marked?.metadata, finalizers: [] } });
  expect(cluster.get(configMaps).list()).toEqual([]);
});
