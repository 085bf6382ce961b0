import type { EventRecorder } from '@kubus/shared/events';
import type { Informer } from '@kubus/shared/informer';
import type { KubeObject } from '@kubus/shared/object';
import type { Controller, ReconcileKey, ReconcileResult, Watch } from '@kubus/shared/reconcile';
import type { ControllerContext } from '../common/context.ts';
import { semanticEqual } from '../common/equality.ts';
import { keyOf } from '../common/keys.ts';
import { controllerOf } from '../common/owners.ts';
import type { ServedKinds } from '../common/served-kinds.ts';
import { updateStatus } from '../common/status.ts';
import type { Pod, PodDisruptionBudget } from '../common/types.ts';
import { needsScale, plan, type Scale, selects } from './plan.ts';
import { Scales } from './scale.ts';

export { createStaleDisruptionController } from './stale.ts';

const budgets = { group: 'policy', version: 'v1', resource: 'poddisruptionbudgets' };
const pods = { group: '', resource: 'pods' };
const owners = [
  { group: 'apps', resource: 'replicasets' },
  { group: 'apps', resource: 'deployments' },
];

/** Look again soon where this reconcile knows that its view is out of date; the change itself normally comes first. */
const soon = { requeueAfter: 100 };

/** Where the owners of pods could not be asked, no change may ever tell that they can be. */
const later = { requeueAfter: 30_000 };

/** Keeps the status of disruption budgets, by which evictions are granted or refused. */
export function createDisruptionController(context: ControllerContext, options: { kinds: ServedKinds }): Controller {
  return new DisruptionController(context, options.kinds);
}

class DisruptionController implements Controller {
  readonly name = 'disruption';
  readonly reads = [budgets, pods, ...owners];
  readonly watches: readonly Watch[];
  readonly #context: ControllerContext;
  readonly #events: EventRecorder;
  readonly #scales: Scales;
  readonly #budgets: Informer<PodDisruptionBudget>;
  readonly #pods: Informer<Pod>;

  constructor(context: ControllerContext, kinds: ServedKinds) {
    this.#context = context;
    this.#events = context.events('controllermanager');
    this.#scales = new Scales({ ...context, kinds });
    this.#budgets = context.informers.get<PodDisruptionBudget>(budgets);
    this.#pods = context.informers.get<Pod>(pods);
    this.watches = [
      { resource: budgets, map: (object) => [keyOf(object)] },
      { resource: pods, map: (pod, previous) => this.#keysForPod(pod, previous) },
    ];
  }

  keys(): ReconcileKey[] {
    return this.#budgets.list().map(keyOf);
  }

  async reconcile(key: ReconcileKey): Promise<ReconcileResult> {
    const budget = this.#budgets.get(key.namespace, key.name);
    if (budget === undefined || budget.metadata.deletionTimestamp !== undefined) return undefined;
    const selected = this.#pods.list(key.namespace).filter((pod) => selects(budget, pod.metadata.labels));
    const scales = needsScale(budget) ? await this.#scalesOf(selected) : new Map<string, Scale>();
    const planned = plan({ budget, pods: selected, scales }, this.#context.clock.now());
    for (const { pod, type, reason, message } of planned.reports)
      this.#events.event(pod ?? budget, type, reason, message);
    const same = semanticEqual(budget.status, planned.status);
    const written = same || (await updateStatus(this.#context.api, budgets, budget, planned.status));
    if (!written) return soon;
    if (planned.error !== undefined) return later;
    return planned.wait === undefined ? undefined : { requeueAfter: planned.wait };
  }

  async #scalesOf(selected: readonly Pod[]): Promise<Map<string, Scale>> {
    const scales = new Map<string, Scale>();
    const asked = new Set<string>();
    for (const pod of selected) {
      const owner = controllerOf(pod);
      if (owner === undefined || asked.has(owner.uid)) continue;
      asked.add(owner.uid);
      const scale = await this.#scales.find(owner, pod.metadata.namespace ?? '');
      if (scale !== undefined) scales.set(owner.uid, scale);
    }
    return scales;
  }

  #keysForPod(pod: KubeObject, previous: KubeObject | undefined): ReconcileKey[] {
    return this.#budgets
      .list(pod.metadata.namespace ?? '')
      .filter(
        (budget) =>
          selects(budget, pod.metadata.labels) || (previous !== undefined && selects(budget, previous.metadata.labels)),
      )
      .map(keyOf);
  }
}
