import type { Deployment, DeploymentStatus, ReplicaSet } from '../common/types.ts';
import type { Conditions } from './conditions.ts';
import type { Plan } from './plan.ts';
import {
  createdConditions,
  createFailedConditions,
  foundConditions,
  judgeProgress,
  pauseConditions,
  showReplicaFailure,
} from './progress.ts';
import { countStatus } from './status.ts';

export interface Created {
  replicaSet: ReplicaSet;
  /** It was there before this reconcile asked for it. */
  alreadyExisted: boolean;
}

/** The status after a step: counts, availability, and where a rollout is under way, its progress. */
export function nextStatus(
  deployment: Deployment,
  { rollout: planned, judge }: Plan,
  created: Created | undefined,
  now: number,
): DeploymentStatus {
  const rollout = created === undefined ? planned : { ...planned, newest: created.replicaSet };
  const conditions = startConditions(deployment, rollout.newest, created, now);
  const status = countStatus(deployment, rollout, conditions, now);
  return judge ? showReplicaFailure(rollout, judgeProgress(deployment, rollout, status, now)) : status;
}

function startConditions(
  deployment: Deployment,
  newest: ReplicaSet | undefined,
  created: Created | undefined,
  now: number,
): Conditions {
  const before = pauseConditions(deployment, deployment.status?.conditions ?? [], now);
  if (newest === undefined || deployment.metadata.deletionTimestamp !== undefined) return before;
  const { name } = newest.metadata;
  return created !== undefined && !created.alreadyExisted
    ? createdConditions(deployment, before, name, now)
    : foundConditions(deployment, before, name, now);
}

/** The hash of the template is taken: the next one counts from here. */
export function collided(deployment: Deployment): DeploymentStatus {
  return { ...deployment.status, collisionCount: (deployment.status?.collisionCount ?? 0) + 1 };
}

export function createFailed(deployment: Deployment, message: string, now: number): DeploymentStatus {
  const conditions = createFailedConditions(deployment, deployment.status?.conditions ?? [], message, now);
  return { ...deployment.status, conditions: [...conditions] };
}
