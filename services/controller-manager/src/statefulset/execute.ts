import { isAlreadyExists, isConflict, isNotFound, type StatusError } from '@kubus/shared/errors';
import { ownersPatch } from '../common/adoption.ts';
import { sendAll } from '../common/batch.ts';
import { done, type HistoryTarget, historyExecutors, type Outcome, outcomeOf } from '../common/history/index.ts';
import { createPods, deletePods, isFailure, isNamespaceTerminating, type Wording } from '../common/pod-control.ts';
import { slowStart } from '../common/slow-start.ts';
import type { StatefulSet } from '../common/types.ts';
import type { Action, ActionMap, NewPod } from './plan.ts';

export const statefulSets = { group: 'apps', version: 'v1', resource: 'statefulsets' };
const pods = { group: '', version: 'v1', resource: 'pods' };
export const persistentVolumeClaims = { group: '', version: 'v1', resource: 'persistentvolumeclaims' };

export interface Target extends HistoryTarget {
  object: StatefulSet;
}

type Executors = { [K in keyof ActionMap]: (action: ActionMap[K], target: Target) => Promise<Outcome> };

/** Does one action. Throws when the API could not be reached. */
export function execute(action: Action, target: Target): Promise<Outcome> {
  const executor = executors[action.type] as (action: Action, target: Target) => Promise<Outcome>;
  return executor(action, target);
}

const executors: Executors = {
  ...historyExecutors(statefulSets),
  createPods: async (action, target) => {
    const outcomes = await slowStart(action.pods, (round) => createRound(round, target), isFailure);
    return outcomeOf(outcomes);
  },
  createClaims: async ({ pod, claims }, target) => outcomeOf(await createClaims([{ pod, claims }], target)),
  repairPod: async ({ pod }, { api, events, object }) => {
    const { namespace = '', name, uid, resourceVersion, labels } = pod.metadata;
    const body = { metadata: { uid, resourceVersion, labels } };
    const contentType = 'application/merge-patch+json';
    try {
      await api.request({ ...pods, verb: 'patch', namespace, name, contentType, body });
    } catch (error) {
      if (isConflict(error) || isNotFound(error)) return done;
      throw error;
    }
    const message = `update Pod ${name} in StatefulSet ${object.metadata.name} successful`;
    events.event(object, 'Normal', 'SuccessfulUpdate', message);
    return done;
  },
  ownClaim: async ({ claim, owners }, { api }) => {
    try {
      await api.request(ownersPatch(persistentVolumeClaims, claim, owners));
    } catch (error) {
      if (!isConflict(error) && !isNotFound(error)) throw error;
    }
    return done;
  },
  deletePods: async (action, target) => outcomeOf(await deletePods(action.pods, target, wordingFor(target.object))),
};

/** A pod whose claims are refused is not made. */
async function createRound(round: readonly NewPod[], target: Target): Promise<(StatusError | undefined)[]> {
  const refused = await createClaims(round, target);
  const ready = round.filter((_, index) => refused[index] === undefined).map(({ pod }) => pod);
  const made = await createPods(ready, target, wordingFor(target.object));
  return [...refused.filter(isFailure), ...made];
}

/** For each pod, the first refusal of one of its claims. */
async function createClaims(round: readonly NewPod[], target: Target): Promise<(StatusError | undefined)[]> {
  const { api, events, object } = target;
  const refused: (StatusError | undefined)[] = [];
  const wanted = round.flatMap(({ pod, claims }, index) => claims.map((claim) => ({ pod, claim, index })));
  const answers = await sendAll(
    api,
    wanted.map(({ claim }) => ({
      ...persistentVolumeClaims,
      verb: 'create' as const,
      namespace: claim.metadata.namespace ?? '',
      body: claim,
    })),
  );
  for (const [position, { pod, claim, index }] of wanted.entries()) {
    const error = answers[position]?.error;
    if (error !== undefined && (isAlreadyExists(error) || isNamespaceTerminating(error))) continue;
    const subject = `create Claim ${claim.metadata.name} Pod ${pod.metadata.name} in StatefulSet ${object.metadata.name}`;
    if (error === undefined) events.event(object, 'Normal', 'SuccessfulCreate', `${subject} success`);
    else {
      events.event(object, 'Warning', 'FailedCreate', `${subject} failed error: ${(error as StatusError).message}`);
      refused[index] ??= error;
    }
  }
  return Array.from({ length: round.length }, (_, index) => refused[index]);
}

const wordingFor = ({ metadata: { name: set } }: StatefulSet): Wording => ({
  created: (pod) => `create Pod ${pod} in StatefulSet ${set} successful`,
  createFailed: (pod, error) => `create Pod ${pod} in StatefulSet ${set} failed error: ${error}`,
  deleted: (pod) => `delete Pod ${pod} in StatefulSet ${set} successful`,
  deleteFailed: (pod, error) => `delete Pod ${pod} in StatefulSet ${set} failed error: ${error}`,
});
