import type { ApiClient } from '@kubus/shared/bus';
import { isConflict, isNotFound } from '@kubus/shared/errors';
import { type Job, jobs } from '../job/index.ts';

/** Deletes the very Job that was seen, with its pods; one that has changed meanwhile is looked at again when the change is seen. */
export async function deleteExpired(job: Job, api: Pick<ApiClient, 'request'>): Promise<void> {
  const { namespace = '', name, uid, resourceVersion } = job.metadata;
  const body = {
    apiVersion: 'v1',
    kind: 'DeleteOptions',
    propagationPolicy: 'Foreground',
    preconditions: { uid, resourceVersion },
  };
  try {
    await api.request({ ...jobs, verb: 'delete', namespace, name, body });
  } catch (error) {
    if (!isNotFound(error) && !isConflict(error)) throw error;
  }
}
