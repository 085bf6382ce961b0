import { labelSelector, type OwnerReference } from '@kubus/shared/object';
import { claim } from '../common/claim.ts';
import { isPodActive } from '../common/pod-state.ts';
import { podFromTemplate } from '../common/pod-template.ts';
import type { Pod, ReplicaSet } from '../common/types.ts';
import { nextPodNames } from './pod-names.ts';
import { chooseVictims } from './victims.ts';

/** Pods created or deleted in one reconcile at most; the rest follows when these have been seen. */
const burstReplicas = 500;

export interface Observed {
  replicaSet: ReplicaSet;
  /** All pods that the ReplicaSet manages, and those of its namespace that nobody manages. */
  pods: readonly Pod[];
  /** Pods of all ReplicaSets with the same owner, this one's included. */
  related: () => readonly Pod[];
  /** Whether any pod of the namespace has the name. */
  isTaken: (name: string) => boolean;
}

export interface ActionMap {
  adopt: { pods: Pod[] };
  release: { pods: Pod[] };
  create: { pods: Pod[] };
  delete: { pods: Pod[] };
}

export type Action = { [K in keyof ActionMap]: { type: K } & ActionMap[K] }[keyof ActionMap];

export interface Plan {
  actions: Action[];
  /** Pods that the ReplicaSet manages and selects, whatever their state; what its status tells about. */
  owned: Pod[];
}

/**
 * One step towards `spec.replicas` pods. Whom the pods belong to is settled first, alone: how many are missing is only known after that.
 * `controllerRef` is what a new pod points back with.
 */
export function plan(observed: Observed, controllerRef: OwnerReference, now: number): Plan {
  const { replicaSet } = observed;
  const selector = labelSelector(replicaSet.spec.selector);
  // Validation keeps such out; acting on one would take over every pod of the namespace.
  if (selector.isEverything) return { actions: [], owned: [] };
  const claims = claim(replicaSet, observed.pods, (pod) => selector.matches(pod.metadata.labels));
  const claiming = planClaims(claims.adopt, claims.release);
  const settled = claiming.length === 0 && replicaSet.metadata.deletionTimestamp === undefined;
  const actions = settled ? planScale(observed, claims.owned, controllerRef, now) : claiming;
  return { actions, owned: claims.owned };
}

/** A pod that has ended or is about to is not worth taking over; one that is managed is let go in any state. */
function planClaims(adoptable: readonly Pod[], release: Pod[]): Action[] {
  const adopt = adoptable.filter(isPodActive);
  return [
    ...(adopt.length === 0 ? [] : [{ type: 'adopt' as const, pods: adopt }]),
    ...(release.length === 0 ? [] : [{ type: 'release' as const, pods: release }]),
  ];
}

function planScale(observed: Observed, owned: Pod[], controllerRef: OwnerReference, now: number): Action[] {
  const active = owned.filter(isPodActive);
  const missing = (observed.replicaSet.spec.replicas ?? 1) - active.length;
  if (missing > 0) return [{ type: 'create', pods: newPods(observed, owned, controllerRef, missing) }];
  if (missing === 0) return [];
  return [{ type: 'delete', pods: chooseVictims(active, observed.related(), Math.min(-missing, burstReplicas), now) }];
}

function newPods(observed: Observed, owned: readonly Pod[], controllerRef: OwnerReference, missing: number): Pod[] {
  const { replicaSet } = observed;
  const names = nextPodNames({
    controllerUid: controllerRef.uid,
    prefix: `${replicaSet.metadata.name}-`,
    existing: owned.map((pod) => pod.metadata.name),
    isTaken: observed.isTaken,
    count: Math.min(missing, burstReplicas),
  });
  const template = replicaSet.spec.template;
  const { name: owner, namespace = '' } = replicaSet.metadata;
  return names.map((name) => podFromTemplate(template, controllerRef, { namespace, generateName: `${owner}-`, name }));
}
