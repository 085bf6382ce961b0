import type { GroupVersionKind, GroupVersionResource, KubeObject } from '@kubus/shared/object';
import type { LabelSelector, ReplicaSet } from '../common/types.ts';

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

interface ReplicationController extends KubeObject {
  spec: { selector?: Record<string, string> };
}

/** The selector of a ReplicationController is a map of labels; without one it manages nothing. */
function selectorOf(controller: ReplicationController): LabelSelector {
  const labels = controller.spec.selector ?? {};
  const nothing: LabelSelector = { matchExpressions: [{ key: '', operator: 'In', values: [] }] };
  return Object.keys(labels).length === 0 ? nothing : { matchLabels: labels };
}

export const replicationControllers: ReplicaKind = {
  controller: 'replicationcontroller',
  component: 'replication-controller',
  resource: { group: '', version: 'v1', resource: 'replicationcontrollers' },
  kind: { group: '', version: 'v1', kind: 'ReplicationController' },
  countsTerminating: false,
  asReplicaSet: (object) => {
    const controller = object as ReplicationController;
    return { ...controller, spec: { ...controller.spec, selector: selectorOf(controller) } } as ReplicaSet;
  },
};
