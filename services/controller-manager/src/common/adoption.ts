import type { ApiClient, ApiRequest } from '@kubus/shared/bus';
import { isConflict, isInvalid, isNotFound } from '@kubus/shared/errors';
import type { GroupVersionResource, KubeObject, OwnerReference } from '@kubus/shared/object';
import { sendAll } from './batch.ts';

/** Changes to an object that is not the one that was seen must not take effect, so every patch names the uid. */
const patchOf = (resource: GroupVersionResource, object: KubeObject, ownerReference: unknown): ApiRequest => ({
  group: resource.group,
  version: resource.version,
  resource: resource.resource,
  verb: 'patch',
  namespace: object.metadata.namespace ?? '',
  name: object.metadata.name,
  contentType: 'application/strategic-merge-patch+json',
  body: { metadata: { uid: object.metadata.uid, ownerReferences: [ownerReference] } },
});

/**
 * Makes the controller the manager of objects that have none. The controller itself is read from the API first: one that was deleted and
 * made anew under the same name, or is being deleted, must not adopt by what a cache remembers.
 */
export async function adopt(
  api: ApiClient,
  controller: { resource: GroupVersionResource; object: KubeObject; ref: OwnerReference },
  resource: GroupVersionResource,
  objects: readonly KubeObject[],
): Promise<void> {
  await assertStillThere(api, controller.resource, controller.object);
  await sendClaims(
    api,
    objects.map((object) => patchOf(resource, object, controller.ref)),
  );
}

/** Removes the controller from the owners of objects that it no longer selects. */
export async function release(
  api: ApiClient,
  controllerUid: string,
  resource: GroupVersionResource,
  objects: readonly KubeObject[],
): Promise<void> {
  const removal = { $patch: 'delete', uid: controllerUid };
  await sendClaims(
    api,
    objects.map((object) => patchOf(resource, object, removal)),
  );
}

async function assertStillThere(api: ApiClient, resource: GroupVersionResource, object: KubeObject): Promise<void> {
  const { namespace = '', name, uid } = object.metadata;
  const { group, version } = resource;
  const live = await api.request<KubeObject>({
    group,
    version,
    resource: resource.resource,
    verb: 'get',
    namespace,
    name,
  });
  if (live.metadata.uid !== uid)
    throw new Error(
      `${object.kind} ${namespace}/${name} is another one than it was: uid ${live.metadata.uid}, not ${uid}`,
    );
  if (live.metadata.deletionTimestamp !== undefined)
    throw new Error(`${object.kind} ${namespace}/${name} is being deleted since ${live.metadata.deletionTimestamp}`);
}

/** An object that is gone, has changed hands or is another one by now shows in the next look; anything else is an error. */
async function sendClaims(api: ApiClient, requests: readonly ApiRequest[]): Promise<void> {
  const answers = await sendAll(api, requests);
  const errors = answers
    .map(({ error }) => error)
    .filter((error) => error !== undefined && !isNotFound(error) && !isInvalid(error) && !isConflict(error));
  if (errors.length > 0) throw new AggregateError(errors, 'objects could not be adopted or released');
}
