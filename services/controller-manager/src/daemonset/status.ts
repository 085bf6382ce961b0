import { isPodReady } from '../common/pod-state.ts';
import type { DaemonSet, DaemonSetStatus, Pod } from '../common/types.ts';
import { isAvailable, type NodePods } from './on-node.ts';

/** Counts over nodes, each by the pod that counts there. */
export function statusOf(
  set: DaemonSet,
  nodes: readonly NodePods[],
  isNew: (pod: Pod) => boolean,
  now: number,
): DaemonSetStatus {
  const present = nodes.filter(({ node }) => node !== undefined);
  const desired = present.filter(({ fit }) => fit.shouldRun);
  const counting = desired.flatMap(({ pods }) => pods[0] ?? []);
  const ready = counting.filter(isPodReady);
  const available = ready.filter((pod) => isAvailable(set, pod, now)).length;
  const { collisionCount, conditions } = set.status ?? {};
  return {
    currentNumberScheduled: counting.length,
    numberMisscheduled: present.filter(({ fit, pods }) => !fit.shouldRun && pods.length > 0).length,
    desiredNumberScheduled: desired.length,
    numberReady: ready.length,
    ...unlessZero('observedGeneration', set.metadata.generation ?? 0),
    ...unlessZero('updatedNumberScheduled', counting.filter(isNew).length),
    ...unlessZero('numberAvailable', available),
    ...unlessZero('numberUnavailable', desired.length - available),
    ...(collisionCount === undefined ? {} : { collisionCount }),
    ...(conditions === undefined ? {} : { conditions }),
  };
}

/** Zero counts are left out of the JSON, as Kubernetes leaves them out. */
function unlessZero<K extends string>(name: K, value: number): { [name in K]?: number } {
  return (value === 0 ? {} : { [name]: value }) as { [name in K]?: number };
}

const counts = [
  'currentNumberScheduled',
  'numberMisscheduled',
  'desiredNumberScheduled',
  'numberReady',
  'observedGeneration',
  'updatedNumberScheduled',
  'numberAvailable',
  'numberUnavailable',
  'collisionCount',
] as const;

export function sameStatus(a: DaemonSetStatus | undefined, b: DaemonSetStatus): boolean {
  return a !== undefined && counts.every((count) => (a[count] ?? 0) === (b[count] ?? 0));
}
