import type { KubeObject } from '@kubus/shared/object';
import type { Node, Pod } from '@kubus/shared/schema';
import { ControllerDriver, MemoryCluster } from '@kubus/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { informerIndexes } from '../common/indexes.ts';
import { createNodeLifecycleController, nodeLifecycleEnvironment, nodeLifecycleSettings } from './index.ts';

const nodes = { group: '', resource: 'nodes' };
const leases = { group: 'coordination.k8s.io', resource: 'leases' };
const pods = { group: '', resource: 'pods' };
const settings = nodeLifecycleSettings(z.object(nodeLifecycleEnvironment).parse({}));

let cluster: MemoryCluster;
let driver: ControllerDriver;
let events: string[];
/** Nodes whose agents are alive. */
let alive: Set<string>;

beforeEach(() => {
  cluster = new MemoryCluster({ indexes: informerIndexes });
  events = [];
  alive = new Set();
  const recorder = {
    event: (object: unknown, _: string, reason: string) =>
      void events.push(`${reason} ${(object as KubeObject).metadata.name}`),
  };
  const context = { informers: cluster, api: cluster, clock: cluster.clock, events: () => recorder };
  driver = new ControllerDriver(createNodeLifecycleController(context, settings), cluster);
});

function addNode(name: string): void {
  alive.add(name);
  cluster.seed(nodes, {
    ...{ apiVersion: 'v1', kind: 'Node', metadata: { name } },
    status: { conditions: [{ type: 'Ready', status: 'True' }] },
  } as KubeObject);
  renew(name);
}

function renew(name: string): void {
  cluster.seed(leases, {
    ...{ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name, namespace: 'kube-node-lease' } },
    spec: { holderIdentity: name, renewTime: cluster.clock.timestamp() },
  } as KubeObject);
}

/** Agents renew their leases every ten seconds. */
async function pass(seconds: number): Promise<void> {
  for (let gone = 0; gone < seconds; gone += 5) {
    if (gone % 10 === 0) for (const name of alive) renew(name);
    await driver.advance(5_000);
  }
}

const node = (name: string) => cluster.get<Node>(nodes).get('', name);
const ready = (name: string) => node(name)?.status?.conditions?.find(({ type }) => type === 'Ready')?.status;
const taints = (name: string) =>
  node(name)?.spec?.taints?.map(({ key, effect }) => `${key.split('/')[1]} ${effect}`) ?? [];

/** What the agent does when it is back. */
function comeBack(name: string): void {
  alive.add(name);
  renew(name);
  const old = node(name) as Node;
  const conditions = (old.status?.conditions ?? []).map((one) =>
    one.type === 'Ready' ? { ...one, status: 'True', lastHeartbeatTime: cluster.clock.timestamp() } : one,
  );
  const { resourceVersion: _, ...metadata } = old.metadata;
  cluster.seed(nodes, { ...old, metadata, status: { ...old.status, conditions } });
}

describe('nodes whose agents are alive', () => {
  it('are left alone for as long as they renew their leases', async () => {
    addNode('a');
    addNode('b');
    await pass(300);
    expect(cluster.writes()).toEqual([]);
    expect(events.sort()).toEqual(['RegisteredNode a', 'RegisteredNode b']);
  });
});

describe('a node whose agent dies', () => {
  it('is unknown after the grace period, its pods not ready, and it is given up', async () => {
    addNode('a');
    addNode('b');
    await pass(20);
    cluster.seed(pods, {
      ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace: 'x' } },
      ...{ spec: { nodeName: 'b' }, status: { conditions: [{ type: 'Ready', status: 'True' }] } },
    } as KubeObject);
    alive.delete('b');
    await pass(40);
    expect(ready('b')).toBe('True');
    await pass(20);
    expect(ready('b')).toBe('Unknown');
    expect(taints('b')).toEqual(['unreachable NoSchedule', 'unreachable NoExecute']);
    expect(cluster.get<Pod>(pods).get('x', 'p')?.status?.conditions?.[0]?.status).toBe('False');
    expect(events.filter((event) => event.startsWith('NodeNotReady'))).toEqual(['NodeNotReady b', 'NodeNotReady p']);
    expect(taints('a')).toEqual([]);
    const { length } = cluster.writes();
    await pass(60);
    expect(cluster.writes()).toHaveLength(length);
  });

  it('is as before when the agent is back', async () => {
    addNode('a');
    addNode('b');
    alive.delete('b');
    await pass(70);
    comeBack('b');
    await pass(10);
    expect(taints('b')).toEqual([]);
    expect(ready('b')).toBe('True');
  });
});

describe('when all nodes are silent', () => {
  it('none is given up, and those that come back late have their grace period', async () => {
    for (const name of ['a', 'b', 'c']) addNode(name);
    alive.clear();
    await pass(100);
    for (const name of ['a', 'b', 'c']) expect(taints(name)).toEqual(['unreachable NoSchedule']);
    comeBack('a');
    await pass(20);
    for (const name of ['b', 'c']) expect(taints(name)).not.toEqual([]);
    comeBack('b');
    comeBack('c');
    await pass(60);
    for (const name of ['a', 'b', 'c']) expect(taints(name)).toEqual([]);
  });
});

describe('when several nodes die at once', () => {
  it('they are given up one after the other', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e']) addNode(name);
    for (const name of ['d', 'e']) alive.delete(name);
    await pass(55);
    const given = () => ['d', 'e'].filter((name) => taints(name).includes('unreachable NoExecute'));
    expect(given()).toHaveLength(1);
    await pass(15);
    expect(given()).toHaveLength(2);
  });
});

it('waits for a node that somebody else writes at the same time', async () => {
  addNode('a');
  addNode('b');
  alive.delete('b');
  let refusals = 1;
  const { StatusError } = await import('@kubus/shared/errors');
  cluster.intercept(({ verb }) =>
    verb === 'patch' && refusals-- > 0 ? new StatusError('Conflict', 'changed') : undefined,
  );
  await pass(70);
  expect(driver.failures).toEqual([]);
  expect(taints('b')).toContain('unreachable NoExecute');
});
