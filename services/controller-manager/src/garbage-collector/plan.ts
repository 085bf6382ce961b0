import type { KubeObject, OwnerReference } from '@kubus/shared/object';
import type { Located } from './graph.ts';

export const orphanFinalizer = 'orphan';
const foregroundFinalizer = 'foregroundDeletion';

/**
 * How an owner stands for one dependent. `waiting`: it is being deleted and waits for its dependents to go. `absent` has been verified
 * with the API. `misplaced` is absent too, because the owner lives in another namespace. `unresolvable` owners keep their dependents
 * alive: nothing is deleted for what cannot be understood.
 */
export type OwnerState = 'present' | 'waiting' | 'absent' | 'misplaced' | 'unresolvable';

export interface Observed {
  /** The owner under consideration, if it exists. */
  owner: Located | undefined;
  /** All that name its uid as an owner's. */
  dependents: readonly Located[];
  uid: string;
  stateOf(reference: OwnerReference, dependent: Located): OwnerState;
  dependentsOf(uid: string): readonly Located[];
}

type PropagationPolicy = 'Background' | 'Foreground' | 'Orphan';

export interface ActionMap {
  /** Removes owners from an object that lives on. */
  disown: { target: Located; uids: string[] };
  /** Lets the owners of an object go before it: breaks a circle of objects that wait for each other. */
  unblock: { target: Located };
  delete: { target: Located; policy: PropagationPolicy };
  /** Lets an owner go that waited for its dependents. */
  finish: { target: Located; finalizer: string };
  report: { target: Located; reference: OwnerReference };
}

export type Action = { [K in keyof ActionMap]: { type: K } & ActionMap[K] }[keyof ActionMap];

/**
 * What one owner, there or not, means for its dependents (Kubernetes: "Garbage Collection"). Actions are in the order in which they have to
 * take effect; a `finish` must not be done unless all before it were.
 */
export function plan(observed: Observed): Action[] {
  const { owner } = observed;
  if (owner !== undefined && isDeleting(owner.object)) {
    if (hasFinalizer(owner.object, orphanFinalizer)) return planOrphaning(owner, observed);
    if (hasFinalizer(owner.object, foregroundFinalizer)) return planForeground(owner, observed);
  }
  return observed.dependents.flatMap((dependent) => planDependent(dependent, observed));
}

function planOrphaning(owner: Located, { dependents, uid }: Observed): Action[] {
  return [
    ...dependents.map((target): Action => ({ type: 'disown', target, uids: [uid] })),
    { type: 'finish', target: owner, finalizer: orphanFinalizer },
  ];
}

/** The owner goes when nothing is left that blocks it; what does not block is collected after it. */
function planForeground(owner: Located, observed: Observed): Action[] {
  const blocking = blockersOf(observed.uid, observed);
  if (blocking.length === 0) return [{ type: 'finish', target: owner, finalizer: foregroundFinalizer }];
  return observed.dependents.flatMap((dependent): Action[] =>
    blocking.includes(dependent) && waitsFor(dependent, observed)
      ? [{ type: 'unblock', target: dependent }]
      : planDependent(dependent, observed),
  );
}

/** Dependents that an owner waits for. It never waits for itself. */
function blockersOf(uid: string, { dependentsOf }: Observed): Located[] {
  return dependentsOf(uid).filter(({ object }) => object.metadata.uid !== uid && blocks(object, uid));
}

const blocks = (object: KubeObject, uid: string): boolean =>
  ownersOf(object).some((owner) => owner.uid === uid && owner.blockOwnerDeletion === true);

/** The dependent in turn waits for the owner under consideration, through whatever others: neither would ever go. */
function waitsFor(dependent: Located, observed: Observed): boolean {
  const seen = new Set<string>();
  const open = [dependent];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { uid = '' } = next.object.metadata;
    if (uid === observed.uid) return true;
    if (seen.has(uid) || !isWaiting(next.object)) continue;
    seen.add(uid);
    open.push(...blockersOf(uid, observed));
  }
  return false;
}

/** It is being deleted, and goes after its dependents. */
export const isWaiting = (object: KubeObject): boolean =>
  isDeleting(object) && hasFinalizer(object, foregroundFinalizer);

function planDependent(dependent: Located, observed: Observed): Action[] {
  if (isDeleting(dependent.object)) return [];
  const owners = ownersOf(dependent.object).map((reference) => ({
    reference,
    state: observed.stateOf(reference, dependent),
  }));
  const reports = owners
    .filter((owner) => isInvalidNamespace(owner, dependent))
    .map((owner) => report(dependent, owner));
  const keeping = owners.filter(({ state }) => state === 'present' || state === 'unresolvable');
  const letting = owners.filter((owner) => !keeping.includes(owner)).map(({ reference }) => reference.uid);
  if (keeping.length === 0) return [...reports, ...planDeletion(dependent, owners, observed)];
  if (letting.length === 0) return reports;
  return [...reports, { type: 'disown', target: dependent, uids: letting }];
}

interface OwnerStanding {
  reference: OwnerReference;
  state: OwnerState;
}

/** An owner in another namespace, or a namespaced owner of an object that is in none. */
const isInvalidNamespace = ({ state }: OwnerStanding, { resource }: Located): boolean =>
  state === 'misplaced' || (state === 'unresolvable' && !resource.namespaced);

const report = (target: Located, { reference }: OwnerStanding): Action => ({ type: 'report', target, reference });

function planDeletion(dependent: Located, owners: readonly OwnerStanding[], observed: Observed): Action[] {
  const own = observed.dependentsOf(dependent.object.metadata.uid ?? '');
  const awaited = owners.some(({ state }) => state === 'waiting');
  if (!awaited || own.length === 0) return [{ type: 'delete', target: dependent, policy: policyOf(dependent.object) }];
  const circular = own.some(({ object }) => isWaiting(object));
  const holding = ownersOf(dependent.object).some((owner) => owner.blockOwnerDeletion === true);
  // Unblocking changes the object: it is deleted in the next look, in which it no longer holds anything.
  if (circular && holding) return [{ type: 'unblock', target: dependent }];
  return [{ type: 'delete', target: dependent, policy: 'Foreground' }];
}

/** Finalizers that are there already say how the object itself is to go. */
function policyOf(object: KubeObject): PropagationPolicy {
  if (hasFinalizer(object, orphanFinalizer)) return 'Orphan';
  return hasFinalizer(object, foregroundFinalizer) ? 'Foreground' : 'Background';
}

export const isDeleting = (object: KubeObject): boolean => object.metadata.deletionTimestamp !== undefined;

export const hasFinalizer = (object: KubeObject, finalizer: string): boolean =>
  object.metadata.finalizers?.includes(finalizer) ?? false;

export const ownersOf = (object: KubeObject): readonly OwnerReference[] => object.metadata.ownerReferences ?? [];
