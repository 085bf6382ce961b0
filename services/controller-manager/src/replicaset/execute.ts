import type { OwnerReference } from '@kubus/shared/object';
import { adopt, release } from '../common/adoption.ts';
import { createPods, deletePods, isFailure, type PodControl } from '../common/pod-control.ts';
import { slowStart } from '../common/slow-start.ts';
import type { CreationTrust } from './creation-trust.ts';
import type { ReplicaKind } from './kinds.ts';
import type { Action, ActionMap } from './plan.ts';
import type { Failure } from './status.ts';

const pods = { group: '', version: 'v1', resource: 'pods' };

/** What actions act for. */
export interface Target extends PodControl {
  trust: CreationTrust;
  kind: ReplicaKind;
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
    const { trust, controllerRef } = target;
    const first = trust.firstRound(controllerRef.uid);
    const outcomes = await slowStart(action.pods, (round) => createPods(round, target), isFailure, first);
    const failure = outcomes.find(isFailure);
    trust.record(controllerRef.uid, failure === undefined ? outcomes.length : 0);
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
