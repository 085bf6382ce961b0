import type { ControllerDriver } from '@kubus/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { isPodReady } from '../common/pod-state.ts';
import { deployments, newDeployment, templateOf, World } from '../common/testing/world.ts';

let world: World;
let driver: ControllerDriver;

const optIn = 'kubus.io/automatic-rollback';

async function begin(annotations: Record<string, string>): Promise<void> {
  world = new World();
  const { metadata, ...rest } = newDeployment();
  world.cluster.seed(deployments, { ...rest, metadata: { ...metadata, annotations } });
  driver = world.start('deployment');
  world.start('replicaset');
  await world.converge();
}

const setImage = (image: string, cause = image) =>
  world.edit((deployment) => {
    deployment.spec.template = templateOf(image);
    deployment.metadata.annotations = { ...deployment.metadata.annotations, 'kubernetes.io/change-cause': cause };
  });
const image = () => world.deployment().spec.template.spec?.containers[0]?.image;
const progressing = () => world.deployment().status?.conditions?.find(({ type }) => type === 'Progressing');

/** New pods never get ready; time passes until the deadline is missed. */
async function missDeadline(): Promise<void> {
  await world.settle();
  for (let i = 0; i < 3; i++) {
    await driver.advance(driver.nextIn ?? 601_000);
    await world.settle();
    if (world.events.some((event) => event.includes('DeploymentRollback'))) return;
  }
}

describe('a Deployment that asks for it', () => {
  beforeEach(async () => {
    await begin({ [optIn]: 'true', 'kubernetes.io/change-cause': 'first' });
  });

  it('goes back to the revision that worked when a rollout misses its deadline, and says so', async () => {
    const worked = world.replicaSets()[0]?.metadata.uid;
    await setImage('web:broken');
    await missDeadline();
    expect(image()).toBe('web:1');
    expect(world.events).toContain(
      'Warning DeploymentRollback web: Rolled back deployment "web" to revision 1: revision 2 has missed its progress deadline',
    );
    await world.converge();
    const [broken, restored] = world.replicaSets();
    expect(broken?.spec.replicas).toBe(0);
    expect(restored?.metadata).toMatchObject({
      uid: worked,
      annotations: { 'deployment.kubernetes.io/revision': '3', 'kubernetes.io/change-cause': 'first' },
    });
    expect(world.activePods().every(isPodReady)).toBe(true);
    expect(progressing()).toMatchObject({ status: 'True', reason: 'NewReplicaSetAvailable' });
  });

  it('passes over revisions whose own rollout never came to its end', async () => {
    await setImage('web:half');
    await world.settle();
    await setImage('web:broken');
    await missDeadline();
    expect(image()).toBe('web:1');
  });

  it('keeps a revision that has worked, whatever becomes of its pods', async () => {
    await setImage('web:2');
    await world.converge();
    await setImage('web:broken');
    await world.settle();
    for (const pod of world.activePods()) world.setReady(pod, false);
    await missDeadline();
    expect(image()).toBe('web:2');
    await world.settle();
    await driver.advance(3_600_000);
    expect(image()).toBe('web:2');
    expect(world.events.filter((event) => event.includes('DeploymentRollback'))).toHaveLength(1);
  });

  it('does not while it is paused', async () => {
    await setImage('web:broken');
    await world.settle();
    await world.edit(({ spec }) => Object.assign(spec, { paused: true }));
    await missDeadline();
    expect(image()).toBe('web:broken');
  });

  it('comes to rest after it', async () => {
    await setImage('web:broken');
    await missDeadline();
    await world.converge();
    const before = world.cluster.writes().length;
    driver.resync();
    await driver.advance(3_600_000);
    expect(world.cluster.writes()).toHaveLength(before);
  });
});

it('any other Deployment stays where it is, as in Kubernetes', async () => {
  await begin({});
  await setImage('web:broken');
  await missDeadline();
  expect(image()).toBe('web:broken');
  expect(progressing()).toMatchObject({ status: 'False', reason: 'ProgressDeadlineExceeded' });
  expect(world.replicaSets()[0]?.metadata.annotations).not.toHaveProperty(['kubus.io/rolled-out']);
});
