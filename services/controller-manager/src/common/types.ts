import type * as schema from '@kubus/shared/schema';

export type {
  Condition,
  ControllerRevision,
  DaemonSetStatus,
  DeploymentCondition,
  DeploymentStatus,
  Node,
  PersistentVolumeClaim,
  PodCondition,
  PodDisruptionBudgetStatus,
  PodSpec,
  PodTemplateSpec,
  ReplicaSetCondition,
  ReplicaSetStatus,
  StatefulSetStatus,
  Volume,
} from '@kubus/shared/schema';

/** Validation lets nothing into the store without a spec. */
type Stored<T extends { spec?: unknown }> = T & { spec: NonNullable<T['spec']> };

export type Pod = Stored<schema.Pod>;
export type ReplicaSet = Stored<schema.ReplicaSet>;
export type ReplicationController = Stored<schema.ReplicationController>;
export type Deployment = Stored<schema.Deployment>;
export type StatefulSet = Stored<schema.StatefulSet>;
export type DaemonSet = Stored<schema.DaemonSet>;
export type PodDisruptionBudget = Stored<schema.PodDisruptionBudget>;

export type ConditionStatus = 'True' | 'False' | 'Unknown';
