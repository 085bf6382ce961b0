import type { StatusError } from '@kubus/shared/errors';
import type { OwnerReference } from '@kubus/shared/object';
import { adopt, release } from '../common/adoption.ts';
import { controllerRevisions, createRevision, deleteRevisions, renumberRevision } from '../common/history/index.ts';
import { createPods, deletePods, isFailure, type PodControl } from '../common/pod-control.ts';
import { slowStart } from '../common/slow-start.ts';
import type { DaemonSet } from '../common/types.ts';
import type { FailedPodsBackoff } from './backoff.ts';
import type { Action, ActionMap } from './plan.ts';

export const daemonSets = { group: 'apps', version: 'v1', resource: 'daemonsets' };
const pods = { group: '', version: 'v1', resource: 'pods' };

export interface Target extends PodControl {
  object: DaemonSet;
  controllerRef: OwnerReference;
  backoff: FailedPodsBackoff;
  now: number;
}

export type Outcome =
  | { type: 'done' }
  /** The name of the revision is taken by another template's. */
  | { type: 'collision' }
  | { type: 'failed'; error: StatusError };

const done: Outcome = { type: 'done' };

type Executors = { [K in keyof ActionMap]: (action: ActionMap[K], target: Target) => Promise<Outcome> };

/** Does one action. Throws when the API could not be reached. */
export function execute(action: Action, target: Target): Promise<Outcome> {
  const executor = executors[action.do] as (action: Action, target: Target) => Promise<Outcome>;
  return executor(action, target);
}

const executors: Executors = {
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
  createPods: async (action, target) =>
    outcomeOf(await slowStart(action.pods, (round) => createPods(round, target), isFailure)),
  deletePods: async (action, target) => outcomeOf(await deletePods(action.pods, target)),
  report: async ({ type, reason, message }, { events, object }) => {
    events.event(object, type, reason, message);
    return done;
  },
  recordFailure: async ({ node }, { backoff, object, now }) => {
    backoff.record(backoffKey(object, node), now);
    return done;
  },
};

export const backoffKey = ({ metadata }: DaemonSet, node: string): string => `${metadata.uid}/${node}`;

const controllerOf = ({ object, controllerRef }: Target) => ({ resource: daemonSets, object, ref: controllerRef });

function outcomeOf(outcomes: readonly (StatusError | undefined)[]): Outcome {
  const error = outcomes.find(isFailure);
  return error === undefined ? done : { type: 'failed', error };
}
