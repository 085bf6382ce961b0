import { StatusError } from '@kubus/shared/errors';
import type { ControllerDriver } from '@kubus/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { deployments, newDeployment, newReplicaSet, replicaSets, templateOf, World } from '../common/testing/world.ts';
import type { Deployment, ReplicaSet } from '../common/types.ts';

const annotation = (name: string) => `deployment.kubernetes.io/${name}`;
const revision = (object: Deployment | ReplicaSet) => object.metadata.annotations?.[annotation('revision')];

let world: World;
let driver: ControllerDriver;
beforeEach(() => {
  world = new World();
});

/** With the ReplicaSet controller at work beside it. */
function start(deployment = newDeployment()): void {
  world.cluster.seed(deployments, deployment);
  driver = world.start('deployment');
  world.start('replicaset');
}

const status = () => world.deployment().status;
const conditionOf = (type: string) => status()?.conditions?.find((condition) => condition.type === type);
const sizes = () => world.replicaSets().map((rs) => rs.spec.replicas);
const image = (image: string) => world.edit((d) => Object.assign(d.spec, { template: templateOf(image) }));

/** One look of the Deployment controller alone, with whatever its ReplicaSets say now. */
const look = () => driver.settle();

describe('a new Deployment', () => {
  it('gets one ReplicaSet, named and labeled after its template', async () => {
    start();
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

  it('tells of its progress until it is complete', async () => {
    start();
    await look();
    expect(conditionOf('Progressing')).toEqual({
      type: 'Progressing',
      status: 'True',
      reason: 'NewReplicaSetCreated',
      message: 'Created new replica set "web-86c77d8db6"',
      lastUpdateTime: '2026-01-01T00:00:00Z',
      lastTransitionTime: '2026-01-01T00:00:00Z',
    });
    expect(conditionOf('Available')).toMatchObject({
      status: 'False',
      reason: 'MinimumReplicasUnavailable',
      message: 'Deployment does not have minimum availability.',
    });
    world.cluster.clock.advance(5000);
    await world.settle();
    expect(conditionOf('Progressing')).toMatchObject({
      reason: 'ReplicaSetUpdated',
      message: 'ReplicaSet "web-86c77d8db6" is progressing.',
      lastUpdateTime: '2026-01-01T00:00:05Z',
      lastTransitionTime: '2026-01-01T00:00:00Z',
    });
    await world.converge();
    expect(conditionOf('Progressing')).toMatchObject({
      status: 'True',
      reason: 'NewReplicaSetAvailable',
      message: 'ReplicaSet "web-86c77d8db6" has successfully progressed.',
    });
    expect(conditionOf('Available')).toMatchObject({
      status: 'True',
      reason: 'MinimumReplicasAvailable',
      message: 'Deployment has minimum availability.',
    });
    expect(status()).toMatchObject({
      observedGeneration: 1,
      replicas: 3,
      updatedReplicas: 3,
      readyReplicas: 3,
      availableReplicas: 3,
      terminatingReplicas: 0,
    });
    expect(status()).not.toHaveProperty('unavailableReplicas');
  });

  it('comes to rest', async () => {
    start();
    await world.converge();
    const before = world.cluster.requests.length;
    driver.resync();
    await world.settle();
    expect(world.cluster.requests).toHaveLength(before);
  });
});

describe('a rolling update', () => {
  beforeEach(async () => {
    start();
    await world.converge();
    world.events.length = 0;
  });

  it('replaces the pods step by step and leaves the old ReplicaSet empty', async () => {
    await image('web:2');
    await world.settle();
    expect(sizes()).toEqual([2, 2]);
    await world.converge();
    expect(sizes()).toEqual([0, 3]);
    expect(world.replicaSets().map(revision)).toEqual(['1', '2']);
    expect(revision(world.deployment())).toBe('2');
    expect(world.events.filter((event) => event.includes('ScalingReplicaSet'))).toEqual([
      'Normal ScalingReplicaSet web: Scaled up replica set web-5fffd759ff from 0 to 1',
      'Normal ScalingReplicaSet web: Scaled down replica set web-86c77d8db6 from 3 to 2',
      'Normal ScalingReplicaSet web: Scaled up replica set web-5fffd759ff from 1 to 2',
      'Normal ScalingReplicaSet web: Scaled down replica set web-86c77d8db6 from 2 to 0',
      'Normal ScalingReplicaSet web: Scaled up replica set web-5fffd759ff from 2 to 3',
    ]);
  });

  it('keeps the old pods when the new ones never get ready, and says after the deadline that it is stuck', async () => {
    await image('broken');
    await world.settle();
    expect(sizes()).toEqual([2, 2]);
    await driver.advance(599_000);
    expect(conditionOf('Progressing')).toMatchObject({ status: 'True', reason: 'ReplicaSetUpdated' });
    await driver.advance(3000);
    expect(conditionOf('Progressing')).toMatchObject({
      status: 'False',
      reason: 'ProgressDeadlineExceeded',
      message: expect.stringMatching(/^ReplicaSet "web-\w+" has timed out progressing\.$/),
    });
    expect(conditionOf('Available')).toMatchObject({ status: 'True' });
    expect(driver.nextIn).toBeUndefined();
    await world.converge();
    expect(conditionOf('Progressing')).toMatchObject({ status: 'True', reason: 'NewReplicaSetAvailable' });
  });

  it('is taken over by a newer one, which removes the unfinished one first', async () => {
    await image('broken');
    await world.settle();
    await image('web:3');
    await world.settle();
    expect(sizes()[1]).toBeLessThan(2);
    await world.converge();
    expect(sizes()).toEqual([0, 0, 3]);
  });

  it('is undone by the old template: its ReplicaSet comes back with a new revision', async () => {
    await image('web:2');
    await world.converge();
    await image('web:1');
    await world.converge();
    expect(world.replicaSets().map(({ metadata }) => metadata.name)).toEqual(['web-5fffd759ff', 'web-86c77d8db6']);
    expect(sizes()).toEqual([0, 3]);
    expect(world.replicaSets().map(revision)).toEqual(['2', '3']);
    expect(world.replicaSet('web-86c77d8db6').metadata.annotations?.[annotation('revision-history')]).toBe('1');
    expect(revision(world.deployment())).toBe('3');
    await image('web:2');
    await world.converge();
    await image('web:1');
    await world.converge();
    expect(world.replicaSet('web-86c77d8db6').metadata.annotations?.[annotation('revision-history')]).toBe('1,3');
  });

  it('shares a change of size among old and new', async () => {
    await world.edit((d) => Object.assign(d.spec, { replicas: 10 }));
    await world.converge();
    await image('broken');
    await world.settle();
    expect(sizes()).toEqual([9, 2]);
    await world.edit((d) => Object.assign(d.spec, { replicas: 20 }));
    await world.settle();
    expect(sizes()).toEqual([17, 4]);
    expect(world.replicaSets().map((rs) => rs.metadata.annotations?.[annotation('max-replicas')])).toEqual([
      '21',
      '21',
    ]);
  });

  it('keeps as much history as asked for', async () => {
    await world.edit((d) => Object.assign(d.spec, { revisionHistoryLimit: 1 }));
    for (const next of ['web:2', 'web:3', 'web:4']) {
      await image(next);
      await world.converge();
    }
    expect(world.replicaSets().map(revision)).toEqual(['3', '4']);
  });

  it('shows the trouble of its ReplicaSet', async () => {
    const quota = new StatusError('Forbidden', 'exceeded quota');
    const undo = world.cluster.intercept(({ verb, resource }) =>
      verb === 'create' && resource === 'pods' ? quota : undefined,
    );
    await image('web:2');
    await world.settle();
    expect(conditionOf('ReplicaFailure')).toMatchObject({
      status: 'True',
      reason: 'FailedCreate',
      message: 'exceeded quota',
    });
    undo();
    world.cluster.clock.advance(1000);
    await world.converge();
    expect(conditionOf('ReplicaFailure')).toBeUndefined();
  });

  it('waits for minReadySeconds before it goes on', async () => {
    await world.edit((d) => Object.assign(d.spec, { minReadySeconds: 30, template: templateOf('web:2') }));
    await world.converge();
    expect(sizes()).toEqual([2, 2]);
    expect(world.replicaSets().map((rs) => rs.spec.minReadySeconds)).toEqual([undefined, 30]);
    for (let i = 0; i < 4; i++) {
      world.cluster.clock.advance(31_000);
      await world.converge();
    }
    expect(sizes()).toEqual([0, 3]);
  });

  it('passes a change of minReadySeconds alone on to its ReplicaSet', async () => {
    await world.edit((d) => Object.assign(d.spec, { minReadySeconds: 5 }));
    await world.settle();
    expect(world.replicaSets().map((rs) => rs.spec.minReadySeconds)).toEqual([5]);
  });

  it('passes annotations on, but not those of kubectl apply', async () => {
    await world.edit((d) => {
      d.metadata.annotations = {
        ...d.metadata.annotations,
        'kubernetes.io/change-cause': 'fix',
        'kubectl.kubernetes.io/last-applied-configuration': '{}',
      };
    });
    await world.settle();
    const annotations = world.replicaSets()[0]?.metadata.annotations;
    expect(annotations).toHaveProperty(['kubernetes.io/change-cause'], 'fix');
    expect(annotations).not.toHaveProperty(['kubectl.kubernetes.io/last-applied-configuration']);
  });
});

describe('a paused Deployment', () => {
  beforeEach(async () => {
    start();
    await world.converge();
    await world.edit((d) => Object.assign(d.spec, { paused: true, template: templateOf('web:2') }));
    await world.settle();
  });

  it('keeps changes of its template until it is resumed', async () => {
    expect(sizes()).toEqual([3]);
    expect(conditionOf('Progressing')).toMatchObject({
      status: 'Unknown',
      reason: 'DeploymentPaused',
      message: 'Deployment is paused',
    });
    await world.edit((d) => Object.assign(d.spec, { paused: false }));
    await look();
    expect(conditionOf('Progressing')).toMatchObject({ reason: 'NewReplicaSetCreated' });
    await world.converge();
    expect(sizes()).toEqual([0, 3]);
  });

  it('can be scaled', async () => {
    await world.edit((d) => Object.assign(d.spec, { replicas: 5 }));
    await world.settle();
    expect(sizes()).toEqual([5]);
  });

  it('does not run out of time', async () => {
    await driver.advance(10_000_000);
    expect(conditionOf('Progressing')).toMatchObject({ reason: 'DeploymentPaused' });
  });

  it('says that it is resumed where there is nothing new', async () => {
    await world.edit((d) => Object.assign(d.spec, { paused: false, replicas: 4, template: templateOf('web:1') }));
    await look();
    expect(conditionOf('Progressing')).toMatchObject({ status: 'Unknown', reason: 'DeploymentResumed' });
  });
});

describe('a Deployment with the strategy Recreate', () => {
  it('has no old pod left before it makes a new one', async () => {
    start(newDeployment({ strategy: { type: 'Recreate' } }));
    await world.converge();
    await image('web:2');
    await world.settle();
    expect(sizes()).toEqual([0]);
    expect(world.pods()).toHaveLength(3);
    expect(world.activePods()).toHaveLength(0);
    world.terminate();
    await world.settle();
    expect(sizes()).toEqual([0, 3]);
    await world.converge();
    expect(conditionOf('Progressing')).toMatchObject({ reason: 'NewReplicaSetAvailable' });
  });

  it('is scaled as usual', async () => {
    start(newDeployment({ strategy: { type: 'Recreate' } }));
    await world.converge();
    await world.edit((d) => Object.assign(d.spec, { replicas: 1 }));
    await world.converge();
    expect(sizes()).toEqual([1]);
  });
});

describe('ReplicaSets that are there already', () => {
  const orphan = (name: string, template = templateOf('web:1')) => {
    const base = newReplicaSet({ template, replicas: 3 });
    return { ...base, metadata: { ...base.metadata, name, labels: { app: 'web' } } };
  };

  it('are adopted, and the one with the template becomes the current one', async () => {
    world.cluster.seed(replicaSets, orphan('by-hand'));
    start();
    await driver.advance(100);
    expect(world.replicaSets()).toHaveLength(1);
    expect(world.replicaSets()[0]?.metadata.ownerReferences).toMatchObject([{ kind: 'Deployment', controller: true }]);
    expect(conditionOf('Progressing')).toMatchObject({
      reason: 'FoundNewReplicaSet',
      message: 'Found new replica set "by-hand"',
    });
    expect(revision(world.deployment())).toBe('1');
  });

  it('are let go when their labels no longer match', async () => {
    start();
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
    await driver.advance(100);
    expect(world.replicaSet(rs?.metadata.name ?? '').metadata.ownerReferences).toEqual([]);
  });

  it('with the name of the new one but another template make it count a collision and take another name', async () => {
    const base = orphan('web-86c77d8db6', templateOf('other'));
    world.cluster.seed(replicaSets, { ...base, metadata: { ...base.metadata, labels: { app: 'other' } } });
    start();
    await driver.advance(100);
    expect(status()?.collisionCount).toBe(1);
    expect(world.replicaSet('web-8484b57fd').spec.replicas).toBe(3);
  });

  it('with the name and the template were made by a worker that died: they count as created', async () => {
    start();
    const undo = world.cluster.intercept((request) => {
      if (request.verb !== 'create' || request.resource !== 'replicasets') return undefined;
      undo();
      world.cluster.seed(replicaSets, request.body as ReplicaSet);
      return undefined;
    });
    await world.converge();
    expect(world.replicaSets()).toHaveLength(1);
    expect(status()?.collisionCount).toBeUndefined();
    expect(world.activePods()).toHaveLength(3);
  });
});

describe('a ReplicaSet that cannot be created', () => {
  it('shows in the condition and in an event, and is tried again', async () => {
    const undo = world.cluster.intercept(({ verb, resource }) =>
      verb === 'create' && resource === 'replicasets' ? new StatusError('Forbidden', 'no') : undefined,
    );
    start();
    await look();
    const message = 'Failed to create new replica set "web-86c77d8db6": no';
    expect(conditionOf('Progressing')).toMatchObject({ status: 'False', reason: 'ReplicaSetCreateError', message });
    expect(world.events.at(-1)).toBe(`Warning ReplicaSetCreateError web: ${message}`);
    undo();
    world.cluster.clock.advance(1000);
    await world.converge();
    expect(conditionOf('Progressing')).toMatchObject({ status: 'True', reason: 'NewReplicaSetAvailable' });
  });

  it('is no trouble in a namespace that is going away', async () => {
    const going = new StatusError('Forbidden', 'going', { causes: [{ reason: 'NamespaceTerminating' }] });
    world.cluster.intercept(({ verb }) => (verb === 'create' ? going : undefined));
    start();
    await look();
    expect(driver.failures).toEqual([]);
    expect(world.events).toEqual([]);
  });
});

describe('writes that meet a change', () => {
  beforeEach(async () => {
    start();
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
    await look();
    expect(sizes()).toEqual([5]);
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
    await driver.settle();
    expect(world.events.at(-1)).toContain('from 1 to 5');
    expect(driver.failures).toEqual([]);
  });

  it('of the Deployment itself are looked at again', async () => {
    const undo = world.cluster.intercept(({ subresource }) =>
      subresource === 'status' ? new StatusError('Conflict', 'modified') : undefined,
    );
    await world.edit((d) => Object.assign(d.spec, { replicas: 5 }));
    await driver.settle();
    undo();
    await driver.advance(100);
    expect(status()?.observedGeneration).toBe(2);
    expect(driver.failures).toEqual([]);
  });
});

it('a Deployment that is being deleted only tells its state', async () => {
  const deployment = newDeployment();
  const metadata = {
    ...deployment.metadata,
    deletionTimestamp: '2026-01-01T00:00:00Z',
    finalizers: ['foregroundDeletion'],
  };
  start({ ...deployment, metadata });
  await look();
  expect(world.replicaSets()).toEqual([]);
  expect(status()?.observedGeneration).toBe(1);
});

it('a Deployment that selects everything is refused', async () => {
  start(newDeployment({ selector: {} }));
  await look();
  expect(world.replicaSets()).toEqual([]);
  expect(world.events).toContain(
    'Warning SelectingAll web: This deployment is selecting all pods. A non-empty selector is required.',
  );
});
