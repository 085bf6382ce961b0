import { done, type HistoryTarget, historyExecutors, type Outcome, outcomeOf } from '../common/history/index.ts';
import { createPods, deletePods, isFailure } from '../common/pod-control.ts';
import { slowStart } from '../common/slow-start.ts';
import type { DaemonSet } from '../common/types.ts';
import type { FailedPodsBackoff } from './backoff.ts';
import type { Action, ActionMap } from './plan.ts';

export const daemonSets = { group: 'apps', version: 'v1', resource: 'daemonsets' };

export interface Target extends HistoryTarget {
  object: DaemonSet;
  backoff: FailedPodsBackoff;
  now: number;
}

type Executors = { [K in keyof ActionMap]: (action: ActionMap[K], target: Target) => Promise<Outcome> };

/** Does one action. Throws when the API could not be reached. */
export function execute(action: Action, target: Target): Promise<Outcome> {
  const executor = executors[action.do] as (action: Action, target: Target) => Promise<Outcome>;
  return executor(action, target);
}

const executors: Executors = {
  ...historyExecutors(daemonSets),
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
