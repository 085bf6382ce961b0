import { StatusError } from '@kubus/shared/errors';
import { beforeEach, describe, expect, it } from 'vitest';
import { newDeployment, templateOf } from '../common/testing/world.ts';
import { annotation, DeploymentWorld, revision } from './testing/deployment-world.ts';

let world: DeploymentWorld;
beforeEach(() => {
  world = new DeploymentWorld();
});

describe('a rolling update', () => {
  beforeEach(async () => {
    world.begin();
    await world.converge();
    world.events.length = 0;
  });

  it('replaces the pods step by step and leaves the old ReplicaSet empty', async () => {
    await world.setImage('web:2');
    await world.settle();
    expect(world.sizes()).toEqual([2, 2]);
    await world.converge();
    expect(world.sizes()).toEqual([0, 3]);
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
    await world.setImage('broken');
    await world.settle();
    expect(world.sizes()).toEqual([2, 2]);
    await world.driver.advance(599_000);
    expect(world.conditionOf('Progressing')).toMatchObject({ status: 'True', reason: 'ReplicaSetUpdated' });
    await world.driver.advance(3000);
    expect(world.conditionOf('Progressing')).toMatchObject({
      status: 'False',
      reason: 'ProgressDeadlineExceeded',
      message: expect.stringMatching(/^ReplicaSet "web-\w+" has timed out progressing\.$/),
    });
    expect(world.conditionOf('Available')).toMatchObject({ status: 'True' });
    expect(world.driver.nextIn).toBeUndefined();
    await world.converge();
    expect(world.conditionOf('Progressing')).toMatchObject({ status: 'True', reason: 'NewReplicaSetAvailable' });
  });

  it('is taken over by a newer one, which removes the unfinished one first', async () => {
    await world.setImage('broken');
    await world.settle();
    await world.setImage('web:3');
    await world.settle();
    expect(world.sizes()[1]).toBeLessThan(2);
    await world.converge();
    expect(world.sizes()).toEqual([0, 0, 3]);
  });

  it('is undone by the old template: its ReplicaSet comes back with a new revision', async () => {
    await world.setImage('web:2');
    await world.converge();
    await world.setImage('web:1');
    await world.converge();
    expect(world.replicaSets().map(({ metadata }) => metadata.name)).toEqual(['web-5fffd759ff', 'web-86c77d8db6']);
    expect(world.sizes()).toEqual([0, 3]);
    expect(world.replicaSets().map(revision)).toEqual(['2', '3']);
    expect(world.replicaSet('web-86c77d8db6').metadata.annotations?.[annotation('revision-history')]).toBe('1');
    expect(revision(world.deployment())).toBe('3');
    await world.setImage('web:2');
    await world.converge();
    await world.setImage('web:1');
    await world.converge();
    expect(world.replicaSet('web-86c77d8db6').metadata.annotations?.[annotation('revision-history')]).toBe('1,3');
  });

  it('shares a change of size among old and new', async () => {
    await world.edit((d) => Object.assign(d.spec, { replicas: 10 }));
    await world.converge();
    await world.setImage('broken');
    await world.settle();
    expect(world.sizes()).toEqual([9, 2]);
    await world.edit((d) => Object.assign(d.spec, { replicas: 20 }));
    await world.settle();
    expect(world.sizes()).toEqual([17, 4]);
    expect(world.replicaSets().map((rs) => rs.metadata.annotations?.[annotation('max-replicas')])).toEqual([
      '21',
      '21',
    ]);
  });

  it('keeps as much history as asked for', async () => {
    await world.edit((d) => Object.assign(d.spec, { revisionHistoryLimit: 1 }));
    for (const next of ['web:2', 'web:3', 'web:4']) {
      await world.setImage(next);
      await world.converge();
    }
    expect(world.replicaSets().map(revision)).toEqual(['3', '4']);
  });

  it('shows the trouble of its ReplicaSet', async () => {
    const quota = new StatusError('Forbidden', 'exceeded quota');
    const undo = world.cluster.intercept(({ verb, resource }) =>
      verb === 'create' && resource === 'pods' ? quota : undefined,
    );
    await world.setImage('web:2');
    await world.settle();
    expect(world.conditionOf('ReplicaFailure')).toMatchObject({
      status: 'True',
      reason: 'FailedCreate',
      message: 'exceeded quota',
    });
    undo();
    world.cluster.clock.advance(1000);
    await world.converge();
    expect(world.conditionOf('ReplicaFailure')).toBeUndefined();
  });

  it('waits for minReadySeconds before it goes on', async () => {
    await world.edit((d) => Object.assign(d.spec, { minReadySeconds: 30, template: templateOf('web:2') }));
    await world.converge();
    expect(world.sizes()).toEqual([2, 2]);
    expect(world.replicaSets().map((rs) => rs.spec.minReadySeconds)).toEqual([undefined, 30]);
    for (let i = 0; i < 4; i++) {
      world.cluster.clock.advance(31_000);
      await world.converge();
    }
    expect(world.sizes()).toEqual([0, 3]);
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
    world.begin();
    await world.converge();
    await world.edit((d) => Object.assign(d.spec, { paused: true, template: templateOf('web:2') }));
    await world.settle();
  });

  it('keeps changes of its template until it is resumed', async () => {
    expect(world.sizes()).toEqual([3]);
    expect(world.conditionOf('Progressing')).toMatchObject({
      status: 'Unknown',
      reason: 'DeploymentPaused',
      message: 'Deployment is paused',
    });
    await world.edit((d) => Object.assign(d.spec, { paused: false }));
    await world.look();
    expect(world.conditionOf('Progressing')).toMatchObject({ reason: 'NewReplicaSetCreated' });
    await world.converge();
    expect(world.sizes()).toEqual([0, 3]);
  });

  it('can be scaled', async () => {
    await world.edit((d) => Object.assign(d.spec, { replicas: 5 }));
    await world.settle();
    expect(world.sizes()).toEqual([5]);
  });

  it('does not run out of time', async () => {
    await world.driver.advance(10_000_000);
    expect(world.conditionOf('Progressing')).toMatchObject({ reason: 'DeploymentPaused' });
  });

  it('says that it is resumed where there is nothing new', async () => {
    await world.edit((d) => Object.assign(d.spec, { paused: false, replicas: 4, template: templateOf('web:1') }));
    await world.look();
    expect(world.conditionOf('Progressing')).toMatchObject({ status: 'Unknown', reason: 'DeploymentResumed' });
  });
});

describe('a Deployment with the strategy Recreate', () => {
  it('has no old pod left before it makes a new one', async () => {
    world.begin(newDeployment({ strategy: { type: 'Recreate' } }));
    await world.converge();
    await world.setImage('web:2');
    await world.settle();
    expect(world.sizes()).toEqual([0]);
    expect(world.pods()).toHaveLength(3);
    expect(world.activePods()).toHaveLength(0);
    world.terminate();
    await world.settle();
    expect(world.sizes()).toEqual([0, 3]);
    await world.converge();
    expect(world.conditionOf('Progressing')).toMatchObject({ reason: 'NewReplicaSetAvailable' });
  });

  it('is scaled as usual', async () => {
    world.begin(newDeployment({ strategy: { type: 'Recreate' } }));
    await world.converge();
    await world.edit((d) => Object.assign(d.spec, { replicas: 1 }));
    await world.converge();
    expect(world.sizes()).toEqual([1]);
  });
});
