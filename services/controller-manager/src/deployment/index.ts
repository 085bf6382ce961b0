import type { StatusError } from '@kubus/shared/errors';
import type { EventRecorder } from '@kubus/shared/events';
import type { Informer } from '@kubus/shared/informer';
import { labelSelector } from '@kubus/shared/object';
import type { Controller, ReconcileKey, ReconcileResult, Watch } from '@kubus/shared/reconcile';
import type { ControllerContext } from '../common/context.ts';
import { controllerIndex, orphanKey } from '../common/indexes.ts';
import { keyOf, keysOfManagers } from '../common/keys.ts';
import { newControllerRef } from '../common/owners.ts';
import { isNamespaceTerminating } from '../common/pod-control.ts';
import { updateStatus } from '../common/status.ts';
import type { Deployment, DeploymentStatus, ReplicaSet } from '../common/types.ts';
import { deployments, execute, type Outcome, replicaSets, type Target } from './execute.ts';
import { collided, createFailed, nextStatus } from './next-status.ts';
import { type Plan, plan } from './plan.ts';
import { untilDeadline } from './progress.ts';
import { sameStatus } from './status.ts';

const kind = { group: 'apps', version: 'v1', kind: 'Deployment' };

/** Look again soon where this reconcile knows that its view is out of date; the change itself normally comes first. */
const soon = { requeueAfter: 100 };

/** Rolls out the template of a Deployment over its ReplicaSets. */
export function createDeploymentController(context: ControllerContext): Controller {
  return new DeploymentController(context);
}

class DeploymentController implements Controller {
  readonly name = 'deployment';
  readonly reads = [deployments, replicaSets];
  readonly watches: readonly Watch[];
  readonly #context: ControllerContext;
  readonly #events: EventRecorder;
  readonly #deployments: Informer<Deployment>;
  readonly #replicaSets: Informer<ReplicaSet>;

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#events = context.events('deployment-controller');
    this.#deployments = context.informers.get<Deployment>(deployments);
    this.#replicaSets = context.informers.get<ReplicaSet>(replicaSets);
    this.watches = [
      { resource: deployments, map: (object) => [keyOf(object)] },
      { resource: replicaSets, map: keysOfManagers(kind, (namespace, labels) => this.#selecting(namespace, labels)) },
    ];
  }

  keys(): ReconcileKey[] {
    return this.#deployments.list().map(keyOf);
  }

  async reconcile(key: ReconcileKey): Promise<ReconcileResult> {
    const deployment = this.#deployments.get(key.namespace, key.name);
    if (deployment === undefined) return undefined;
    const controllerRef = newControllerRef(deployment, kind);
    const target = { api: this.#context.api, events: this.#events, controllerRef, deployment };
    const planned = plan({ deployment, replicaSets: this.#observe(deployment) }, controllerRef);
    const outcome = await executeAll(planned, target);
    if (outcome.type === 'stale' || !planned.settled) return soon;
    return this.#conclude(deployment, planned, outcome, target);
  }

  #observe(deployment: Deployment): ReplicaSet[] {
    const { namespace = '', uid = '' } = deployment.metadata;
    return [
      ...this.#replicaSets.byIndex(controllerIndex, uid),
      ...this.#replicaSets.byIndex(controllerIndex, orphanKey(namespace)),
    ];
  }

  async #conclude(deployment: Deployment, planned: Plan, outcome: Outcome, target: Target): Promise<ReconcileResult> {
    const now = this.#context.clock.now();
    if (outcome.type === 'collision') {
      await this.#writeStatus(deployment, collided(deployment), target);
      return soon;
    }
    if (outcome.type === 'createFailed') return this.#createFailed(deployment, outcome, target, now);
    const created = outcome.type === 'created' ? outcome : undefined;
    const status = nextStatus(deployment, planned, created, now);
    if (!(await this.#writeStatus(deployment, status, target))) return soon;
    const wait = untilDeadline(deployment, status, this.#context.clock.now());
    return wait === undefined ? undefined : { requeueAfter: wait };
  }

  async #createFailed(
    deployment: Deployment,
    { error, replicaSet }: { error: StatusError; replicaSet: ReplicaSet },
    target: Target,
    now: number,
  ): Promise<ReconcileResult> {
    if (isNamespaceTerminating(error)) return undefined;
    const message = `Failed to create new replica set "${replicaSet.metadata.name}": ${error.message}`;
    this.#events.event(deployment, 'Warning', 'ReplicaSetCreateError', message);
    await this.#writeStatus(deployment, createFailed(deployment, message, now), target);
    throw new Error(message, { cause: error });
  }

  /** False when the Deployment has changed meanwhile or is gone: then the change brings the key back. */
  async #writeStatus(before: Deployment, status: DeploymentStatus, { api, deployment }: Target): Promise<boolean> {
    return sameStatus(before.status, status) || updateStatus(api, deployments, deployment, status);
  }

  #selecting(namespace: string, labels: Record<string, string> | undefined): string[] {
    return this.#deployments
      .list(namespace)
      .filter((deployment) => labelSelector(deployment.spec.selector).matches(labels))
      .map((deployment) => deployment.metadata.name);
  }
}

/** The first outcome that changes what comes next ends the list; a creation is remembered, for the status to tell. */
async function executeAll({ actions }: Plan, target: Target): Promise<Outcome> {
  let result: Outcome = { type: 'done' };
  for (const action of actions) {
    const outcome = await execute(action, target);
    if (outcome.type === 'created') result = outcome;
    else if (outcome.type !== 'done') return outcome;
  }
  return result;
}
