import type { ApiClient } from '@kubus/shared/bus';
import { isConflict, isNotFound } from '@kubus/shared/errors';
import type { GroupVersionResource, KubeObject } from '@kubus/shared/object';

/** Writes the object with the finalizer, or without it. What has changed or gone meanwhile is looked at again when the change is seen. */
export async function writeFinalizer(
  api: Pick<ApiClient, 'request'>,
  resource: GroupVersionResource,
  object: KubeObject,
  finalizer: string,
  keep: boolean,
): Promise<void> {
  const others = (object.metadata.finalizers ?? []).filter((name) => name !== finalizer);
  const body = { ...object, metadata: { ...object.metadata, finalizers: keep ? [...others, finalizer] : others } };
  const { namespace = '', name } = object.metadata;
  try {
    await api.request({ ...resource, verb: 'update', namespace, name, body });
  } catch (error) {
    if (!isConflict(error) && !isNotFound(error)) throw error;
  }
}
