import { ControllerDriver } from '@kubus/testkit';
import { beforeEach, expect, it } from 'vitest';
import { World } from '../common/testing/world.ts';
import { type Job, jobs } from '../job/index.ts';
import { newJob } from '../job/testing/job-world.ts';
import { createTtlAfterFinishedController } from './index.ts';

let world: World;
let driver: ControllerDriver;
beforeEach(() => {
  world = new World();
  driver = new ControllerDriver(createTtlAfterFinishedController(world.context), world.cluster);
});

const job = (name: string) => world.cluster.get<Job>(jobs).get('shop', name);

function finished(name: string, spec: Partial<Job['spec']>, type = 'Complete'): void {
  const conditions = [{ type, status: 'True', lastTransitionTime: world.cluster.clock.timestamp() }];
  world.cluster.seed(jobs, { ...newJob(spec, name), status: { conditions } });
}

it('deletes a Job when its time after the end is over, and not before', async () => {
  finished('short', { ttlSecondsAfterFinished: 60 });
  finished('failed', { ttlSecondsAfterFinished: 60 }, 'Failed');
  finished('kept', {});
  world.cluster.seed(jobs, newJob({ ttlSecondsAfterFinished: 0 }, 'running'));
  await driver.settle();
  expect(driver.nextIn).toBe(60_000);
  await driver.advance(59_000);
  expect(job('short')).toBeDefined();
  await driver.advance(1000);
  expect(job('short')?.metadata.deletionTimestamp).toBeDefined();
  expect(job('failed')?.metadata.deletionTimestamp).toBeDefined();
  expect(job('kept')?.metadata.deletionTimestamp).toBeUndefined();
  expect(job('running')?.metadata.deletionTimestamp).toBeUndefined();
  const request = world.cluster.requests.find(({ verb }) => verb === 'delete');
  expect(request?.body).toMatchObject({ propagationPolicy: 'Foreground' });
});

it('heeds a time that was changed meanwhile', async () => {
  finished('job', { ttlSecondsAfterFinished: 60 });
  await driver.settle();
  await world.cluster.request({
    ...jobs,
    verb: 'patch',
    namespace: 'shop',
    name: 'job',
    contentType: 'application/merge-patch+json',
    body: { spec: { ttlSecondsAfterFinished: 3600 } },
  });
  await driver.advance(60_000);
  expect(job('job')?.metadata.deletionTimestamp).toBeUndefined();
});
