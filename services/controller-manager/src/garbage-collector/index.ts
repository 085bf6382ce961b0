import type { EventRecorder } from '@kubus/shared/events';
import type { Informer } from '@kubus/shared/informer';
import type { KubeObject } from '@kubus/shared/object';
import type { Controller, ReconcileKey, ReconcileResult, Watch } from '@kubus/shared/reconcile';
import type { ControllerContext } from '../common/context.ts';
import { semanticEqual } from '../common/equality.ts';
import { execute } from './execute.ts';
import { type CollectedResource, type Located, OwnershipGraph } from './graph.ts';
import { observe } from './observe.ts';
import { hasFinalizer, isDeleting, isWaiting, orphanFinalizer, ownersOf, plan } from './plan.ts';

export type { CollectedResource } from './graph.ts';

/** Objects changed in one reconcile at most, so that a large owner does not keep others waiting. */
const maxActions = 500;

/**
 * Deletes objects whose owners are gone, and carries out foreground deletion and orphaning. A key is the uid of an owner, whether it
 * exists or not, because that is what dependents have in common: a thousand pods made or deleted at once are one key.
 *
 * `resources` are all that the cluster stores, each in its stored version; leave out events, which own nothing and are too many to watch.
 */
export function createGarbageCollector(
  context: ControllerContext,
  options: { resources: readonly CollectedResource[] },
): Collector {
  return new GarbageCollector(context, options.resources);
}

/** Kinds come and go while it runs. */
export interface Collector extends Controller {
  /** Collects objects of one more kind; its changes are to be followed with the watch that this gives. */
  add(resource: CollectedResource, informer: Informer): Watch;
  remove(resource: CollectedResource): void;
}

class GarbageCollector implements Collector {
  readonly name = 'garbage-collector';
  readonly watches: readonly Watch[];
  readonly #context: ControllerContext;
  readonly #events: EventRecorder;
  readonly #graph: OwnershipGraph;

  constructor(context: ControllerContext, resources: readonly CollectedResource[]) {
    this.#context = context;
    this.#events = context.events('garbage-collector-controller');
    this.#graph = new OwnershipGraph(resources, context.informers);
    this.watches = resources.map((resource) => ({ resource, map: keysForChange }));
  }

  get reads(): readonly CollectedResource[] {
    return this.#graph.resources;
  }

  add(resource: CollectedResource, informer: Informer): Watch {
    this.#graph.add(resource, informer);
    return { resource, map: keysForChange };
  }

  remove(resource: CollectedResource): void {
    this.#graph.remove(resource);
  }

  keys(): ReconcileKey[] {
    const uids = new Set<string>();
    for (const object of this.#graph.all()) {
      for (const owner of ownersOf(object)) uids.add(owner.uid);
      if (holdsDependents(object)) uids.add(object.metadata.uid ?? '');
    }
    return [...uids].map(keyOf);
  }

  /** Most objects that go own nothing, and most that are made have the owner that they name. */
  worthwhile(keys: readonly ReconcileKey[]): ReconcileKey[] {
    return keys.filter(({ name: uid }) => {
      const owner = this.#graph.find(uid);
      if (owner === undefined) return this.#graph.hasDependents(uid);
      return holdsDependents(owner.object) || !this.#graph.dependents(uid).every(({ object }) => isKept(object, owner));
    });
  }

  async reconcile({ name: uid }: ReconcileKey): Promise<ReconcileResult> {
    const observed = await observe(uid, this.#graph, this.#context.api);
    const actions = plan(observed);
    if (actions.length === 0) return undefined;
    const part = actions.slice(0, maxActions);
    const unchanged = await execute(part, { api: this.#context.api, events: this.#events });
    if (!unchanged) return { requeueAfter: 100 };
    if (part.length < actions.length) return { requeueAfter: 0 };
    // What was unblocked is deleted in a second look.
    return part.some(({ type }) => type === 'unblock') ? { requeueAfter: 0 } : undefined;
  }
}

/**
 * A new object may name an owner that is gone already; a deleted one leaves dependents behind, and may be what its owners waited for.
 * Other changes matter only where owners or finalizers are among them; most updates of most objects concern nobody here.
 */
function keysForChange(
  object: KubeObject,
  previous: KubeObject | undefined,
  type: 'created' | 'updated' | 'deleted',
): ReconcileKey[] {
  const uids = new Set<string>();
  const ownersChanged = previous !== undefined && !semanticEqual(ownersOf(previous), ownersOf(object));
  if (type !== 'updated' || ownersChanged) {
    for (const owner of [...ownersOf(object), ...(previous === undefined ? [] : ownersOf(previous))])
      uids.add(owner.uid);
  }
  if (type === 'deleted' || holdsDependents(object)) uids.add(object.metadata.uid ?? '');
  return [...uids].map(keyOf);
}

/** It is being deleted, and what becomes of its dependents has to be settled first. */
const holdsDependents = (object: KubeObject): boolean =>
  isWaiting(object) || (isDeleting(object) && hasFinalizer(object, orphanFinalizer));

/** It has no other owner, and names this one as it is. Of any other it takes a run to tell. */
function isKept({ metadata }: KubeObject, { object: owner }: Located): boolean {
  const [reference, ...others] = metadata.ownerReferences ?? [];
  return (
    others.length === 0 &&
    reference?.name === owner.metadata.name &&
    reference.kind === owner.kind &&
    reference.apiVersion === owner.apiVersion &&
    (owner.metadata.namespace ?? metadata.namespace) === metadata.namespace
  );
}

const keyOf = (uid: string): ReconcileKey => ({ namespace: '', name: uid });
