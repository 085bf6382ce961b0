import type { ApiClient, ApiRequest } from '@kubus/shared/bus';
import { isAlreadyExists, isConflict, isNotFound, type StatusError } from '@kubus/shared/errors';
import type { EventRecorder } from '@kubus/shared/events';
import type { KubeObject, OwnerReference } from '@kubus/shared/object';
import { release } from '../common/adoption.ts';
import { type Answer, sendAll } from '../common/batch.ts';
import { slowStart } from '../common/slow-start.ts';
import type { Pod } from '../common/types.ts';
import type { Action, ActionMap } from './plan.ts';
import { isTracked } from './pods.ts';
import type { Outcome } from './track.ts';
import { type Job, jobs, trackingFinalizer } from './types.ts';

const pods = { group: '', version: 'v1', resource: 'pods' };

/** What actions act for. */
export interface Target {
  api: ApiClient;
  events: EventRecorder;
  job: Job;
  controllerRef: OwnerReference;
}

export interface Result extends Outcome {
  /** The first refusal that users have to know of. */
  failure?: StatusError;
}

/** A message of this many costs hardly more than one of one pod, and most Jobs are no larger. */
const firstRound = 16;

const nothing: Result = { created: 0, deleted: [], incomplete: false };

type Executors = { [K in keyof ActionMap]: (action: ActionMap[K], target: Target) => Promise<Result> };

/** Does one action; throws when the API could not be reached. */
export function execute(action: Action, target: Target): Promise<Result> {
  return (executors[action.type] as (action: Action, target: Target) => Promise<Result>)(action, target);
}

const executors: Executors = {
  adopt: async (action, target) => {
    await adopt(action.pods, target);
    return nothing;
  },
  release: async (action, { api, controllerRef }) => {
    await release(api, controllerRef.uid, pods, action.pods);
    return nothing;
  },
  create: async (action, target) => {
    const outcomes = await slowStart(
      action.pods,
      (round) => createPods(round, target),
      (outcome) => outcome !== 'created',
      firstRound,
    );
    const failure = outcomes.find((outcome) => outcome !== 'created');
    const created = outcomes.filter((outcome) => outcome === 'created').length;
    return { ...nothing, created, ...(failure === undefined ? {} : { failure }) };
  },
  delete: async (action, target) => {
    const refused = action.tracked ? [] : await releasePods(action.pods, target.api);
    const doomed = action.pods.filter((pod) => !refused.includes(pod));
    const answers = await sendAll(target.api, doomed.map(deleteRequest), { brief: true });
    const failed = answers.map((answer, index) => deleteOutcome(answer, doomed[index] as Pod, target));
    const failure = failed.find((error) => error !== undefined);
    const deleted = doomed.filter((_, index) => failed[index] === undefined);
    const incomplete = deleted.length < action.pods.length;
    return { created: 0, deleted, incomplete, ...(failure === undefined ? {} : { failure }) };
  },
};

async function createPods(batch: readonly Pod[], target: Target): Promise<('created' | StatusError)[]> {
  const answers = await sendAll(target.api, batch.map(createRequest), { brief: true });
  return answers.map(({ error }, index) => {
    const name = batch[index]?.metadata.name ?? '';
    if (error === undefined) {
      target.events.event(target.job, 'Normal', 'SuccessfulCreate', `Created pod: ${name}`);
      return 'created';
    }
    // The name says that this very pod was asked for before, by a worker that is gone. It was its to report.
    if (isThere(error)) return 'created';
    if (!isNamespaceTerminating(error))
      target.events.event(target.job, 'Warning', 'FailedCreate', `Error creating: ${error.message}`);
    return error;
  });
}

function deleteOutcome({ error }: Answer, pod: Pod, target: Target): StatusError | undefined {
  const { name } = pod.metadata;
  if (error === undefined) {
    target.events.event(target.job, 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`);
    return undefined;
  }
  if (isGone(error)) return undefined;
  target.events.event(target.job, 'Warning', 'FailedDelete', `Error deleting: ${error.message}`);
  return error;
}

/** Takes the finalizer off pods; returns those that may still have it. Only of a pod that is not there it is certain: a Conflict can have other reasons than another uid. */
export async function releasePods(all: readonly Pod[], api: ApiClient): Promise<Pod[]> {
  const tracked = all.filter(isTracked);
  const answers = await sendAll(api, tracked.map(releaseRequest), { brief: true });
  return tracked.filter((_, index) => {
    const { error } = answers[index] as Answer;
    return error !== undefined && !isNotFound(error);
  });
}

/** An adopted pod gets the finalizer with its owner, so that it is never one of ours without being counted. */
async function adopt(orphans: readonly Pod[], { api, job, controllerRef }: Target): Promise<void> {
  const { namespace = '', name, uid } = job.metadata;
  const live = await api.request<KubeObject>({ ...jobs, verb: 'get', namespace, name });
  if (live.metadata.uid !== uid || live.metadata.deletionTimestamp !== undefined)
    throw new Error(`Job ${namespace}/${name} is another one than it was, or is being deleted`);
  const answers = await sendAll(
    api,
    orphans.map((pod) =>
      patchRequest(pod, mergePatch, {
        resourceVersion: pod.metadata.resourceVersion,
        ownerReferences: [...(pod.metadata.ownerReferences ?? []), controllerRef],
        finalizers: [...new Set([...(pod.metadata.finalizers ?? []), trackingFinalizer])],
      }),
    ),
  );
  const errors = answers.map(({ error }) => error).filter((error) => error !== undefined);
  const serious = errors.filter((error) => !isNotFound(error) && !isConflict(error));
  if (serious.length > 0) throw new AggregateError(serious, 'pods could not be adopted');
}

const inNamespace = (pod: Pod) => ({ ...pods, namespace: pod.metadata.namespace ?? '' });

const createRequest = (pod: Pod): ApiRequest => ({ ...inNamespace(pod), verb: 'create', body: pod });

const deleteRequest = (pod: Pod): ApiRequest => ({
  ...inNamespace(pod),
  verb: 'delete',
  name: pod.metadata.name,
  body: { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid: pod.metadata.uid } },
});

const mergePatch = 'application/merge-patch+json';
const strategicPatch = 'application/strategic-merge-patch+json';

const patchRequest = (pod: Pod, contentType: string, metadata: object): ApiRequest => ({
  ...inNamespace(pod),
  verb: 'patch',
  name: pod.metadata.name,
  contentType,
  body: { metadata: { uid: pod.metadata.uid, ...metadata } },
});

const releaseRequest = (pod: Pod): ApiRequest =>
  patchRequest(pod, strategicPatch, { '$deleteFromPrimitiveList/finalizers': [trackingFinalizer] });

const isThere = (error: StatusError): boolean => isAlreadyExists(error);
const isGone = (error: StatusError): boolean => isNotFound(error);

const isNamespaceTerminating = (error: StatusError): boolean =>
  error.details?.causes?.some((cause) => cause.reason === 'NamespaceTerminating') ?? false;
