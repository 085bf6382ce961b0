import type { EventRecorder } from '@kubus/shared/events';
import type { Informer } from '@kubus/shared/informer';
import { type KubeObject, labelSelector } from '@kubus/shared/object';
import type { Controller, ReconcileKey, ReconcileResult, Watch } from '@kubus/shared/reconcile';
import type { ControllerContext } from '../common/context.ts';
import { controllerRevisions, type Outcome } from '../common/history/index.ts';
import { controllerIndex, orphanKey } from '../common/indexes.ts';
import { keyOf, keysOfManagers } from '../common/keys.ts';
import { newControllerRef } from '../common/owners.ts';
import { updateStatus } from '../common/status.ts';
import type { ControllerRevision, PersistentVolumeClaim, Pod, StatefulSet } from '../common/types.ts';
import { claimName, kind } from './claims.ts';
import { execute, persistentVolumeClaims, statefulSets, type Target } from './execute.ts';
import { type Observed, type Plan, plan } from './plan.ts';
import { sameStatus, untilNextAvailable } from './status.ts';

const pods = { group: '', resource: 'pods' };

/** Look again soon where this reconcile knows that its view is out of date; the change itself normally comes first. */
const soon = { requeueAfter: 100 };

export interface StatefulSetOptions {
  /** Whether rollingUpdate.maxUnavailable counts; off by default, as the feature gate MaxUnavailableStatefulSet is. */
  maxUnavailable?: boolean;
  /** Whether the cluster serves PersistentVolumeClaims. Without, claims are asked for all the same, and their refusal is reported. */
  claims?: boolean;
}

/** Keeps the pods of a StatefulSet, one for each ordinal, in order where it asks for that. */
export function createStatefulSetController(context: ControllerContext, options: StatefulSetOptions = {}): Controller {
  return new StatefulSetController(context, options);
}

class StatefulSetController implements Controller {
  readonly name = 'statefulset';
  readonly reads;
  readonly watches: readonly Watch[];
  readonly #context: ControllerContext;
  readonly #options: StatefulSetOptions;
  readonly #events: EventRecorder;
  readonly #sets: Informer<StatefulSet>;
  readonly #pods: Informer<Pod>;
  readonly #revisions: Informer<ControllerRevision>;
  readonly #claims: Informer<PersistentVolumeClaim> | undefined;

  constructor(context: ControllerContext, options: StatefulSetOptions) {
    const { informers } = context;
    this.#context = context;
    this.#options = options;
    this.#events = context.events('statefulset-controller');
    this.#sets = informers.get<StatefulSet>(statefulSets);
    this.#pods = informers.get<Pod>(pods);
    this.#revisions = informers.get<ControllerRevision>(controllerRevisions);
    this.#claims = options.claims === true ? informers.get<PersistentVolumeClaim>(persistentVolumeClaims) : undefined;
    const claims = this.#claims === undefined ? [] : [persistentVolumeClaims];
    const keys = keysOfManagers(kind, (namespace, labels) => this.#selecting(namespace, labels));
    this.reads = [statefulSets, pods, controllerRevisions, ...claims];
    this.watches = [
      { resource: statefulSets, map: (object) => [keyOf(object)] },
      { resource: pods, map: keys },
      { resource: controllerRevisions, map: keys },
      ...claims.map((resource) => ({ resource, map: (claim: KubeObject) => this.#keysForClaim(claim) })),
    ];
  }

  keys(): ReconcileKey[] {
    return this.#sets.list().map(keyOf);
  }

  async reconcile(key: ReconcileKey): Promise<ReconcileResult> {
    const object = this.#sets.get(key.namespace, key.name);
    if (object === undefined) return undefined;
    const controllerRef = newControllerRef(object, kind);
    const now = this.#context.clock.now();
    const maxUnavailable = this.#options.maxUnavailable ?? false;
    const planned = plan(this.#observe(object), controllerRef, { now, maxUnavailable });
    const outcome = await executeAll(planned, {
      api: this.#context.api,
      events: this.#events,
      object,
      controllerRef,
    });
    return this.#conclude(object, planned, outcome);
  }

  #observe(set: StatefulSet): Observed {
    const { namespace = '', uid = '' } = set.metadata;
    return {
      set,
      pods: [...this.#pods.byIndex(controllerIndex, uid), ...this.#pods.byIndex(controllerIndex, orphanKey(namespace))],
      revisions: [
        ...this.#revisions.byIndex(controllerIndex, uid),
        ...this.#revisions.byIndex(controllerIndex, orphanKey(namespace)),
      ],
      findClaim: (name) => this.#claims?.get(namespace, name),
    };
  }

  async #conclude(set: StatefulSet, { status, owned, actions }: Plan, outcome: Outcome): Promise<ReconcileResult> {
    const write = (next: NonNullable<typeof status>) => updateStatus(this.#context.api, statefulSets, set, next);
    if (outcome.type === 'collision') {
      await write({ replicas: 0, ...set.status, collisionCount: (set.status?.collisionCount ?? 0) + 1 });
      return soon;
    }
    const written = status === undefined || sameStatus(set.status, status) || (await write(status));
    if (outcome.type === 'failed') throw new Error(outcome.error.message, { cause: outcome.error });
    if (!written) return soon;
    const wait = actions.length > 0 ? undefined : untilNextAvailable(set, owned, this.#context.clock.now());
    return wait === undefined ? undefined : { requeueAfter: wait };
  }

  #selecting(namespace: string, labels: Record<string, string> | undefined): string[] {
    return this.#sets
      .list(namespace)
      .filter((set) => labelSelector(set.spec.selector).matches(labels))
      .map((set) => set.metadata.name);
  }

  /** A claim concerns the set that names it: its ordinal may wait for it to come or to go. */
  #keysForClaim(claim: KubeObject): ReconcileKey[] {
    const { namespace = '', name } = claim.metadata;
    const ordinal = /-([0-9]{1,10})$/.exec(name)?.[1];
    if (ordinal === undefined) return [];
    return this.#sets
      .list(namespace)
      .filter((set) =>
        (set.spec.volumeClaimTemplates ?? []).some(
          (template) => claimName(set, template.metadata.name, Number(ordinal)) === name,
        ),
      )
      .map(keyOf);
  }
}

/** A refusal ends the list: what comes after it may rest on it. */
async function executeAll({ actions }: Plan, target: Target): Promise<Outcome> {
  for (const action of actions) {
    const outcome = await execute(action, target);
    if (outcome.type !== 'done') return outcome;
  }
  return { type: 'done' };
}
