import type { ApiClient, ApiRequest } from '@kubus/shared/bus';
import { isAlreadyExists, isNotFound, type StatusError } from '@kubus/shared/errors';
import type { EventRecorder } from '@kubus/shared/events';
import type { KubeObject } from '@kubus/shared/object';
import { sendAll } from './batch.ts';
import type { Pod } from './types.ts';

const pods = { group: '', version: 'v1', resource: 'pods' };

/** In whose name pods are made and deleted: the events are about `object`. */
export interface PodControl {
  api: ApiClient;
  events: EventRecorder;
  object: KubeObject;
}

/** The texts of the events. */
export interface Wording {
  created(pod: string): string;
  createFailed(pod: string, error: string): string;
  deleted(pod: string): string;
  deleteFailed(pod: string, error: string): string;
}

/** As of ReplicaSets, DaemonSets and Jobs (Kubernetes: RealPodControl). */
const plainWording: Wording = {
  created: (pod) => `Created pod: ${pod}`,
  createFailed: (_, error) => `Error creating: ${error}`,
  deleted: (pod) => `Deleted pod: ${pod}`,
  deleteFailed: (_, error) => `Error deleting: ${error}`,
};

export const isFailure = (outcome: StatusError | undefined): outcome is StatusError => outcome !== undefined;

/** Makes the pods in their order; for each, why it was refused. A pod that is there already is no failure. */
export async function createPods(
  batch: readonly Pod[],
  control: PodControl,
  wording: Wording = plainWording,
): Promise<(StatusError | undefined)[]> {
  const { api, events, object } = control;
  const answers = await sendAll(api, batch.map(createRequest), { brief: true });
  return answers.map(({ error, body }, index) => {
    const name = batch[index]?.metadata.name || ((body as Pod | undefined)?.metadata.name ?? '');
    if (error === undefined) {
      events.event(object, 'Normal', 'SuccessfulCreate', wording.created(name));
      return undefined;
    }
    // The name says that this very pod was asked for before, by a worker that is gone. It was its to report.
    if (isHarmless(error)) return undefined;
    events.event(object, 'Warning', 'FailedCreate', wording.createFailed(name, error.message));
    return error;
  });
}

/** Deletes the very pods that were seen; for each, why it was refused. A pod that is gone is no failure. */
export async function deletePods(
  batch: readonly Pod[],
  control: PodControl,
  wording: Wording = plainWording,
): Promise<(StatusError | undefined)[]> {
  const { api, events, object } = control;
  const answers = await sendAll(api, batch.map(deleteRequest), { brief: true });
  return answers.map(({ error }, index) => {
    const name = batch[index]?.metadata.name ?? '';
    if (error === undefined) {
      events.event(object, 'Normal', 'SuccessfulDelete', wording.deleted(name));
      return undefined;
    }
    if (isGone(error)) return undefined;
    events.event(object, 'Warning', 'FailedDelete', wording.deleteFailed(name, error.message));
    return error;
  });
}

const createRequest = (pod: Pod): ApiRequest => ({
  ...pods,
  verb: 'create',
  namespace: pod.metadata.namespace ?? '',
  body: pod,
});

const deleteRequest = (pod: Pod): ApiRequest => ({
  ...pods,
  verb: 'delete',
  namespace: pod.metadata.namespace ?? '',
  name: pod.metadata.name,
  body: { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid: pod.metadata.uid } },
});

const isHarmless = (error: StatusError): boolean => isAlreadyExists(error) || isNamespaceTerminating(error);

const isGone = (error: StatusError): boolean => isNotFound(error);

export const isNamespaceTerminating = (error: StatusError): boolean =>
  error.details?.causes?.some((cause) => cause.reason === 'NamespaceTerminating') ?? false;
