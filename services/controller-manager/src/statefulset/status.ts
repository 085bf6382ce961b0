import { semanticEqual } from '../common/equality.ts';
import { untilAvailable } from '../common/pod-state.ts';
import type { ControllerRevision, Pod, StatefulSet, StatefulSetStatus } from '../common/types.ts';
import { revisionOf } from './identity.ts';
import { isRunningAndAvailable, isRunningAndReady, isTerminating } from './pods.ts';
import { isRolling } from './rolling.ts';

/** The counts over all pods of the set, and which revision it is at and goes to. When all pods are of the new one, that is the current one. */
export function statusOf(
  set: StatefulSet,
  pods: readonly Pod[],
  { current, update, now }: { current: ControllerRevision; update: ControllerRevision; now: number },
): StatefulSetStatus {
  const created = pods.filter(({ status }) => (status?.phase ?? '') !== '');
  const staying = created.filter((pod) => !isTerminating(pod));
  const ready = pods.filter(isRunningAndReady).length;
  const updated = staying.filter((pod) => revisionOf(pod) === update.metadata.name).length;
  const done = isRolling(set) && updated === created.length && ready === created.length;
  const counted = staying.filter((pod) => revisionOf(pod) === current.metadata.name).length;
  return {
    ...unlessZero('observedGeneration', set.metadata.generation ?? 0),
    replicas: created.length,
    ...unlessZero('readyReplicas', ready),
    ...unlessZero('currentReplicas', done ? updated : counted),
    ...unlessZero('updatedReplicas', updated),
    currentRevision: done ? update.metadata.name : current.metadata.name,
    updateRevision: update.metadata.name,
    collisionCount: set.status?.collisionCount ?? 0,
    availableReplicas: pods.filter((pod) => isRunningAndAvailable(set, pod, now)).length,
    ...(set.status?.conditions === undefined ? {} : { conditions: set.status.conditions }),
  };
}

/** Zero counts are left out of the JSON, as Kubernetes leaves them out. */
function unlessZero<K extends string>(name: K, value: number): { [name in K]?: number } {
  return (value === 0 ? {} : { [name]: value }) as { [name in K]?: number };
}

const fields = [
  'observedGeneration',
  'replicas',
  'readyReplicas',
  'currentReplicas',
  'updatedReplicas',
  'currentRevision',
  'updateRevision',
  'collisionCount',
  'availableReplicas',
] as const;

export function sameStatus(a: StatefulSetStatus | undefined, b: StatefulSetStatus): boolean {
  return (
    a !== undefined &&
    fields.every((field) => (a[field] || 0) === (b[field] || 0)) &&
    semanticEqual(a.conditions, b.conditions)
  );
}

/** Milliseconds until the next ready pod becomes available by the passing of time alone; undefined when none will. */
export function untilNextAvailable(set: StatefulSet, pods: readonly Pod[], now: number): number | undefined {
  const waits = pods
    .filter(isRunningAndReady)
    .map((pod) => untilAvailable(pod, set.spec.minReadySeconds ?? 0, now))
    .filter((wait): wait is number => wait !== undefined && wait > 0);
  return waits.length === 0 ? undefined : Math.min(...waits);
}
