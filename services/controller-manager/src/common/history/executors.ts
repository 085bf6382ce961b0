import type { StatusError } from '@kubus/shared/errors';
import type { GroupVersionResource, KubeObject, OwnerReference } from '@kubus/shared/object';
import { adopt, release } from '../adoption.ts';
import { isFailure, type PodControl } from '../pod-control.ts';
import type { ControllerRevision, Pod } from '../types.ts';
import { createRevision, deleteRevisions, renumberRevision } from './execute.ts';
import { controllerRevisions } from './revision.ts';

/** What a controller with revisions does to what it owns: whose pods and revisions are, and which revisions there are. */
export interface HistoryActionMap {
  adoptPods: { pods: Pod[] };
  releasePods: { pods: Pod[] };
  adoptRevisions: { revisions: ControllerRevision[] };
  createRevision: { revision: ControllerRevision };
  renumberRevision: { revision: ControllerRevision; number: number };
  deleteRevisions: { revisions: ControllerRevision[] };
}

export interface HistoryTarget extends PodControl {
  object: KubeObject;
  controllerRef: OwnerReference;
}

export type Outcome =
  | { type: 'done' }
  /** The name of the revision is taken by another template's. */
  | { type: 'collision' }
  | { type: 'failed'; error: StatusError };

export const done: Outcome = { type: 'done' };

export function outcomeOf(outcomes: readonly (StatusError | undefined)[]): Outcome {
  const error = outcomes.find(isFailure);
  return error === undefined ? done : { type: 'failed', error };
}

const pods = { group: '', version: 'v1', resource: 'pods' };

type HistoryExecutors = {
  [K in keyof HistoryActionMap]: (action: HistoryActionMap[K], target: HistoryTarget) => Promise<Outcome>;
};

/** Executors for a controller of `resource`. They throw when the API could not be reached. */
export function historyExecutors(resource: GroupVersionResource): HistoryExecutors {
  const controllerOf = ({ object, controllerRef }: HistoryTarget) => ({ resource, object, ref: controllerRef });
  return {
    adoptPods: async (action, target) => {
      await adopt(target.api, controllerOf(target), pods, action.pods);
      return done;
    },
    releasePods: async (action, { api, controllerRef }) => {
      await release(api, controllerRef.uid, pods, action.pods);
      return done;
    },
    adoptRevisions: async ({ revisions }, target) => {
      await adopt(target.api, controllerOf(target), controllerRevisions, revisions);
      return done;
    },
    createRevision: async ({ revision }, { api }) =>
      (await createRevision(api, revision)) ? done : { type: 'collision' },
    renumberRevision: async ({ revision, number }, { api }) => {
      await renumberRevision(api, revision, number);
      return done;
    },
    deleteRevisions: async ({ revisions }, { api }) => {
      await deleteRevisions(api, revisions);
      return done;
    },
  };
}
