import { StatusError } from '@kubus/shared/errors';
import type { KubeObject } from '@kubus/shared/object';
import { ControllerDriver, MemoryCluster } from '@kubus/testkit';
import { beforeEach, expect, it } from 'vitest';
import { createServiceAccountController } from './index.ts';

const namespaces = { group: '', resource: 'namespaces' };
const serviceAccounts = { group: '', resource: 'serviceaccounts' };
const configMaps = { group: '', resource: 'configmaps' };

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
  driver = new ControllerDriver(createServiceAccountController(context, { caCertificate: 'PEM' }), cluster);
});

const namespace = (name: string, phase = 'Active') =>
  cluster.seed(namespaces, {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name },
    status: { phase },
  } as KubeObject);

it('gives every namespace a default ServiceAccount and the root certificate', async () => {
  namespace('a');
  namespace('b');
  await driver.settle();
  for (const name of ['a', 'b']) {
    expect(cluster.get(serviceAccounts).get(name, 'default')).toBeDefined();
    expect(cluster.get(configMaps).get(name, 'kube-root-ca.crt')).toMatchObject({ data: { 'ca.crt': 'PEM' } });
  }
  expect(cluster.writes()).toHaveLength(4);
});

it('puts them back when they are deleted or changed', async () => {
  namespace('a');
  await driver.settle();
  cluster.remove(serviceAccounts, 'a', 'default');
  const old = cluster.get(configMaps).get('a', 'kube-root-ca.crt') as KubeObject;
  cluster.seed(configMaps, { ...old, data: { 'ca.crt': 'PEM', 'other.crt': 'x' } } as KubeObject);
  await driver.settle();
  expect(cluster.get(serviceAccounts).get('a', 'default')).toBeDefined();
  expect((cluster.get(configMaps).get('a', 'kube-root-ca.crt') as { data?: object }).data).toEqual({ 'ca.crt': 'PEM' });
});

it('makes nothing in a namespace that is going', async () => {
  namespace('a', 'Terminating');
  await driver.settle();
  expect(cluster.writes()).toEqual([]);
});

it('takes no offence when the namespace goes while it works, or somebody else was faster', async () => {
  const cause = { causes: [{ reason: 'NamespaceTerminating' }] };
  const answers = [
    new StatusError('Forbidden', 'is being terminated', cause),
    new StatusError('AlreadyExists', 'is there'),
  ];
  cluster.intercept(() => answers.pop());
  namespace('a');
  await driver.settle();
  expect(driver.failures).toEqual([]);
});

it('does not hide that it may not', async () => {
  cluster.intercept(() => new StatusError('Forbidden', 'no'));
  namespace('a');
  await driver.settle();
  expect(driver.failures).toHaveLength(1);
});
