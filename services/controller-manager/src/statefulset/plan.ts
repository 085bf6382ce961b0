import { labelSelector, type OwnerReference } from '@kubus/shared/object';
import { claim } from '../common/claim.ts';
import {
  type HistoryActionMap,
  newRevision,
  planHistory,
  surplusRevisions,
  templateOf,
} from '../common/history/index.ts';
import type {
  ControllerRevision,
  PersistentVolumeClaim,
  Pod,
  StatefulSet,
  StatefulSetStatus,
} from '../common/types.ts';
import { claimsOf, isStale, keepsClaims, ownersToSet } from './claims.ts';
import {
  identityMatches,
  isInRange,
  newStatefulPod,
  ordinalOf,
  podNameOf,
  revisionOf,
  sizeOf,
  startOf,
  withIdentity,
} from './identity.ts';
import { hasEnded, isRunningAndAvailable, isTerminating, isUnavailable, type Slot } from './pods.ts';
import { isRolling, partitionOf, podsToUpdate } from './rolling.ts';
import { statusOf } from './status.ts';

/** Pods created or deleted in one reconcile at most; the rest follows when these have been seen. */
const burst = 500;

/** The label of a revision that holds its hash. */
const hashLabel = 'controller.kubernetes.io/hash';

export interface Observed {
  set: StatefulSet;
  /** All pods that the set manages, and those of its namespace that nobody manages. */
  pods: readonly Pod[];
  /** Likewise. */
  revisions: readonly ControllerRevision[];
  findClaim(name: string): PersistentVolumeClaim | undefined;
}

export interface ActionMap extends HistoryActionMap {
  /** Claims are made before the pods that use them. */
  createPods: { pods: readonly NewPod[] };
  createClaims: { pod: Pod; claims: PersistentVolumeClaim[] };
  /** Gives a pod the labels of its ordinal. Its volumes are what they are: the API does not let them be changed. */
  repairPod: { pod: Pod };
  ownClaim: { claim: PersistentVolumeClaim; owners: OwnerReference[] };
  deletePods: { pods: Pod[] };
}

export interface NewPod {
  pod: Pod;
  claims: PersistentVolumeClaim[];
}

export type Action = { [K in keyof ActionMap]: { type: K } & ActionMap[K] }[keyof ActionMap];

export interface Plan {
  actions: Action[];
  /** Undefined while it is not settled what belongs to the set, or its revision does not exist. */
  status: StatefulSetStatus | undefined;
  /** Pods that the set manages. */
  owned: Pod[];
}

export interface PlanOptions {
  now: number;
  /** Whether spec.updateStrategy.rollingUpdate.maxUnavailable counts (feature gate MaxUnavailableStatefulSet). */
  maxUnavailable: boolean;
}

/** One step of a StatefulSet towards its size and its template. Ordinals have one pod each, never two: the name of a pod is its ordinal. */
export function plan(observed: Observed, controllerRef: OwnerReference, options: PlanOptions): Plan {
  const { set } = observed;
  const selector = labelSelector(set.spec.selector);
  if (selector.isEverything) return { actions: [], status: undefined, owned: [] };
  const pods = claim(
    set,
    observed.pods,
    (pod) => selector.matches(pod.metadata.labels) && ordinalOf(set, pod) !== undefined,
  );
  const revisions = claim(set, observed.revisions, ({ metadata }) => selector.matches(metadata.labels));
  const claiming: Action[] = [];
  if (pods.adopt.length > 0) claiming.push({ type: 'adoptPods', pods: pods.adopt });
  if (pods.release.length > 0) claiming.push({ type: 'releasePods', pods: pods.release });
  if (revisions.adopt.length > 0) claiming.push({ type: 'adoptRevisions', revisions: revisions.adopt });
  if (claiming.length > 0) return { actions: claiming, status: undefined, owned: pods.owned };
  // A revision that does not carry the labels any more still is one of the set's.
  const history = [...revisions.owned, ...revisions.release];
  return planRevisions(observed, { pods: pods.owned, history }, controllerRef, options);
}

function planRevisions(
  observed: Observed,
  { pods, history }: { pods: Pod[]; history: ControllerRevision[] },
  controllerRef: OwnerReference,
  options: PlanOptions,
): Plan {
  const { set } = observed;
  const { template } = set.spec;
  const collisionCount = set.status?.collisionCount ?? 0;
  const { update, action } = planHistory(history, (revision) =>
    newRevision(set, controllerRef, { template, revision, collisionCount, hashLabel }),
  );
  if (action !== undefined && set.metadata.deletionTimestamp === undefined)
    return {
      actions: [
        action.type === 'create'
          ? { type: 'createRevision', revision: action.revision }
          : { ...action, type: 'renumberRevision' },
      ],
      status: undefined,
      owned: pods,
    };
  if (update === undefined) return { actions: [], status: undefined, owned: pods };
  const current = history.find(({ metadata }) => metadata.name === set.status?.currentRevision) ?? update;
  const view = { observed, pods, current, update, controllerRef, options };
  const actions = set.metadata.deletionTimestamp === undefined ? planPods(view) : [];
  const live = new Set([current.metadata.name, update.metadata.name, ...pods.map(revisionOf)]);
  const surplus = surplusRevisions(history, set.spec.revisionHistoryLimit, ({ metadata }) => live.has(metadata.name));
  if (surplus.length > 0) actions.push({ type: 'deleteRevisions', revisions: surplus });
  return { actions, status: statusOf(set, pods, { current, update, now: options.now }), owned: pods };
}

interface View {
  observed: Observed;
  pods: readonly Pod[];
  current: ControllerRevision;
  update: ControllerRevision;
  controllerRef: OwnerReference;
  options: PlanOptions;
}

const isOrdered = (set: StatefulSet): boolean => (set.spec.podManagementPolicy ?? '') !== 'Parallel';

/** The pods that are to be, then those that are too many, then those that are old: the latter two only when what comes before is done. */
function planPods(view: View): Action[] {
  const { set } = view.observed;
  const { slots, condemned } = sortPods(set, view.pods);
  const living = planSlots(view, slots);
  if (living.blocked) return living.actions;
  const claims = condemned.flatMap((pod) => claimOwners(view, pod, true));
  const leaving = planCondemned(view, slots, condemned);
  const actions = [...living.actions, ...claims, ...deletion(leaving.pods)];
  if (leaving.blocked) return actions;
  const { now, maxUnavailable } = view.options;
  const old = podsToUpdate(set, slots, view.update.metadata.name, { now, maxUnavailable });
  return [...actions, ...deletion(old)];
}

const deletion = (pods: Pod[]): Action[] => (pods.length === 0 ? [] : [{ type: 'deletePods', pods }]);

/** By ordinal; the condemned from the highest down. */
function sortPods(set: StatefulSet, pods: readonly Pod[]): { slots: Slot[]; condemned: Pod[] } {
  const byOrdinal = new Map(pods.map((pod) => [ordinalOf(set, pod) ?? -1, pod]));
  const slots = Array.from({ length: sizeOf(set) }, (_, index) => ({
    ordinal: startOf(set) + index,
    pod: byOrdinal.get(startOf(set) + index),
  }));
  const condemned = [...byOrdinal]
    .filter(([ordinal]) => !isInRange(set, ordinal))
    .sort(([a], [b]) => b - a)
    .map(([, pod]) => pod);
  return { slots, condemned };
}

/** In order, a pod comes only when all before it are available; in parallel, all at once. */
function planSlots(view: View, slots: readonly Slot[]): { actions: Action[]; blocked: boolean } {
  const ordered = isOrdered(view.observed.set);
  const create: NewPod[] = [];
  const ended: Pod[] = [];
  const repairs: Action[] = [];
  let blocked = false;
  for (const slot of slots) {
    const step = planSlot(view, slot);
    create.push(...step.create);
    ended.push(...step.ended);
    repairs.push(...step.repairs);
    if (ordered && step.waits) {
      blocked = true;
      break;
    }
  }
  const creation: Action[] = create.length === 0 ? [] : [{ type: 'createPods', pods: create.slice(0, burst) }];
  return { actions: [...deletion(ended), ...creation, ...repairs], blocked };
}

interface SlotStep {
  create: NewPod[];
  ended: Pod[];
  repairs: Action[];
  /** The ordinals after it are not to be touched yet, when they go in order. */
  waits: boolean;
}

function planSlot(view: View, { ordinal, pod }: Slot): SlotStep {
  const { set, findClaim } = view.observed;
  const nothing = { create: [], ended: [], repairs: [] };
  const claims = claimsOf(set, ordinal);
  const missing = claims.filter(({ metadata }) => findClaim(metadata.name) === undefined);
  if (pod === undefined) {
    const name = podNameOf(set, ordinal);
    const stale = claims.some(({ metadata }) => isStale(set, name, findClaim(metadata.name)));
    return { ...nothing, create: stale ? [] : [{ pod: newPod(view, ordinal), claims: missing }], waits: true };
  }
  // Its end may be nobody's fault: an ordinal is to have a running pod whatever the exit code.
  if (hasEnded(pod)) return { ...nothing, ended: isTerminating(pod) ? [] : [pod], waits: true };
  const repairs: Action[] =
    pod.status?.phase === 'Pending' && missing.length > 0 ? [{ type: 'createClaims', pod, claims: missing }] : [];
  if (isTerminating(pod) || !isRunningAndAvailable(set, pod, view.options.now))
    return { ...nothing, repairs: [...repairs, ...(isOrdered(set) ? [] : repair(view, ordinal, pod))], waits: true };
  return { ...nothing, repairs: [...repairs, ...repair(view, ordinal, pod)], waits: false };
}

function repair(view: View, ordinal: number, pod: Pod): Action[] {
  const { set } = view.observed;
  const identity: Action[] = identityMatches(set, ordinal, pod)
    ? []
    : [{ type: 'repairPod', pod: withIdentity(set, ordinal, pod) }];
  return [...identity, ...claimOwners(view, pod, false)];
}

function claimOwners({ observed }: View, pod: Pod, condemned: boolean): Action[] {
  const { set, findClaim } = observed;
  const ordinal = ordinalOf(set, pod);
  if (ordinal === undefined) return [];
  return claimsOf(set, ordinal).flatMap(({ metadata }): Action[] => {
    const claim = findClaim(metadata.name);
    const untouched = claim === undefined || (keepsClaims(set) && (claim.metadata.ownerReferences ?? []).length === 0);
    const owners = untouched ? undefined : ownersToSet(set, pod, claim, condemned);
    return claim === undefined || owners === undefined ? [] : [{ type: 'ownClaim', claim, owners }];
  });
}

/** A pod of the revision that its ordinal is to have: the old one below the partition. */
function newPod({ observed: { set }, current, update, controllerRef }: View, ordinal: number): Pod {
  const old = isRolling(set) && ordinal < startOf(set) + keptOrdinals(set);
  const revision = old ? current : update;
  const template = templateOf(revision) ?? set.spec.template;
  return newStatefulPod(set, ordinal, { template, revision: revision.metadata.name, controllerRef });
}

/** Without a strategy to say so, the pods that still are of the old revision stay so until they are reached. */
function keptOrdinals(set: StatefulSet): number {
  return set.spec.updateStrategy?.rollingUpdate === undefined ? (set.status?.currentReplicas ?? 0) : partitionOf(set);
}

/**
 * From the highest ordinal down: in order, one at a time, each when all below and above are well, but for the first one that is not.
 */
function planCondemned(
  { observed: { set }, options: { now } }: View,
  slots: readonly Slot[],
  condemned: readonly Pod[],
): { pods: Pod[]; blocked: boolean } {
  const going = condemned.filter((pod) => !isTerminating(pod));
  if (!isOrdered(set)) return { pods: going.slice(0, burst), blocked: false };
  const [next] = condemned;
  if (next === undefined) return { pods: [], blocked: false };
  if (isTerminating(next)) return { pods: [], blocked: true };
  const below = [...slots.map(({ pod }) => pod), ...[...condemned].reverse()];
  const firstUnwell = below.find((pod) => isUnavailable(set, pod, now));
  const mayGo = isRunningAndAvailable(set, next, now) || next === firstUnwell;
  return { pods: mayGo ? [next] : [], blocked: true };
}
