import type { ApiClient, ApiRequest } from '@kubus/shared/bus';
import { isConflict, isInvalid, isNotFound } from '@kubus/shared/errors';
import type { GroupVersionResource, KubeObject, OwnerReference } from '@kubus/shared/object';
import { sendAll } from './batch.ts';

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
    objects.map((object) => ownersPatch(resource, object, [...ownersOf(object), controller.ref])),
  );
}

/** Removes the controller from the owners of objects that it no longer selects. */
export async function release(
  api: ApiClient,
  controllerUid: string,
  resource: GroupVersionResource,
  objects: readonly KubeObject[],
): Promise<void> {
  await sendClaims(
    api,
    objects.map((object) => {
      const others = ownersOf(object).filter((owner) => owner.uid !== controllerUid);
      return ownersPatch(resource, object, others);
    }),
  );
}

const ownersOf = (object: KubeObject): OwnerReference[] => object.metadata.ownerReferences ?? [];

/** Sets the owners of the very object that was seen; a Conflict when it is another one by now, or has changed. */
export function ownersPatch(
  resource: GroupVersionResource,
  object: KubeObject,
  ownerReferences: readonly OwnerReference[],
): ApiRequest {
  const { namespace = '', name, uid, resourceVersion } = object.metadata;
  return {
    group: resource.group,
    version: resource.version,
    resource: resource.resource,
    verb: 'patch',
    namespace,
    name,
    contentType: 'application/merge-patch+json',
    body: { metadata: { uid, resourceVersion, ownerReferences } },
  };
}

async function assertStillThere(api: ApiClient, resource: GroupVersionResource, object: KubeObject): Promise<void> {
  const { namespace = '', name, uid } = object.metadata;
  const live = await api.request<KubeObject>({ ...resource, verb: 'get', namespace, name });
  const subject = `${object.kind} ${namespace}/${name}`;
  if (live.metadata.uid !== uid)
    throw new Error(`${subject} is another one than it was: uid ${live.metadata.uid}, not ${uid}`);
  if (live.metadata.deletionTimestamp !== undefined)
    throw new Error(`${subject} is being deleted since ${live.metadata.deletionTimestamp}`);
}

/** An object that is gone, has changed hands or is another one by now shows in the next look; anything else is an error. */
async function sendClaims(api: ApiClient, requests: readonly ApiRequest[]): Promise<void> {
  const answers = await sendAll(api, requests);
  const errors = answers
    .map(({ error }) => error)
    .filter((error) => error !== undefined && !isNotFound(error) && !isInvalid(error) && !isConflict(error));
  if (errors.length > 0) throw new AggregateError(errors, 'objects could not be adopted or released');
}
