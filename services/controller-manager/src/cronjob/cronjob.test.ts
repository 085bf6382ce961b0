import { ControllerDriver } from '@kubus/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { World } from '../common/testing/world.ts';
import { isFinished, type Job, jobs } from '../job/index.ts';
import { newJob } from '../job/testing/job-world.ts';
import { createCronJobController } from './index.ts';
import { type CronJob, cronJobs, scheduledAnnotation } from './types.ts';

let world: World;
let driver: ControllerDriver;
beforeEach(() => {
  world = new World();
  driver = new ControllerDriver(createCronJobController(world.context), world.cluster);
});

const minute = 60_000;
const startOf2026 = Date.UTC(2026, 0, 1) / minute;

function create(spec: Partial<CronJob['spec']> = {}): CronJob {
  return world.cluster.seed(cronJobs, {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name: 'nightly', namespace: 'shop' },
    spec: {
      schedule: '*/10 * * * *',
      concurrencyPolicy: 'Allow',
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 1,
      jobTemplate: {
        metadata: { labels: { app: 'nightly' }, annotations: { note: 'x' } },
        spec: newJob().spec,
      },
      ...spec,
    },
  });
}

const cronJob = () => world.cluster.get<CronJob>(cronJobs).get('shop', 'nightly');
const all = () =>
  world.cluster
    .get<Job>(jobs)
    .list()
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined);
const running = () => all().filter((job) => !isFinished(job));
const names = () =>
  all()
    .map(({ metadata }) => metadata.name)
    .sort();
const minutes = (name: string) => Number(name.slice('nightly-'.length)) - startOf2026;

function finish(job: Job | undefined, type = 'Complete'): void {
  if (job === undefined) throw new Error('no job');
  const time = world.cluster.clock.timestamp();
  const conditions = [{ type, status: 'True', lastTransitionTime: time }];
  const { resourceVersion: _, ...metadata } = job.metadata;
  world.cluster.seed(jobs, {
    ...job,
    metadata,
    status: { conditions, startTime: time, ...(type === 'Complete' ? { completionTime: time } : {}) },
  });
}

describe('a CronJob', () => {
  it('starts a Job at each time of its schedule', async () => {
    create();
    await driver.settle();
    expect(all()).toEqual([]);
    expect(driver.nextIn).toBe(10 * minute + 100);
    await driver.advance(10 * minute + 100);
    expect(all()).toHaveLength(1);
    expect(all()[0]).toMatchObject({
      metadata: {
        name: `nightly-${startOf2026 + 10}`,
        labels: { app: 'nightly' },
        annotations: { note: 'x', [scheduledAnnotation]: '2026-01-01T00:10:00Z' },
        ownerReferences: [{ apiVersion: 'batch/v1', kind: 'CronJob', name: 'nightly', controller: true }],
      },
      spec: { completions: 1 },
    });
    expect(cronJob()?.status).toEqual({
      active: [expect.objectContaining({ kind: 'Job', name: `nightly-${startOf2026 + 10}`, namespace: 'shop' })],
      lastScheduleTime: '2026-01-01T00:10:00Z',
    });
    expect(world.events).toEqual([`Normal SuccessfulCreate nightly: Created job nightly-${startOf2026 + 10}`]);
    await driver.advance(10 * minute);
    expect(names().map(minutes)).toEqual([10, 20]);
  });

  it('notes when a Job has ended, and when one has succeeded last', async () => {
    create();
    await driver.settle();
    await driver.advance(10 * minute + 100);
    world.cluster.clock.advance(5000);
    finish(all()[0]);
    await driver.settle();
    expect(cronJob()?.status).toEqual({
      lastScheduleTime: '2026-01-01T00:10:00Z',
      lastSuccessfulTime: '2026-01-01T00:10:05Z',
    });
    expect(world.events.at(-1)).toBe(
      `Normal SawCompletedJob nightly: Saw completed job: nightly-${startOf2026 + 10}, condition: Complete`,
    );
  });

  it('keeps as many finished Jobs as it should of each outcome', async () => {
    create({ successfulJobsHistoryLimit: 1, failedJobsHistoryLimit: 0 });
    await driver.settle();
    for (const end of ['Complete', 'Failed', 'Complete']) {
      await driver.advance(10 * minute + 100);
      finish(running()[0], end);
      await driver.settle();
    }
    expect(names().map(minutes)).toEqual([30]);
    expect(world.events).toContain(`Normal SuccessfulDelete nightly: Deleted job nightly-${startOf2026 + 10}`);
  });

  it('starts none beside one that runs, when it forbids that', async () => {
    create({ concurrencyPolicy: 'Forbid' });
    await driver.settle();
    await driver.advance(10 * minute + 100);
    await driver.advance(10 * minute);
    expect(names().map(minutes)).toEqual([10]);
    expect(world.events.at(-1)).toBe(
      'Normal JobAlreadyActive nightly: Not starting job because prior execution is running and concurrency policy is Forbid',
    );
    // What was held up starts as soon as it may.
    finish(all()[0]);
    await driver.settle();
    expect(names().map(minutes)).toEqual([10, 20]);
  });

  it('replaces the one that runs, when it is to', async () => {
    create({ concurrencyPolicy: 'Replace' });
    await driver.settle();
    await driver.advance(10 * minute + 100);
    await driver.advance(10 * minute);
    expect(names().map(minutes)).toEqual([20]);
    expect(cronJob()?.status?.active).toHaveLength(1);
  });

  it('starts nothing while it is suspended, and after that only the latest of what it missed', async () => {
    create({ suspend: true });
    await driver.settle();
    await driver.advance(35 * minute);
    expect(all()).toEqual([]);
    await world.cluster.request({
      ...cronJobs,
      verb: 'patch',
      namespace: 'shop',
      name: 'nightly',
      contentType: 'application/merge-patch+json',
      body: { spec: { suspend: false } },
    });
    await driver.settle();
    expect(names().map(minutes)).toEqual([30]);
  });

  it('does not start what is later than its deadline', async () => {
    create({ startingDeadlineSeconds: 30 });
    await driver.settle();
    await driver.advance(15 * minute);
    expect(all()).toEqual([]);
    await driver.advance(5 * minute + 100);
    expect(names().map(minutes)).toEqual([20]);
  });

  it('tells when it has missed very many starts, and goes on', async () => {
    create({ schedule: '* * * * *' });
    world.cluster.clock.advance(300 * minute);
    await driver.settle();
    expect(names().map(minutes)).toEqual([300]);
    expect(world.events[0]).toContain('Warning TooManyMissedTimes nightly: too many missed start times.');
  });

  it('lives in its time zone', async () => {
    create({ schedule: '0 9 * * *', timeZone: 'Europe/Berlin' });
    await driver.settle();
    await driver.advance(8 * 60 * minute + 100);
    expect(all()[0]?.metadata.annotations).toMatchObject({ [scheduledAnnotation]: '2026-01-01T09:00:00+01:00' });
  });

  it.each([
    [
      { timeZone: 'Mars/Olympus' },
      'UnknownTimeZone nightly: invalid timeZone: "Mars/Olympus": unknown time zone Mars/Olympus',
    ],
    [{ schedule: '61 * * * *' }, 'UnparseableSchedule nightly: unparseable schedule: "61 * * * *" : end of range (61)'],
  ])('says what is wrong with %j', async (spec, event) => {
    create(spec);
    await driver.settle();
    expect(world.events[0]).toContain(event);
  });

  it('tells of Jobs that it did not start, and of those that are gone', async () => {
    const owner = create();
    await driver.settle();
    await driver.advance(10 * minute + 100);
    world.cluster.remove(jobs, 'shop', `nightly-${startOf2026 + 10}`);
    const manual = newJob({}, 'by-hand');
    const ref = {
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      name: 'nightly',
      uid: owner.metadata.uid ?? '',
      controller: true,
    };
    world.cluster.seed(jobs, { ...manual, metadata: { ...manual.metadata, ownerReferences: [ref] } });
    await driver.settle();
    expect(world.events).toContain(`Normal MissingJob nightly: Active job went missing: nightly-${startOf2026 + 10}`);
    expect(world.events).toContain(
      'Warning UnexpectedJob nightly: Saw a job that the controller did not create or forgot: by-hand',
    );
    expect(cronJob()?.status?.active).toBeUndefined();
  });

  it('comes to rest', async () => {
    create();
    await driver.settle();
    await driver.advance(10 * minute + 100);
    const before = world.cluster.requests.length;
    driver.resync();
    await driver.settle();
    expect(world.cluster.requests).toHaveLength(before);
  });
});

describe('one start', () => {
  it('is not made twice when its maker dies before it is written down', async () => {
    create({ concurrencyPolicy: 'Forbid' });
    await driver.settle();
    const undo = world.cluster.intercept(({ subresource }) =>
      subresource === 'status' ? new Error('killed') : undefined,
    );
    await driver.advance(10 * minute + 100);
    undo();
    expect(cronJob()?.status).toBeUndefined();
    const successor = new ControllerDriver(createCronJobController(world.context), world.cluster);
    // It comes back after the next time: the Job that runs is still the reason not to start another.
    world.cluster.clock.advance(10 * minute);
    await successor.settle();
    expect(names().map(minutes)).toEqual([10]);
    expect(cronJob()?.status).toMatchObject({
      active: [{ name: `nightly-${startOf2026 + 10}` }],
      lastScheduleTime: '2026-01-01T00:10:00Z',
    });
  });

  it('that another replica has made is taken for its own', async () => {
    const owner = create();
    await driver.settle();
    const name = `nightly-${startOf2026 + 10}`;
    const undo = world.cluster.intercept(({ verb, resource }) => {
      if (verb !== 'create' || resource !== 'jobs') return undefined;
      undo();
      const ref = {
        apiVersion: 'batch/v1',
        kind: 'CronJob',
        name: 'nightly',
        uid: owner.metadata.uid ?? '',
        controller: true,
      };
      const job = newJob({}, name);
      world.cluster.seed(jobs, { ...job, metadata: { ...job.metadata, ownerReferences: [ref] } });
      return undefined;
    });
    await driver.advance(10 * minute + 100);
    expect(driver.failures).toEqual([]);
    expect(cronJob()?.status?.active).toMatchObject([{ name }]);
  });
});
