import type { EventRecorder } from '@kubus/shared/events';
import type { Informer } from '@kubus/shared/informer';
import { type KubeObject, labelSelector } from '@kubus/shared/object';
import type { Controller, ReconcileKey, ReconcileResult, Watch } from '@kubus/shared/reconcile';
import type { ControllerContext } from '../common/context.ts';
import { semanticEqual } from '../common/equality.ts';
import { controllerRevisions, type Outcome } from '../common/history/index.ts';
import { controllerIndex, orphanKey } from '../common/indexes.ts';
import { keyOf, keysOfManagers } from '../common/keys.ts';
import { newControllerRef } from '../common/owners.ts';
import { updateStatus } from '../common/status.ts';
import type { ControllerRevision, DaemonSet, Node, Pod } from '../common/types.ts';
import { FailedPodsBackoff } from './backoff.ts';
import { backoffKey, daemonSets, execute, type Target } from './execute.ts';
import { type Observed, type Plan, plan } from './plan.ts';
import { sameStatus } from './status.ts';

const kind = { group: 'apps', version: 'v1', kind: 'DaemonSet' };
const nodes = { group: '', resource: 'nodes' };
const pods = { group: '', resource: 'pods' };

/** Look again soon where this reconcile knows that its view is out of date; the change itself normally comes first. */
const soon = { requeueAfter: 100 };

/** Keeps a pod of each DaemonSet on every node that fits. */
export function createDaemonSetController(context: ControllerContext): Controller {
  return new DaemonSetController(context);
}

class DaemonSetController implements Controller {
  readonly name = 'daemonset';
  readonly reads = [daemonSets, pods, nodes, controllerRevisions];
  readonly watches: readonly Watch[];
  readonly #context: ControllerContext;
  readonly #events: EventRecorder;
  readonly #backoff = new FailedPodsBackoff();
  readonly #sets: Informer<DaemonSet>;
  readonly #pods: Informer<Pod>;
  readonly #nodes: Informer<Node>;
  readonly #revisions: Informer<ControllerRevision>;

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#events = context.events('daemonset-controller');
    this.#sets = context.informers.get<DaemonSet>(daemonSets);
    this.#pods = context.informers.get<Pod>(pods);
    this.#nodes = context.informers.get<Node>(nodes);
    this.#revisions = context.informers.get<ControllerRevision>(controllerRevisions);
    const keys = keysOfManagers(kind, (namespace, labels) => this.#selecting(namespace, labels));
    this.watches = [
      { resource: daemonSets, map: (object) => [keyOf(object)] },
      { resource: pods, map: keys },
      { resource: controllerRevisions, map: keys },
      { resource: nodes, map: (node, previous) => (sameForDaemons(node, previous) ? [] : this.keys()) },
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
    const planned = plan(this.#observe(object, now), controllerRef, now);
    const { api } = this.#context;
    const outcome = await executeAll(planned, {
      api,
      events: this.#events,
      object,
      controllerRef,
      backoff: this.#backoff,
      now,
    });
    return this.#conclude(object, planned, outcome);
  }

  #observe(set: DaemonSet, now: number): Observed {
    const { namespace = '', uid = '' } = set.metadata;
    return {
      set,
      pods: [...this.#pods.byIndex(controllerIndex, uid), ...this.#pods.byIndex(controllerIndex, orphanKey(namespace))],
      revisions: [
        ...this.#revisions.byIndex(controllerIndex, uid),
        ...this.#revisions.byIndex(controllerIndex, orphanKey(namespace)),
      ],
      nodes: this.#nodes.list(),
      backoff: (node) => this.#backoff.remaining(backoffKey(set, node), now),
    };
  }

  async #conclude(set: DaemonSet, { status, wait }: Plan, outcome: Outcome): Promise<ReconcileResult> {
    const write = (next: unknown) => updateStatus(this.#context.api, daemonSets, set, next);
    if (outcome.type === 'collision') {
      const collisionCount = (set.status?.collisionCount ?? 0) + 1;
      await write({ ...noPods, ...set.status, collisionCount });
      return soon;
    }
    const written = status === undefined || sameStatus(set.status, status) || (await write(status));
    if (outcome.type === 'failed') throw new Error(outcome.error.message, { cause: outcome.error });
    if (!written) return soon;
    return wait === undefined ? undefined : { requeueAfter: wait };
  }

  #selecting(namespace: string, labels: Record<string, string> | undefined): string[] {
    return this.#sets
      .list(namespace)
      .filter((set) => labelSelector(set.spec.selector).matches(labels))
      .map((set) => set.metadata.name);
  }
}

const noPods = { currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 };

/** A change that moves no daemon pod: most are heartbeats. */
function sameForDaemons(node: KubeObject, previous: KubeObject | undefined): boolean {
  if (previous === undefined || previous === node) return false;
  const [now, before] = [node as Node, previous as Node];
  return (
    semanticEqual(now.metadata.labels, before.metadata.labels) && semanticEqual(now.spec?.taints, before.spec?.taints)
  );
}

/** A refusal ends the list: what comes after it may rest on it. */
async function executeAll({ actions }: Plan, target: Target): Promise<Outcome> {
  for (const action of actions) {
    const outcome = await execute(action, target);
    if (outcome.type !== 'done') return outcome;
  }
  return { type: 'done' };
}
