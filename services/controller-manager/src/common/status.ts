import type { ApiClient } from '@kubus/shared/bus';
import { isConflict, isNotFound } from '@kubus/shared/errors';
import type { GroupVersionResource, KubeObject } from '@kubus/shared/object';

/** Writes the status of the object as it was seen. False when it has changed meanwhile or is gone: then the change brings the key back. */
export async function updateStatus(
  api: Pick<ApiClient, 'request'>,
  resource: GroupVersionResource,
  object: KubeObject,
  status: unknown,
): Promise<boolean> {
  const { namespace = '', name } = object.metadata;
  const body = { ...object, status };
  try {
    await api.request({ ...resource, verb: 'update', subresource: 'status', namespace, name, body });
    return true;
  } catch (error) {
    if (isConflict(error) || isNotFound(error)) return false;
    throw error;
  }
}
