import type { EventRecorder } from '@kubus/shared/events';
import type { Informer } from '@kubus/shared/informer';
import { type KubeObject, labelSelector } from '@kubus/shared/object';
import type { Controller, ReconcileKey, ReconcileResult, Watch } from '@kubus/shared/reconcile';
import type { ControllerContext } from '../common/context.ts';
import { controllerIndex, orphanKey } from '../common/indexes.ts';
import { keyOf, keysOfManagers } from '../common/keys.ts';
import { controllerOf, newControllerRef } from '../common/owners.ts';
import { updateStatus } from '../common/status.ts';
import type { Pod, ReplicaSet } from '../common/types.ts';
import { CreationTrust } from './creation-trust.ts';
import { execute } from './execute.ts';
import { type ReplicaKind, replicaSets, replicationControllers } from './kinds.ts';
import { type Observed, plan } from './plan.ts';
import { type Failure, sameStatus, statusOf, untilNextAvailable } from './status.ts';

const pods = { group: '', resource: 'pods' };

/** Look again soon where this reconcile knows that its view is out of date; the change itself normally comes first. */
const soon = { requeueAfter: 100 };

/** Keeps as many pods as a ReplicaSet asks for. */
export function createReplicaSetController(context: ControllerContext): Controller {
  return new ReplicaController(context, replicaSets);
}

/** The same for ReplicationControllers. */
export function createReplicationControllerController(context: ControllerContext): Controller {
  return new ReplicaController(context, replicationControllers);
}

class ReplicaController implements Controller {
  readonly name: string;
  readonly watches: readonly Watch[];
  readonly reads;
  readonly #context: ControllerContext;
  readonly #kind: ReplicaKind;
  readonly #events: EventRecorder;
  readonly #trust = new CreationTrust();
  readonly #objects: Informer;
  readonly #pods: Informer<Pod>;

  constructor(context: ControllerContext, kind: ReplicaKind) {
    this.name = kind.controller;
    this.#context = context;
    this.#kind = kind;
    this.#events = context.events(kind.component);
    this.#objects = context.informers.get(kind.resource);
    this.#pods = context.informers.get<Pod>(pods);
    this.reads = [kind.resource, pods];
    this.watches = [
      { resource: kind.resource, map: (object) => [keyOf(object)] },
      { resource: pods, map: keysOfManagers(kind.kind, (namespace, labels) => this.#selecting(namespace, labels)) },
    ];
  }

  keys(): ReconcileKey[] {
    return this.#objects.list().map(keyOf);
  }

  async reconcile(key: ReconcileKey): Promise<ReconcileResult> {
    const object = this.#objects.get(key.namespace, key.name);
    if (object === undefined) return undefined;
    const now = this.#context.clock.now();
    const observed = this.#observe(object);
    const controllerRef = newControllerRef(object, this.#kind.kind);
    const { actions, owned } = plan(observed, controllerRef, now);
    const { api } = this.#context;
    const target = { api, events: this.#events, trust: this.#trust, kind: this.#kind, object, controllerRef };
    let failure: Failure | undefined;
    for (const action of actions) failure ??= await execute(action, target);
    const status = statusOf(observed.replicaSet, owned, {
      failure,
      countTerminating: this.#kind.countsTerminating,
      now,
    });
    const written =
      sameStatus(observed.replicaSet.status, status) ||
      (await updateStatus(this.#context.api, this.#kind.resource, object, status));
    if (failure !== undefined) throw new Error(`${failure.reason}: ${failure.message}`);
    return written ? this.#next(observed.replicaSet, owned, actions.length > 0) : soon;
  }

  #observe(object: KubeObject): Observed {
    const { namespace = '', uid = '' } = object.metadata;
    const mine = this.#pods.byIndex(controllerIndex, uid);
    return {
      replicaSet: this.#kind.asReplicaSet(object),
      pods: [...mine, ...this.#pods.byIndex(controllerIndex, orphanKey(namespace))],
      related: () => this.#related(object, mine),
      isTaken: (name) => this.#pods.get(namespace, name) !== undefined,
    };
  }

  /** Pods of the objects with the same owner: of a Deployment's other ReplicaSets. */
  #related(object: KubeObject, mine: Pod[]): Pod[] {
    const owner = controllerOf(object);
    if (owner === undefined) return mine;
    const siblings = this.#objects.byIndex(controllerIndex, owner.uid);
    return siblings.flatMap((sibling) => this.#pods.byIndex(controllerIndex, sibling.metadata.uid ?? ''));
  }

  #next(replicaSet: ReplicaSet, owned: Pod[], acted: boolean): ReconcileResult {
    // The pods just made or deleted bring the key back when they are seen; the resync heals a lost hint.
    const wait = acted ? undefined : untilNextAvailable(replicaSet, owned, this.#context.clock.now());
    return wait === undefined ? undefined : { requeueAfter: wait };
  }

  #selecting(namespace: string, labels: Record<string, string> | undefined): string[] {
    return this.#objects
      .list(namespace)
      .filter((object) => labelSelector(this.#kind.asReplicaSet(object).spec.selector).matches(labels))
      .map((object) => object.metadata.name);
  }
}
