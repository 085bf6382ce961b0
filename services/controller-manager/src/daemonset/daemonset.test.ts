import { StatusError } from '@kubus/shared/errors';
import type { KubeObject } from '@kubus/shared/object';
import type { ControllerDriver } from '@kubus/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { isPodReady } from '../common/pod-state.ts';
import { daemonSets, nodes, pods, templateOf, World } from '../common/testing/world.ts';
import type { DaemonSet, Node, Pod } from '../common/types.ts';
import { targetNode } from './daemon-pod.ts';

let world: World;
let driver: ControllerDriver;

beforeEach(() => {
  world = new World();
  for (const name of ['a', 'b', 'c']) node(name);
});

const newSet = (spec: Partial<DaemonSet['spec']> = {}): DaemonSet => ({
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: { name: 'logs', namespace: 'shop' },
  spec: {
    selector: { matchLabels: { app: 'web' } },
    updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } },
    revisionHistoryLimit: 10,
    template: templateOf('logs:1'),
    ...spec,
  },
});

function node(name: string, extra: { labels?: Record<string, string>; spec?: Node['spec'] } = {}): void {
  const metadata = { name, labels: extra.labels ?? {} };
  world.cluster.seed(nodes, { apiVersion: 'v1', kind: 'Node', metadata, spec: extra.spec ?? {} } as KubeObject);
}

async function begin(spec: Partial<DaemonSet['spec']> = {}): Promise<void> {
  world.cluster.seed(daemonSets, newSet(spec));
  driver = world.start('daemonset');
  await world.converge();
}

const set = () => world.cluster.get<DaemonSet>(daemonSets).get('shop', 'logs');
const status = () => set()?.status;
const edit = (change: (set: DaemonSet) => void) => world.editObject<DaemonSet>(daemonSets, 'logs', change);
const setImage = (image: string) => edit(({ spec }) => Object.assign(spec, { template: templateOf(image) }));
const on = (name: string) => world.pods().filter((pod) => targetNode(pod) === name);
const one = (name: string): Pod => {
  const [pod, ...more] = on(name);
  if (pod === undefined || more.length > 0)
    throw new Error(`${more.length + Number(pod !== undefined)} pods on ${name}`);
  return pod;
};
const leaving = () =>
  world
    .pods()
    .filter(({ metadata }) => metadata.deletionTimestamp !== undefined)
    .map(targetNode);
const image = (pod: Pod) => pod.spec.containers[0]?.image;

describe('a DaemonSet', () => {
  it('has a pod on every node, and on new nodes, and none on nodes that are gone', async () => {
    await begin();
    expect(world.pods().map(targetNode).sort()).toEqual(['a', 'b', 'c']);
    expect(world.events[0]).toMatch(/^Normal SuccessfulCreate logs: Created pod: logs-/);
    node('d');
    world.cluster.remove(nodes, '', 'a');
    await world.converge();
    expect(world.pods().map(targetNode).sort()).toEqual(['b', 'c', 'd']);
    expect(status()).toEqual({
      currentNumberScheduled: 3,
      numberMisscheduled: 0,
      desiredNumberScheduled: 3,
      numberReady: 3,
      observedGeneration: 1,
      updatedNumberScheduled: 3,
      numberAvailable: 3,
    });
  });

  it('tells its pods by affinity where to go, and has them bear what keeps others away', async () => {
    await begin({
      template: {
        ...templateOf('logs:1'),
        spec: {
          containers: [],
          hostNetwork: true,
          affinity: {
            nodeAffinity: {
              requiredDuringSchedulingIgnoredDuringExecution: {
                nodeSelectorTerms: [{ matchExpressions: [{ key: 'gpu', operator: 'DoesNotExist' }] }],
              },
            },
          },
        },
      },
    });
    const { affinity, tolerations } = one('b').spec;
    expect(affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution).toEqual({
      nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['b'] }] }],
    });
    expect(tolerations?.map(({ key, effect }) => `${key?.slice(19)} ${effect}`)).toEqual([
      'not-ready NoExecute',
      'unreachable NoExecute',
      'disk-pressure NoSchedule',
      'memory-pressure NoSchedule',
      'pid-pressure NoSchedule',
      'unschedulable NoSchedule',
      'network-unavailable NoSchedule',
    ]);
  });

  it('follows the labels of nodes', async () => {
    await begin({ template: { ...templateOf('logs:1'), spec: { containers: [], nodeSelector: { color: 'blue' } } } });
    expect(world.pods()).toEqual([]);
    expect(status()).toMatchObject({ desiredNumberScheduled: 0, observedGeneration: 1 });
    node('a', { labels: { color: 'blue' } });
    await world.converge();
    expect(world.pods().map(targetNode)).toEqual(['a']);
    node('a', { labels: { color: 'green' } });
    node('b', { labels: { color: 'blue' } });
    await world.settle();
    expect(leaving()).toEqual(['a']);
    expect(status()).toMatchObject({ numberMisscheduled: 1, desiredNumberScheduled: 1 });
    await world.converge();
    expect(world.pods().map(targetNode)).toEqual(['b']);
  });

  it('leaves a pod where a taint only keeps new ones away, and takes it where the taint drives out', async () => {
    await begin();
    node('a', { spec: { taints: [{ key: 'k', effect: 'NoSchedule' }] } });
    node('b', { spec: { taints: [{ key: 'k', effect: 'NoExecute' }] } });
    node('d', { spec: { taints: [{ key: 'k', effect: 'NoSchedule' }] } });
    await world.settle();
    expect(leaving()).toEqual(['b']);
    expect(on('d')).toEqual([]);
    expect(status()).toMatchObject({ desiredNumberScheduled: 1, numberMisscheduled: 2 });
  });

  it('is not woken by heartbeats', async () => {
    await begin();
    const before = world.cluster.get<Node>(nodes).get('', 'a') as Node;
    world.cluster.seed(nodes, { ...before, status: { phase: 'Running' } });
    expect(driver.nextIn).toBeUndefined();
  });

  it('replaces a pod that was deleted, when it is gone', async () => {
    await begin();
    const { name } = one('a').metadata;
    await world.cluster.request({ ...pods, verb: 'delete', namespace: 'shop', name });
    await world.settle();
    expect(on('a')).toHaveLength(1);
    await world.converge();
    expect(one('a').metadata.name).not.toBe(name);
  });

  it('replaces failed pods, more and more slowly, each node for itself', async () => {
    await begin();
    const fail = async (name: string) => {
      world.setPhase(one(name), 'Failed');
      await world.settle();
    };
    const { namespace, name } = one('a').metadata;
    await fail('a');
    expect(leaving()).toEqual(['a']);
    expect(world.events).toContain(
      `Warning FailedDaemonPod logs: Found failed daemon pod ${namespace}/${name} on node a, will try to kill it`,
    );
    await world.converge();
    await fail('a');
    expect(leaving()).toEqual([]);
    expect(driver.nextIn).toBe(1000);
    await driver.advance(1000);
    expect(leaving()).toEqual(['a']);
    await world.converge();
    await fail('a');
    await fail('b');
    expect(leaving()).toEqual(['b']);
    expect(driver.nextIn).toBe(2000);
  });

  it('removes pods that succeeded, and all but the first of several on one node', async () => {
    await begin();
    world.setPhase(one('a'), 'Succeeded');
    const { metadata, ...rest } = one('b');
    world.cluster.seed(pods, { ...rest, metadata: { ...metadata, name: 'second', uid: 'second' } });
    await world.settle();
    expect(leaving()).toEqual(['a', 'b']);
    expect(world.pods().find(({ metadata }) => metadata.name === 'second')?.metadata.deletionTimestamp).toBeDefined();
    expect(world.events.join()).toContain('Normal SucceededDaemonPod logs: Found succeeded daemon pod shop/');
  });

  it('removes a pod that waits for a node that is gone', async () => {
    await begin();
    world.cluster.seed(pods, { ...one('a'), spec: { ...one('a').spec, nodeName: 'a' } });
    world.cluster.remove(nodes, '', 'a');
    world.cluster.remove(nodes, '', 'b');
    await world.settle();
    expect(leaving()).toEqual(['b']);
  });

  it('adopts pods that it selects, and lets go what it does not select any more', async () => {
    const stray = { apiVersion: 'v1', kind: 'Pod', spec: { containers: [], nodeName: 'a' } };
    world.cluster.seed(pods, {
      ...stray,
      metadata: { name: 'stray', namespace: 'shop', labels: { app: 'web' } },
    } as Pod);
    await begin({ updateStrategy: { type: 'OnDelete' } });
    expect(one('a').metadata).toMatchObject({ name: 'stray', ownerReferences: [{ name: 'logs' }] });
    const { labels: _, ...unlabeled } = one('a').metadata;
    world.put({ ...one('a'), metadata: unlabeled });
    await world.converge();
    expect(on('a').map(({ metadata }) => metadata.ownerReferences?.length)).toEqual([0, 1]);
  });

  it('counts a ready pod as available after minReadySeconds, and looks again by itself', async () => {
    await begin({ minReadySeconds: 30 });
    expect(status()).toMatchObject({ numberReady: 3, numberUnavailable: 3 });
    await driver.advance(driver.nextIn ?? 0);
    expect(status()).toMatchObject({ numberReady: 3, numberAvailable: 3 });
    expect(driver.nextIn).toBeUndefined();
  });

  it('tells of refusals, and tries again', async () => {
    world.cluster.seed(daemonSets, newSet());
    const undo = world.cluster.intercept(({ verb, resource }) =>
      verb === 'create' && resource === 'pods' ? new StatusError('Forbidden', 'exceeded quota: small') : undefined,
    );
    driver = world.start('daemonset');
    await world.settle();
    expect([...new Set(world.events)]).toEqual(['Warning FailedCreate logs: Error creating: exceeded quota: small']);
    expect(status()).toMatchObject({ desiredNumberScheduled: 3, currentNumberScheduled: 0 });
    undo();
    await driver.advance(1000);
    expect(world.pods()).toHaveLength(3);
  });

  it('comes to rest, and does nothing more once it is being deleted', async () => {
    await begin();
    const before = world.cluster.requests.length;
    driver.resync();
    await world.settle();
    expect(world.cluster.requests).toHaveLength(before);
    world.cluster.seed(daemonSets, {
      ...newSet(),
      metadata: { ...set()?.metadata, deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: ['x/y'] },
    } as DaemonSet);
    node('d');
    await world.settle();
    expect(world.cluster.requests).toHaveLength(before);
  });
});

describe('a rolling update', () => {
  const step = async () => {
    world.terminate();
    await world.settle();
  };

  it('replaces pods node by node, each when the one before is available', async () => {
    await begin();
    await setImage('logs:2');
    await world.settle();
    for (const name of ['a', 'b', 'c']) {
      expect(leaving()).toEqual([name]);
      await step();
      expect(image(one(name))).toBe('logs:2');
      expect(leaving()).toEqual([]);
      world.setReady(one(name));
      await world.settle();
    }
    expect(status()).toMatchObject({ updatedNumberScheduled: 3, numberAvailable: 3, observedGeneration: 2 });
  });

  it('takes pods that are down first, whatever the limit', async () => {
    await begin();
    world.setReady(one('b'), false);
    world.setReady(one('c'), false);
    await setImage('logs:2');
    await world.settle();
    expect(leaving()).toEqual(['b', 'c']);
  });

  it('takes as many at once as the percentage allows, rounded up', async () => {
    await begin({ updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '40%' } } });
    await setImage('logs:2');
    await world.settle();
    expect(leaving()).toEqual(['a', 'b']);
  });

  it('with surge makes the new pod beside the old one, which goes when the new one is available', async () => {
    await begin({
      minReadySeconds: 5,
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
    });
    await driver.advance(5000);
    await setImage('logs:2');
    await world.settle();
    expect(on('a').map(image)).toEqual(['logs:1', 'logs:2']);
    expect(world.pods()).toHaveLength(4);
    world.setReady(on('a')[1] as Pod);
    await world.settle();
    expect(leaving()).toEqual([]);
    await driver.advance(5000);
    expect(leaving()).toEqual(['a']);
    await step();
    expect(on('b').map(image)).toEqual(['logs:1', 'logs:2']);
    const before = on('b')[0] as Pod;
    world.setReady(before, false);
    await world.settle();
    expect(leaving()).toEqual(['b']);
  });

  it('waits for hands with OnDelete', async () => {
    await begin({ updateStrategy: { type: 'OnDelete' } });
    await setImage('logs:2');
    await world.converge();
    expect(world.pods().map(image)).toEqual(['logs:1', 'logs:1', 'logs:1']);
    expect(status()).not.toHaveProperty('updatedNumberScheduled');
    await world.cluster.request({ ...pods, verb: 'delete', namespace: 'shop', name: one('b').metadata.name });
    await world.converge();
    expect(image(one('b'))).toBe('logs:2');
  });

  it('that is rolled back leaves the pods alone that it had not reached, and takes the old revision again', async () => {
    await begin();
    const kept = one('c').metadata.uid;
    await setImage('logs:2');
    await world.settle();
    await step();
    await setImage('logs:1');
    await world.converge();
    expect(one('c').metadata.uid).toBe(kept);
    expect(world.pods().map(image)).toEqual(['logs:1', 'logs:1', 'logs:1']);
    expect(world.revisions().map(({ revision }) => revision)).toEqual([2, 3]);
    expect(world.pods().every(isPodReady)).toBe(true);
  });

  it('keeps as much history as asked for', async () => {
    await begin({ revisionHistoryLimit: 1 });
    for (const tag of ['logs:2', 'logs:3', 'logs:4']) {
      await setImage(tag);
      await world.converge();
    }
    expect(world.revisions().map(({ revision }) => revision)).toEqual([3, 4]);
  });
});
