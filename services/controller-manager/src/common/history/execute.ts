import type { ApiClient } from '@kubus/shared/bus';
import { isAlreadyExists, isConflict, isNotFound } from '@kubus/shared/errors';
import { controllerOf } from '../owners.ts';
import type { ControllerRevision } from '../types.ts';
import { controllerRevisions, sameData } from './revision.ts';

/** Makes a revision. False when its name is taken by one of another template or owner: then the hash has to change. */
export async function createRevision(api: ApiClient, revision: ControllerRevision): Promise<boolean> {
  const { namespace = '', name, ownerReferences = [] } = revision.metadata;
  try {
    await api.request({ ...controllerRevisions, verb: 'create', namespace, body: revision });
    return true;
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  }
  const live = await api.request<ControllerRevision>({ ...controllerRevisions, verb: 'get', namespace, name });
  return sameData(live, revision) && controllerOf(live)?.uid === ownerReferences[0]?.uid;
}

/** Gives a revision another number, if nobody else has changed it. */
export async function renumberRevision(api: ApiClient, revision: ControllerRevision, number: number): Promise<void> {
  const { namespace = '', name, uid, resourceVersion } = revision.metadata;
  const body = { metadata: { uid, resourceVersion }, revision: number };
  const contentType = 'application/merge-patch+json';
  try {
    await api.request({ ...controllerRevisions, verb: 'patch', namespace, name, contentType, body });
  } catch (error) {
    if (!isConflict(error) && !isNotFound(error)) throw error;
  }
}

export async function deleteRevisions(api: ApiClient, revisions: readonly ControllerRevision[]): Promise<void> {
  for (const { metadata } of revisions) {
    const { namespace = '', name, uid, resourceVersion } = metadata;
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid, resourceVersion } };
    try {
      await api.request({ ...controllerRevisions, verb: 'delete', namespace, name, body });
    } catch (error) {
      if (!isConflict(error) && !isNotFound(error)) throw error;
    }
  }
}
