import type * as schema from '@kubus/shared/schema';

export type {
  DeploymentCondition,
  DeploymentStatus,
  LabelSelector,
  PodCondition,
  PodTemplateSpec,
  ReplicaSetCondition,
  ReplicaSetStatus,
} from '@kubus/shared/schema';

/** Validation lets nothing into the store without a spec. */
type Stored<T extends { spec?: unknown }> = T & { spec: NonNullable<T['spec']> };

export type Pod = Stored<schema.Pod>;
export type ReplicaSet = Stored<schema.ReplicaSet>;
export type ReplicationController = Stored<schema.ReplicationController>;
export type Deployment = Stored<schema.Deployment>;

export type ConditionStatus = 'True' | 'False' | 'Unknown';
