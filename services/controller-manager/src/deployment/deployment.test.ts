import { StatusError } from '@kubus/shared/errors';
import { beforeEach, describe, expect, it } from 'vitest';
import { newDeployment, newReplicaSet, replicaSets, templateOf } from '../common/testing/world.ts';
import type { ReplicaSet } from '../common/types.ts';
import { annotation, DeploymentWorld, revision } from './testing/deployment-world.ts';

let world: DeploymentWorld;
beforeEach(() => {
  world = new DeploymentWorld();
});

describe('a new Deployment', () => {
  it('gets one ReplicaSet, named and labeled after its template', async () => {
    world.begin();
    await world.settle();
    const deployment = world.deployment();
    expect(world.replicaSets()).toMatchObject([
      {
        metadata: {
          name: 'web-86c77d8db6',
          labels: { app: 'web', 'pod-template-hash': '86c77d8db6' },
          annotations: {
            [annotation('revision')]: '1',
            [annotation('desired-replicas')]: '3',
            [annotation('max-replicas')]: '4',
          },
          ownerReferences: [
            {
              apiVersion: 'apps/v1',
              kind: 'Deployment',
              name: 'web',
              uid: deployment.metadata.uid,
              controller: true,
              blockOwnerDeletion: true,
            },
          ],
        },
        spec: {
          replicas: 3,
          selector: { matchLabels: { app: 'web', 'pod-template-hash': '86c77d8db6' } },
          template: { metadata: { labels: { app: 'web', 'pod-template-hash': '86c77d8db6' } } },
        },
      },
    ]);
    expect(revision(deployment)).toBe('1');
    expect(world.events[0]).toBe('Normal ScalingReplicaSet web: Scaled up replica set web-86c77d8db6 from 0 to 3');
  });

  it('has its revision before its status tells of the ReplicaSet', async () => {
    world.begin();
    await world.look();
    expect(world.cluster.writes()).toEqual([
      'create replicasets shop/web-86c77d8db6',
      'patch deployments shop/web',
      'update deployments/status shop/web',
    ]);
  });

  it('tells of its progress until it is complete', async () => {
    world.begin();
    await world.look();
    expect(world.conditionOf('Progressing')).toEqual({
      type: 'Progressing',
      status: 'True',
      reason: 'NewReplicaSetCreated',
      message: 'Created new replica set "web-86c77d8db6"',
      lastUpdateTime: '2026-01-01T00:00:00Z',
      lastTransitionTime: '2026-01-01T00:00:00Z',
    });
    expect(world.conditionOf('Available')).toMatchObject({
      status: 'False',
      reason: 'MinimumReplicasUnavailable',
      message: 'Deployment does not have minimum availability.',
    });
    world.cluster.clock.advance(5000);
    await world.settle();
    expect(world.conditionOf('Progressing')).toMatchObject({
      reason: 'ReplicaSetUpdated',
      message: 'ReplicaSet "web-86c77d8db6" is progressing.',
      lastUpdateTime: '2026-01-01T00:00:05Z',
      lastTransitionTime: '2026-01-01T00:00:00Z',
    });
    await world.converge();
    expect(world.conditionOf('Progressing')).toMatchObject({
      status: 'True',
      reason: 'NewReplicaSetAvailable',
      message: 'ReplicaSet "web-86c77d8db6" has successfully progressed.',
    });
    expect(world.conditionOf('Available')).toMatchObject({
      status: 'True',
      reason: 'MinimumReplicasAvailable',
      message: 'Deployment has minimum availability.',
    });
    expect(world.status()).toMatchObject({
      observedGeneration: 1,
      replicas: 3,
      updatedReplicas: 3,
      readyReplicas: 3,
      availableReplicas: 3,
      terminatingReplicas: 0,
    });
    expect(world.status()).not.toHaveProperty('unavailableReplicas');
  });

  it('comes to rest', async () => {
    world.begin();
    await world.converge();
    const before = world.cluster.requests.length;
    world.driver.resync();
    await world.settle();
    expect(world.cluster.requests).toHaveLength(before);
  });
});

describe('ReplicaSets that are there already', () => {
  const orphan = (name: string, template = templateOf('web:1')) => {
    const base = newReplicaSet({ template, replicas: 3 });
    return { ...base, metadata: { ...base.metadata, name, labels: { app: 'web' } } };
  };

  it('are adopted, and the one with the template becomes the current one', async () => {
    world.cluster.seed(replicaSets, orphan('by-hand'));
    world.begin();
    await world.driver.advance(100);
    expect(world.replicaSets()).toHaveLength(1);
    expect(world.replicaSets()[0]?.metadata.ownerReferences).toMatchObject([{ kind: 'Deployment', controller: true }]);
    expect(world.conditionOf('Progressing')).toMatchObject({
      reason: 'FoundNewReplicaSet',
      message: 'Found new replica set "by-hand"',
    });
    expect(revision(world.deployment())).toBe('1');
  });

  it('of a revision beyond what a double can tell apart are followed by the next one', async () => {
    const { metadata, ...adopted } = orphan('by-hand', templateOf('web:0'));
    const annotations = { [annotation('revision')]: '3546343826724305832' };
    world.cluster.seed(replicaSets, { ...adopted, metadata: { ...metadata, annotations } });
    world.begin();
    await world.converge();
    expect(revision(world.deployment())).toBe('3546343826724305833');
    expect(world.replicaSets().map(revision).sort()).toEqual(['3546343826724305832', '3546343826724305833']);
  });

  it('are let go when their labels no longer match', async () => {
    world.begin();
    await world.converge();
    const [rs] = world.replicaSets();
    await world.cluster.request({
      ...replicaSets,
      verb: 'patch',
      namespace: 'shop',
      name: rs?.metadata.name ?? '',
      contentType: 'application/merge-patch+json',
      body: { metadata: { labels: { app: 'other' } } },
    });
    await world.driver.advance(100);
    expect(world.replicaSet(rs?.metadata.name ?? '').metadata.ownerReferences).toEqual([]);
  });

  it('with the name of the new one but another template make it count a collision and take another name', async () => {
    const base = orphan('web-86c77d8db6', templateOf('other'));
    world.cluster.seed(replicaSets, { ...base, metadata: { ...base.metadata, labels: { app: 'other' } } });
    world.begin();
    await world.driver.advance(100);
    expect(world.status()?.collisionCount).toBe(1);
    expect(world.replicaSet('web-8484b57fd').spec.replicas).toBe(3);
  });

  it('with the name and the template were made by a worker that died: they count as created', async () => {
    world.begin();
    const undo = world.cluster.intercept((request) => {
      if (request.verb !== 'create' || request.resource !== 'replicasets') return undefined;
      undo();
      world.cluster.seed(replicaSets, request.body as ReplicaSet);
      return undefined;
    });
    await world.converge();
    expect(world.replicaSets()).toHaveLength(1);
    expect(world.status()?.collisionCount).toBeUndefined();
    expect(world.activePods()).toHaveLength(3);
  });
});

describe('a ReplicaSet that cannot be created', () => {
  it('shows in the condition and in an event, and is tried again', async () => {
    const undo = world.cluster.intercept(({ verb, resource }) =>
      verb === 'create' && resource === 'replicasets' ? new StatusError('Forbidden', 'no') : undefined,
    );
    world.begin();
    await world.look();
    const message = 'Failed to create new replica set "web-86c77d8db6": no';
    expect(world.conditionOf('Progressing')).toMatchObject({
      status: 'False',
      reason: 'ReplicaSetCreateError',
      message,
    });
    expect(world.events.at(-1)).toBe(`Warning ReplicaSetCreateError web: ${message}`);
    undo();
    world.cluster.clock.advance(1000);
    await world.converge();
    expect(world.conditionOf('Progressing')).toMatchObject({ status: 'True', reason: 'NewReplicaSetAvailable' });
  });

  it('is no trouble in a namespace that is going away', async () => {
    const going = new StatusError('Forbidden', 'going', { causes: [{ reason: 'NamespaceTerminating' }] });
    world.cluster.intercept(({ verb }) => (verb === 'create' ? going : undefined));
    world.begin();
    await world.look();
    expect(world.driver.failures).toEqual([]);
    expect(world.events).toEqual([]);
  });
});

describe('writes that meet a change', () => {
  beforeEach(async () => {
    world.begin();
    await world.converge();
  });

  it('of the status alone of a ReplicaSet go through all the same', async () => {
    const undo = world.cluster.intercept((request) => {
      if (request.verb !== 'patch' || request.resource !== 'replicasets') return undefined;
      undo();
      const [rs] = world.replicaSets();
      if (rs === undefined) throw new Error('no ReplicaSet');
      const { resourceVersion: _, ...metadata } = rs.metadata;
      world.cluster.seed(replicaSets, { ...rs, metadata });
      return undefined;
    });
    await world.edit((d) => Object.assign(d.spec, { replicas: 5 }));
    await world.look();
    expect(world.sizes()).toEqual([5]);
  });

  it('of the size of a ReplicaSet are planned anew', async () => {
    const undo = world.cluster.intercept((request) => {
      if (request.verb !== 'patch' || request.resource !== 'replicasets') return undefined;
      undo();
      const [rs] = world.replicaSets();
      if (rs === undefined) throw new Error('no ReplicaSet');
      const { resourceVersion: _, ...metadata } = rs.metadata;
      world.cluster.seed(replicaSets, {
        ...rs,
        metadata: { ...metadata, generation: 9 },
        spec: { ...rs.spec, replicas: 1 },
      });
      return undefined;
    });
    await world.edit((d) => Object.assign(d.spec, { replicas: 5 }));
    await world.driver.settle();
    expect(world.events.at(-1)).toContain('from 1 to 5');
    expect(world.driver.failures).toEqual([]);
  });

  it('of the Deployment itself are looked at again', async () => {
    const undo = world.cluster.intercept(({ subresource }) =>
      subresource === 'status' ? new StatusError('Conflict', 'modified') : undefined,
    );
    await world.edit((d) => Object.assign(d.spec, { replicas: 5 }));
    await world.driver.settle();
    undo();
    await world.driver.advance(100);
    expect(world.status()?.observedGeneration).toBe(2);
    expect(world.driver.failures).toEqual([]);
  });
});

it('a Deployment that is being deleted only tells its state', async () => {
  const deployment = newDeployment();
  const metadata = {
    ...deployment.metadata,
    deletionTimestamp: '2026-01-01T00:00:00Z',
    finalizers: ['foregroundDeletion'],
  };
  world.begin({ ...deployment, metadata });
  await world.look();
  expect(world.replicaSets()).toEqual([]);
  expect(world.status()?.observedGeneration).toBe(1);
});

it('a Deployment that selects everything is refused', async () => {
  world.begin(newDeployment({ selector: {} }));
  await world.look();
  expect(world.replicaSets()).toEqual([]);
  expect(world.events).toContain(
    'Warning SelectingAll web: This deployment is selecting all pods. A non-empty selector is required.',
  );
});
