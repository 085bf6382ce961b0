import { isPodReady, isPodTerminal, untilAvailable } from '../common/pod-state.ts';
import type { Pod, StatefulSet } from '../common/types.ts';

/** An ordinal that the set is to have, and its pod if there is one. */
export interface Slot {
  ordinal: number;
  pod: Pod | undefined;
}

export const isTerminating = (pod: Pod): boolean => pod.metadata.deletionTimestamp !== undefined;

/** It has ended, well or not: an ordinal has a pod that runs. */
export const hasEnded = isPodTerminal;

export const isRunningAndReady = (pod: Pod): boolean => pod.status?.phase === 'Running' && isPodReady(pod);

export const isRunningAndAvailable = (set: StatefulSet, pod: Pod, now: number): boolean =>
  isRunningAndReady(pod) && untilAvailable(pod, set.spec.minReadySeconds ?? 0, now) === 0;

export const isUnavailable = (set: StatefulSet, pod: Pod | undefined, now: number): boolean =>
  pod === undefined || isTerminating(pod) || !isRunningAndAvailable(set, pod, now);
