import type { KubeObject } from '@kubus/shared/object';
import type { Pod } from '@kubus/shared/schema';
import { ControllerDriver, MemoryCluster } from '@kubus/testkit';
import { beforeEach, expect, it } from 'vitest';
import { informerIndexes } from '../common/indexes.ts';
import { createPodGcController } from './index.ts';
import { outOfServiceTaint, plan } from './plan.ts';

const nodes = { group: '', resource: 'nodes' };
const pods = { group: '', resource: 'pods' };

let cluster: MemoryCluster;
let driver: ControllerDriver;

beforeEach(() => {
  cluster = new MemoryCluster({ indexes: informerIndexes });
  const context = {
    informers: cluster,
    api: cluster,
    clock: cluster.clock,
    events: () => ({ event: () => undefined }),
  };
  driver = new ControllerDriver(createPodGcController(context, { terminatedThreshold: 2 }), cluster);
});

function node(name: string, spec: object = {}): void {
  cluster.seed(nodes, { apiVersion: 'v1', kind: 'Node', metadata: { name }, spec } as KubeObject);
}

function pod(name: string, spec: object, extra: { metadata?: object; status?: object } = {}): void {
  const metadata = { name, namespace: 'a', ...extra.metadata };
  cluster.seed(pods, { apiVersion: 'v1', kind: 'Pod', metadata, spec, status: extra.status } as KubeObject);
}

const left = () =>
  cluster
    .get(pods)
    .list()
    .map(({ metadata }) => metadata.name);
const deleting = { metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } };

it('removes pods of a node that is gone for a while, as failed', async () => {
  node('here');
  node('gone');
  pod('stays', { nodeName: 'here' });
  pod('orphan', { nodeName: 'gone' });
  await driver.settle();
  cluster.remove(nodes, '', 'gone');
  await driver.settle();
  await driver.advance(20_000);
  expect(left()).toEqual(['stays', 'orphan']);
  await driver.advance(20_000);
  expect(left()).toEqual(['stays']);
  const update = cluster.requests.find(({ subresource }) => subresource === 'status');
  expect(update?.body).toMatchObject({
    status: {
      phase: 'Failed',
      conditions: [{ type: 'DisruptionTarget', reason: 'DeletionByPodGC' }],
    },
  });
  expect(cluster.requests.at(-1)).toMatchObject({ verb: 'delete', body: { gracePeriodSeconds: 0 } });
});

it('asks the API before it believes that a node is gone', async () => {
  pod('x', { nodeName: 'unseen' });
  cluster.intercept(({ resource, verb }) => {
    if (resource === 'nodes' && verb === 'get') node('unseen');
    return undefined;
  });
  await driver.settle();
  for (let i = 0; i < 3; i++) await driver.advance(20_000);
  expect(left()).toEqual(['x']);
});

it('removes a pod that was deleted before it had a node, at once', async () => {
  pod('x', {});
  await driver.settle();
  pod('x', {}, deleting);
  await driver.settle();
  expect(left()).toEqual([]);
});

it('leaves a pod on a silent node alone until somebody says that the node is out of service', async () => {
  node('silent');
  pod('x', { nodeName: 'silent' }, deleting);
  await driver.settle();
  await driver.advance(3_600_000);
  expect(left()).toEqual(['x']);
  node('silent', { taints: [{ key: outOfServiceTaint, effect: 'NoExecute' }] });
  await driver.advance(20_000);
  expect(left()).toEqual([]);
});

it('keeps the youngest of many pods that have ended', async () => {
  for (const [index, name] of ['old', 'middle', 'young'].entries()) {
    const creationTimestamp = `2026-01-0${index + 1}T00:00:00Z`;
    pod(name, { nodeName: 'n' }, { metadata: { creationTimestamp }, status: { phase: 'Succeeded' } });
  }
  node('n');
  await driver.settle();
  expect(left()).toEqual(['middle', 'young']);
});

it('names each pod once, and none when all are to be kept', () => {
  const one = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'x', deletionTimestamp: 'now' },
    status: { phase: 'Failed' },
  } as Pod;
  const observed = { pods: [one, { ...one }], nodes: new Map(), missingSince: () => 0, terminatedThreshold: 1 };
  expect(plan(observed, 0).map(({ reason }) => reason)).toEqual(['unscheduled', 'unscheduled']);
  expect(plan({ ...observed, pods: [{ ...one, metadata: { name: 'x' } }], terminatedThreshold: 0 }, 0)).toEqual([]);
});
