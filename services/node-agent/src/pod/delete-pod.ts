import type { ApiClient } from '@kubus/shared/bus';
import { isConflict, isNotFound } from '@kubus/shared/errors';
import type { Pod } from '@kubus/shared/schema';

/** Lets the API forget a pod of which nothing is left here; another pod of the same name is not touched. */
export async function deletePod(api: Pick<ApiClient, 'request'>, pod: Pod): Promise<void> {
  const { name, namespace = '', uid } = pod.metadata;
  const body = { apiVersion: 'v1', kind: 'DeleteOptions', gracePeriodSeconds: 0, preconditions: { uid } };
  try {
    await api.request({ verb: 'delete', group: '', version: 'v1', resource: 'pods', namespace, name, body });
  } catch (error) {
    if (!isNotFound(error) && !isConflict(error)) throw error;
  }
}
