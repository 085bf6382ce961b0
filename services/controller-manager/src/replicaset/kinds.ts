import type { GroupVersionKind, GroupVersionResource, KubeObject } from '@kubus/shared/object';
import type { ReplicaSet, ReplicationController } from '../common/types.ts';

/** What differs between the two kinds that keep a number of pods. Everything else sees ReplicaSets. */
export interface ReplicaKind {
  controller: string;
  /** Source of the events. */
  component: string;
  resource: GroupVersionResource;
  kind: GroupVersionKind;
  /** Whether the status tells how many pods are terminating. */
  countsTerminating: boolean;
  asReplicaSet(object: KubeObject): ReplicaSet;
}

export const replicaSets: ReplicaKind = {
  controller: 'replicaset',
  component: 'replicaset-controller',
  resource: { group: 'apps', version: 'v1', resource: 'replicasets' },
  kind: { group: 'apps', version: 'v1', kind: 'ReplicaSet' },
  countsTerminating: true,
  asReplicaSet: (object) => object as ReplicaSet,
};

/** Its selector is a map of labels. */
export const replicationControllers: ReplicaKind = {
  controller: 'replicationcontroller',
  component: 'replication-controller',
  resource: { group: '', version: 'v1', resource: 'replicationcontrollers' },
  kind: { group: '', version: 'v1', kind: 'ReplicationController' },
  countsTerminating: false,
  asReplicaSet: (object) => {
    const { spec, ...controller } = object as ReplicationController;
    const { selector: matchLabels = {}, ...rest } = spec;
    return { ...controller, spec: { ...rest, selector: { matchLabels } } } as ReplicaSet;
  },
};
