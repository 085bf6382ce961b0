import { StatusError } from '@kubus/shared/errors';
import type { KubeObject } from '@kubus/shared/object';
import { ControllerDriver } from '@kubus/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { newPod, newReplicaSet, pods, replicaSets, templateOf, World } from '../common/testing/world.ts';
import { createReplicationControllerController } from './index.ts';

const quota = new StatusError('Forbidden', 'pods "web-x" is forbidden: exceeded quota: small');

let world: World;
beforeEach(() => {
  world = new World();
});

const create = (spec = {}) => world.cluster.seed(replicaSets, newReplicaSet(spec));
const status = () => world.replicaSet('web').status;
const orphan = (name: string) => world.cluster.seed(pods, newPod(name, { status: { phase: 'Running' } }));

describe('a ReplicaSet', () => {
  it('gets its pods, each pointing back at it', async () => {
    const replicaSet = create();
    world.start('replicaset');
    await world.settle();
    expect(world.pods()).toHaveLength(3);
    expect(world.pods()[0]).toMatchObject({
      metadata: {
        name: expect.stringMatching(/^web-[b-z2-9]{5}$/),
        generateName: 'web-',
        namespace: 'shop',
        labels: { app: 'web' },
        ownerReferences: [
          {
            apiVersion: 'apps/v1',
            kind: 'ReplicaSet',
            name: 'web',
            uid: replicaSet.metadata.uid,
            controller: true,
            blockOwnerDeletion: true,
          },
        ],
      },
      spec: { containers: [{ name: 'web', image: 'web:1' }] },
    });
    expect(world.events.filter((event) => event.includes('SuccessfulCreate'))).toHaveLength(3);
    expect(world.events[0]).toBe(`Normal SuccessfulCreate web: Created pod: ${world.pods()[0]?.metadata.name}`);
  });

  it('tells how many pods it has, and in what state', async () => {
    create({ template: { ...templateOf('web:1'), metadata: { labels: { app: 'web', tier: 'front' } } } });
    world.start('replicaset');
    await world.settle();
    expect(status()).toEqual({ replicas: 3, fullyLabeledReplicas: 3, terminatingReplicas: 0, observedGeneration: 1 });
    const [one, two] = world.pods();
    if (one === undefined || two === undefined) throw new Error('no pods');
    world.setReady(one);
    world.setReady({ ...two, metadata: { ...two.metadata, labels: { app: 'web' } } });
    await world.settle();
    expect(status()).toMatchObject({ replicas: 3, fullyLabeledReplicas: 2, readyReplicas: 2, availableReplicas: 2 });
  });

  it('replaces a pod at once that is being deleted, failed or has ended', async () => {
    create();
    world.start('replicaset');
    await world.settle();
    const [one, two] = world.pods();
    if (one === undefined || two === undefined) throw new Error('no pods');
    world.setPhase(one, 'Failed');
    await world.cluster.request({ ...pods, verb: 'delete', namespace: 'shop', name: two.metadata.name });
    await world.settle();
    expect(world.pods()).toHaveLength(5);
    expect(world.activePods()).toHaveLength(3);
    expect(status()).toMatchObject({ replicas: 3, terminatingReplicas: 1 });
  });

  it('deletes what is too much, and says so', async () => {
    create();
    world.start('replicaset');
    await world.settle();
    await world.cluster.request({
      ...replicaSets,
      verb: 'patch',
      namespace: 'shop',
      name: 'web',
      contentType: 'application/merge-patch+json',
      body: { spec: { replicas: 1 } },
    });
    await world.settle();
    expect(world.activePods()).toHaveLength(1);
    expect(
      world.events.filter((event) => event.startsWith('Normal SuccessfulDelete web: Deleted pod: web-')),
    ).toHaveLength(2);
    expect(status()).toMatchObject({ replicas: 1, terminatingReplicas: 2, observedGeneration: 2 });
  });

  it('does nothing more once it is being deleted', async () => {
    const replicaSet = newReplicaSet();
    const metadata = { ...replicaSet.metadata, deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: ['orphan'] };
    world.cluster.seed(replicaSets, { ...replicaSet, metadata });
    world.start('replicaset');
    await world.settle();
    expect(world.pods()).toEqual([]);
  });

  it('counts a ready pod as available after minReadySeconds, and looks again by itself', async () => {
    create({ replicas: 1, minReadySeconds: 30 });
    const driver = world.start('replicaset');
    await world.converge();
    expect(status()).toMatchObject({ readyReplicas: 1 });
    expect(status()).not.toHaveProperty('availableReplicas');
    expect(driver.nextIn).toBe(30_000);
    await driver.advance(30_000);
    expect(status()).toMatchObject({ readyReplicas: 1, availableReplicas: 1 });
    expect(driver.nextIn).toBeUndefined();
  });

  it('comes to rest: nothing is written when nothing has changed', async () => {
    create();
    const driver = world.start('replicaset');
    await world.converge();
    const before = world.cluster.requests.length;
    driver.resync();
    await world.settle();
    expect(world.cluster.requests).toHaveLength(before);
  });

  it('makes 500 pods at a time', async () => {
    create({ replicas: 1200 });
    world.start('replicaset');
    const counts: number[] = [];
    world.cluster.intercept((request) => {
      if (request.subresource === 'status') counts.push(world.pods().length);
      return undefined;
    });
    await world.settle();
    expect(counts.slice(0, 3)).toEqual([500, 1000, 1200]);
    expect(world.pods()).toHaveLength(1200);
  });
});

describe('pods that nobody manages', () => {
  it('are adopted by the ReplicaSet that selects them, instead of new ones', async () => {
    const replicaSet = create();
    orphan('stray');
    world.start('replicaset');
    await world.settle();
    expect(world.pods()).toHaveLength(3);
    expect(world.cluster.get(pods).get('shop', 'stray')?.metadata.ownerReferences).toMatchObject([
      { uid: replicaSet.metadata.uid, controller: true },
    ]);
  });

  it('are noticed when they appear later', async () => {
    create();
    world.start('replicaset');
    await world.converge();
    orphan('stray');
    await world.settle();
    expect(world.activePods()).toHaveLength(3);
  });

  it('are left alone by a ReplicaSet that was made anew under its name meanwhile', async () => {
    create();
    orphan('stray');
    const driver = world.start('replicaset');
    const impostor = { ...newReplicaSet(), metadata: { name: 'web', namespace: 'shop', uid: 'another' } };
    const undo = world.cluster.intercept((request) => {
      if (request.verb !== 'get') return undefined;
      undo();
      world.cluster.seed(replicaSets, impostor as KubeObject);
      return undefined;
    });
    await world.settle();
    expect(String(driver.failures[0]?.error)).toBe(
      'Error: ReplicaSet shop/web is another one than it was: uid another, not uid-1',
    );
  });

  it('are left alone by a ReplicaSet that is being deleted by now', async () => {
    create();
    orphan('stray');
    const driver = world.start('replicaset');
    const undo = world.cluster.intercept((request) => {
      if (request.verb !== 'get') return undefined;
      undo();
      const { metadata, ...rest } = world.replicaSet('web');
      const deleting = { ...metadata, deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: ['a/b'] };
      world.cluster.seed(replicaSets, { ...rest, metadata: deleting } as KubeObject);
      return undefined;
    });
    await world.settle();
    expect(String(driver.failures[0]?.error)).toContain('is being deleted since 2026-01-01T00:00:00Z');
    expect(world.cluster.get(pods).get('shop', 'stray')?.metadata.ownerReferences).toBeUndefined();
  });

  it('are not adopted when they have ended, are being deleted, or belong to somebody', async () => {
    create({ replicas: 0 });
    world.cluster.seed(pods, newPod('ended', { status: { phase: 'Succeeded' } }));
    world.cluster.seed(
      pods,
      newPod('leaving', { metadata: { deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: ['a/b'] } }),
    );
    const owner = { apiVersion: 'v1', kind: 'Node', name: 'n', uid: 'n', controller: true };
    world.cluster.seed(pods, newPod('owned', { metadata: { ownerReferences: [owner] } }));
    world.start('replicaset');
    await world.settle();
    expect(world.cluster.writes()).toEqual(['update replicasets/status shop/web']);
  });
});

it('lets a pod go that it no longer selects, and replaces it', async () => {
  create();
  world.start('replicaset');
  await world.converge();
  const [one] = world.pods();
  if (one === undefined) throw new Error('no pods');
  world.put({ ...one, metadata: { ...one.metadata, labels: { app: 'debug' } } });
  await world.settle();
  expect(world.pods()).toHaveLength(4);
  expect(world.cluster.get(pods).get('shop', one.metadata.name)?.metadata.ownerReferences).toEqual([]);
});

describe('pods that are refused', () => {
  it('show as ReplicaFailure and an event, few are tried, and the failure goes away with its cause', async () => {
    create({ replicas: 10 });
    const driver = world.start('replicaset');
    const undo = world.cluster.intercept(({ verb, resource }) =>
      verb === 'create' && resource === 'pods' && world.pods().length >= 4 ? quota : undefined,
    );
    await world.settle();
    expect(status()?.conditions).toEqual([
      {
        type: 'ReplicaFailure',
        status: 'True',
        lastTransitionTime: '2026-01-01T00:00:00Z',
        reason: 'FailedCreate',
        message: 'pods "web-x" is forbidden: exceeded quota: small',
      },
    ]);
    expect(world.events.at(-1)).toBe(
      'Warning FailedCreate web: Error creating: pods "web-x" is forbidden: exceeded quota: small',
    );
    expect(String(driver.failures[0]?.error)).toBe(`Error: FailedCreate: ${quota.message}`);
    undo();
    await driver.advance(1000);
    expect(world.pods()).toHaveLength(10);
    expect(status()).not.toHaveProperty('conditions');
  });

  it('cost no more requests than there were successes, and one round', async () => {
    create({ replicas: 100 });
    world.cluster.intercept(({ verb }) => (verb === 'create' ? quota : undefined));
    const driver = world.start('replicaset');
    await driver.settle();
    expect(world.cluster.requests.filter(({ verb }) => verb === 'create').length).toBeLessThanOrEqual(2);
  });

  it('are asked for in few requests again after the first refusal, however many were made before', async () => {
    create({ replicas: 1200 });
    const driver = world.start('replicaset');
    world.cluster.intercept(({ verb, resource }) =>
      verb === 'create' && resource === 'pods' && world.pods().length >= 600 ? quota : undefined,
    );
    await world.settle();
    const before = world.cluster.requests.length;
    await driver.advance(1000);
    const again = world.cluster.requests.slice(before).filter(({ verb }) => verb === 'create');
    expect(again.length).toBeLessThanOrEqual(2);
  });

  it('are no failure in a namespace that is going away', async () => {
    create();
    const terminating = new StatusError('Forbidden', 'going', { causes: [{ reason: 'NamespaceTerminating' }] });
    world.cluster.intercept(({ verb }) => (verb === 'create' ? terminating : undefined));
    const driver = world.start('replicaset');
    await driver.settle();
    expect(driver.failures).toEqual([]);
    expect(world.events).toEqual([]);
  });

  it('show as FailedDelete where they cannot be deleted', async () => {
    create({ replicas: 0 });
    orphan('stray');
    world.cluster.intercept(({ verb }) => (verb === 'delete' ? new StatusError('Forbidden', 'not yours') : undefined));
    world.start('replicaset');
    await world.settle();
    expect(status()?.conditions).toMatchObject([{ reason: 'FailedDelete', message: 'not yours' }]);
    expect(world.events.at(-1)).toBe('Warning FailedDelete web: Error deleting: not yours');
  });
});

it('looks again when its status was written on an old state', async () => {
  create();
  const driver = world.start('replicaset');
  const undo = world.cluster.intercept(({ subresource }) =>
    subresource === 'status' ? new StatusError('Conflict', 'modified') : undefined,
  );
  await world.settle();
  expect(driver.failures).toEqual([]);
  undo();
  await driver.advance(100);
  expect(status()).toMatchObject({ replicas: 3 });
});

it('is not made to exceed its size by a worker that comes back from the dead', async () => {
  create({ replicas: 4 });
  const late: (() => Promise<unknown>)[] = [];
  const undo = world.cluster.intercept((request) => {
    if (request.verb !== 'create') return undefined;
    late.push(() => world.cluster.request(request));
    return new Error('timeout');
  });
  const driver = world.start('replicaset');
  await driver.settle();
  undo();
  await driver.advance(1000);
  for (const request of late) await request().catch(() => undefined);
  await world.settle();
  expect(world.pods()).toHaveLength(4);
});

it('a ReplicationController keeps its pods the same way', async () => {
  const resource = { group: '', version: 'v1', resource: 'replicationcontrollers' };
  world.cluster.seed(resource, {
    ...newReplicaSet(),
    apiVersion: 'v1',
    kind: 'ReplicationController',
    spec: { replicas: 2, selector: { app: 'web' }, template: templateOf('web:1') },
  } as KubeObject);
  world.cluster.seed(resource, {
    ...newReplicaSet(),
    apiVersion: 'v1',
    kind: 'ReplicationController',
    metadata: { name: 'selectless', namespace: 'shop' },
    spec: { replicas: 1, selector: {} },
  } as KubeObject);
  orphan('stray');
  await new ControllerDriver(createReplicationControllerController(world.context), world.cluster).settle();
  expect(world.pods()).toHaveLength(2);
  expect(world.pods()[1]?.metadata.ownerReferences).toMatchObject([
    { apiVersion: 'v1', kind: 'ReplicationController', name: 'web' },
  ]);
  expect(world.cluster.get(resource).get('shop', 'web')).toMatchObject({ spec: { selector: { app: 'web' } } });
  expect(world.cluster.get(resource).get('shop', 'web')).toHaveProperty('status', {
    replicas: 2,
    fullyLabeledReplicas: 2,
    observedGeneration: 1,
  });
});
