import type { ApiClient, ApiRequest } from '@kubus/shared/bus';
import { isConflict, isNotFound } from '@kubus/shared/errors';
import type { Pod } from '@kubus/shared/schema';

/** Lets the API forget a pod of which nothing is left here; another pod of the same name is not touched. */
export async function deletePod(api: Pick<ApiClient, 'request'>, pod: Pod): Promise<void> {
  try {
    await api.request(deletionOf(pod));
  } catch (error) {
    if (!isNotFound(error) && !isConflict(error)) throw error;
  }
}

/** Of this very pod, at once. */
export function deletionOf(pod: Pod): ApiRequest {
  const { name, namespace = '', uid } = pod.metadata;
  const body = { apiVersion: 'v1', kind: 'DeleteOptions', gracePeriodSeconds: 0, preconditions: { uid } };
  return { verb: 'delete', group: '', version: 'v1', resource: 'pods', namespace, name, body };
}
