import type { ApiClient, ApiRequest } from '@kubus/shared/bus';
import { isAlreadyExists, isNotFound, type StatusError } from '@kubus/shared/errors';
import type { EventRecorder } from '@kubus/shared/events';
import type { KubeObject, OwnerReference } from '@kubus/shared/object';
import { adopt, release } from '../common/adoption.ts';
import { sendAll } from '../common/batch.ts';
import { slowStart } from '../common/slow-start.ts';
import type { Pod } from '../common/types.ts';
import type { ReplicaKind } from './kinds.ts';
import type { Action, ActionMap } from './plan.ts';
import type { Failure } from './status.ts';

const pods = { group: '', version: 'v1', resource: 'pods' };

/** What actions act for. */
export interface Target {
  api: ApiClient;
  events: EventRecorder;
  kind: ReplicaKind;
  /** As the API knows it. */
  object: KubeObject;
  controllerRef: OwnerReference;
}

type Executors = { [K in keyof ActionMap]: (action: ActionMap[K], target: Target) => Promise<Failure | undefined> };

/** Does one action. Returns the first refusal that users have to know of; throws when the API could not be reached. */
export function execute(action: Action, target: Target): Promise<Failure | undefined> {
  switch (action.type) {
    case 'create':
      return executors.create(action, target);
    case 'delete':
      return executors.delete(action, target);
    case 'adopt':
      return executors.adopt(action, target);
    case 'release':
      return executors.release(action, target);
  }
}

const executors: Executors = {
  create: async (action, target) => {
    const outcomes = await slowStart(action.pods, (round) => createPods(round, target), isFailure);
    const failure = outcomes.find(isFailure);
    return failure === undefined ? undefined : { reason: 'FailedCreate', message: failure.message };
  },
  delete: async (action, target) => {
    const outcomes = await deletePods(action.pods, target);
    const failure = outcomes.find(isFailure);
    return failure === undefined ? undefined : { reason: 'FailedDelete', message: failure.message };
  },
  adopt: async (action, { api, kind, object, controllerRef }) => {
    await adopt(api, { resource: kind.resource, object, ref: controllerRef }, pods, action.pods);
    return undefined;
  },
  release: async (action, { api, controllerRef }) => {
    await release(api, controllerRef.uid, pods, action.pods);
    return undefined;
  },
};

const isFailure = (outcome: StatusError | undefined): outcome is StatusError => outcome !== undefined;

async function createPods(batch: readonly Pod[], target: Target): Promise<(StatusError | undefined)[]> {
  const answers = await sendAll(target.api, batch.map(createRequest));
  return answers.map(({ error }, index) => {
    const name = batch[index]?.metadata.name ?? '';
    if (error === undefined) {
      target.events.event(target.object, 'Normal', 'SuccessfulCreate', `Created pod: ${name}`);
      return undefined;
    }
    // The name says that this very pod was asked for before, by a worker that is gone. It was its to report.
    if (isHarmless(error)) return undefined;
    target.events.event(target.object, 'Warning', 'FailedCreate', `Error creating: ${error.message}`);
    return error;
  });
}

async function deletePods(batch: readonly Pod[], target: Target): Promise<(StatusError | undefined)[]> {
  const answers = await sendAll(target.api, batch.map(deleteRequest));
  return answers.map(({ error }, index) => {
    const name = batch[index]?.metadata.name ?? '';
    if (error === undefined) {
      target.events.event(target.object, 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`);
      return undefined;
    }
    if (isGone(error)) return undefined;
    target.events.event(target.object, 'Warning', 'FailedDelete', `Error deleting: ${error.message}`);
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

const isNamespaceTerminating = (error: StatusError): boolean =>
  error.details?.causes?.some((cause) => cause.reason === 'NamespaceTerminating') ?? false;
