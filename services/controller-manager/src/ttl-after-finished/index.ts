import type { KubeObject } from '@kubus/shared/object';
import type { Controller, ReconcileKey, ReconcileResult } from '@kubus/shared/reconcile';
import type { ControllerContext } from '../common/context.ts';
import { type Job, jobs } from '../job/index.ts';
import { deleteExpired } from './execute.ts';
import { untilExpired } from './plan.ts';

/** Deletes Jobs when `ttlSecondsAfterFinished` have passed since they ended. */
export function createTtlAfterFinishedController({ informers, api, clock }: ControllerContext): Controller {
  const all = informers.get<Job>(jobs);
  return {
    name: 'ttl-after-finished',
    reads: [jobs],
    watches: [
      {
        resource: jobs,
        map: (job) => (untilExpired(job as Job, clock.now()) === undefined ? [] : [keyOf(job)]),
      },
    ],
    keys: () =>
      all
        .list()
        .filter((job) => untilExpired(job, clock.now()) !== undefined)
        .map(keyOf),
    reconcile: async ({ namespace, name }): Promise<ReconcileResult> => {
      const job = all.get(namespace, name);
      const wait = job && untilExpired(job, clock.now());
      if (job === undefined || wait === undefined) return undefined;
      if (wait > 0) return { requeueAfter: wait };
      await deleteExpired(job, api);
      return undefined;
    },
  };
}

const keyOf = ({ metadata }: KubeObject): ReconcileKey => ({
  namespace: metadata.namespace ?? '',
  name: metadata.name,
});
