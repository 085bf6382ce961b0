import { semanticEqual } from '../common/equality.ts';
import type { Deployment, DeploymentStatus, ReplicaSet } from '../common/types.ts';
import { type Conditions, condition, set } from './conditions.ts';
import { sum, totalSize } from './sizes.ts';
import { desiredReplicas, maxUnavailable } from './strategy.ts';

/** ReplicaSets of the Deployment as they are after what was decided. */
export interface Rollout {
  newest: ReplicaSet | undefined;
  old: readonly ReplicaSet[];
}

export const allOf = ({ newest, old }: Rollout): ReplicaSet[] => (newest === undefined ? [...old] : [...old, newest]);

/** Counts from the statuses of the ReplicaSets, and whether the minimum is available. Zero counts are left out, as in Kubernetes. */
export function countStatus(
  deployment: Deployment,
  rollout: Rollout,
  conditions: Conditions,
  now: number,
): DeploymentStatus {
  const all = allOf(rollout);
  const available = countOf(all, 'availableReplicas');
  const terminating = terminatingOf(all);
  const collisions = deployment.status?.collisionCount;
  return {
    ...unlessZero('observedGeneration', deployment.metadata.generation ?? 0),
    ...unlessZero('replicas', countOf(all, 'replicas')),
    ...unlessZero('updatedReplicas', rollout.newest?.status?.replicas ?? 0),
    ...unlessZero('readyReplicas', countOf(all, 'readyReplicas')),
    ...unlessZero('availableReplicas', available),
    ...unlessZero('unavailableReplicas', Math.max(0, totalSize(all) - available)),
    ...(terminating === undefined ? {} : { terminatingReplicas: terminating }),
    ...(collisions === undefined ? {} : { collisionCount: collisions }),
    conditions: [...set(conditions, availability(deployment, available, now))],
  };
}

function availability(deployment: Deployment, available: number, now: number) {
  return available >= desiredReplicas(deployment) - maxUnavailable(deployment)
    ? condition('Available', 'True', 'MinimumReplicasAvailable', 'Deployment has minimum availability.', now)
    : condition(
        'Available',
        'False',
        'MinimumReplicasUnavailable',
        'Deployment does not have minimum availability.',
        now,
      );
}

type Count = 'replicas' | 'readyReplicas' | 'availableReplicas';

const countOf = (replicaSets: readonly ReplicaSet[], count: Count): number =>
  sum(replicaSets.map((replicaSet) => replicaSet.status?.[count] ?? 0));

/** Unknown as long as one ReplicaSet has not said (KEP-3973). */
function terminatingOf(replicaSets: readonly ReplicaSet[]): number | undefined {
  const counts = replicaSets.map((replicaSet) => replicaSet.status?.terminatingReplicas);
  return counts.includes(undefined) ? undefined : sum(counts as number[]);
}

function unlessZero<K extends string>(name: K, value: number): { [name in K]?: number } {
  return (value === 0 ? {} : { [name]: value }) as { [name in K]?: number };
}

/** Every wanted pod is of the new template and available, and no other is left. */
export function isComplete(deployment: Deployment, status: DeploymentStatus): boolean {
  const desired = desiredReplicas(deployment);
  return (
    (status.updatedReplicas ?? 0) === desired &&
    (status.replicas ?? 0) === desired &&
    (status.availableReplicas ?? 0) === desired &&
    (status.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0)
  );
}

const counts = [
  'observedGeneration',
  'replicas',
  'updatedReplicas',
  'readyReplicas',
  'availableReplicas',
  'unavailableReplicas',
  'terminatingReplicas',
  'collisionCount',
] as const;

export function sameStatus(a: DeploymentStatus | undefined, b: DeploymentStatus): boolean {
  return counts.every((count) => (a?.[count] ?? 0) === (b[count] ?? 0)) && semanticEqual(a?.conditions, b.conditions);
}
