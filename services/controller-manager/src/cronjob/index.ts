import { CronError, parseSchedule, TimeZone } from '@kubus/shared/cron';
import type { KubeObject } from '@kubus/shared/object';
import type { Controller, ReconcileKey, ReconcileResult } from '@kubus/shared/reconcile';
import type { ControllerContext } from '../common/context.ts';
import { controllerIndex } from '../common/indexes.ts';
import { controllerOf, refersTo } from '../common/owners.ts';
import { type Job, jobs } from '../job/index.ts';
import { execute } from './execute.ts';
import { type CronEvent, type Observed, plan } from './plan.ts';
import { type CronJob, cronJobKind, cronJobs } from './types.ts';

/** Look again soon where this reconcile knows that its view is out of date; the change itself normally comes first. */
const soon = { requeueAfter: 100 };

/** Starts the Jobs of CronJobs at their times. */
export function createCronJobController(context: ControllerContext): Controller {
  const { informers, api, clock } = context;
  const events = context.events('cronjob-controller');
  const all = informers.get<CronJob>(cronJobs);
  const zones = new Zones();
  return {
    name: 'cronjob',
    reads: [cronJobs, jobs],
    watches: [
      { resource: cronJobs, map: (cronJob) => [keyOf(cronJob)] },
      { resource: jobs, map: keysForJob },
    ],
    keys: () => all.list().map(keyOf),
    reconcile: async ({ namespace, name }): Promise<ReconcileResult> => {
      const cronJob = all.get(namespace, name);
      if (cronJob === undefined) return undefined;
      const observed = observe(
        cronJob,
        informers.get<Job>(jobs).byIndex(controllerIndex, cronJob.metadata.uid ?? ''),
        zones,
      );
      const planned = plan(observed, clock.now());
      if (!(await execute(planned, { api, events, cronJob }))) return soon;
      return planned.wait === undefined ? undefined : { requeueAfter: planned.wait };
    },
  };
}

function observe(cronJob: CronJob, owned: readonly Job[], zones: Zones): Observed {
  const { timeZone = 'UTC', schedule } = cronJob.spec;
  const known = { cronJob, jobs: owned };
  const zone = zones.get(timeZone);
  if (zone === undefined) {
    const message = `invalid timeZone: ${JSON.stringify(timeZone)}: unknown time zone ${timeZone}`;
    return { ...known, zone: new TimeZone(), problem: warning('UnknownTimeZone', message) };
  }
  try {
    return { ...known, zone, schedule: parseSchedule(schedule, zone) };
  } catch (error) {
    if (!(error instanceof CronError)) throw error;
    const message = `unparseable schedule: ${JSON.stringify(schedule)} : ${error.message}`;
    return { ...known, zone, problem: warning('UnparseableSchedule', message) };
  }
}

/** Zones are dear to make. There are some hundreds, so a map of them stays small. */
class Zones {
  readonly #known = new Map<string, TimeZone>();

  get(name: string): TimeZone | undefined {
    const known = this.#known.get(name);
    if (known !== undefined || !TimeZone.exists(name)) return known;
    const zone = new TimeZone(name);
    this.#known.set(name, zone);
    return zone;
  }
}

const warning = (reason: string, message: string): CronEvent => ({ type: 'Warning', reason, message });

const keyOf = ({ metadata }: KubeObject): ReconcileKey => ({
  namespace: metadata.namespace ?? '',
  name: metadata.name,
});

function keysForJob(job: KubeObject): ReconcileKey[] {
  const owner = controllerOf(job);
  if (owner === undefined || !refersTo(owner, cronJobKind)) return [];
  return [{ namespace: job.metadata.namespace ?? '', name: owner.name }];
}
