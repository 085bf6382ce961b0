import type { ApiClient } from '@kubus/shared/bus';
import { isAlreadyExists, isConflict, isNotFound, StatusError } from '@kubus/shared/errors';
import type { EventRecorder } from '@kubus/shared/events';
import type { OwnerReference } from '@kubus/shared/object';
import { adopt, release } from '../common/adoption.ts';
import { controllerOf } from '../common/owners.ts';
import type { Deployment, ReplicaSet } from '../common/types.ts';
import { revisionAnnotation, revisionOf } from './annotations.ts';
import type { Action, ActionMap, ReplicaSetChange } from './plan.ts';
import { type Rollback, rolledBack } from './rollback.ts';
import { sizeOf } from './sizes.ts';
import { sameTemplate } from './template.ts';

export const deployments = { group: 'apps', version: 'v1', resource: 'deployments' };
export const replicaSets = { group: 'apps', version: 'v1', resource: 'replicasets' };

const mergePatch = 'application/merge-patch+json';
/** How often an update is sent again because only the status of its object had changed. */
const maxAttempts = 5;

export interface Target {
  api: ApiClient;
  events: EventRecorder;
  controllerRef: OwnerReference;
  /** As of the last write to it. */
  deployment: Deployment;
}

export type Outcome =
  | { type: 'done' }
  | { type: 'created'; replicaSet: ReplicaSet; alreadyExisted: boolean }
  /** The name is taken by a ReplicaSet of another template or owner. */
  | { type: 'collision' }
  | { type: 'createFailed'; replicaSet: ReplicaSet; error: StatusError }
  /** What was planned for has changed meanwhile: plan again. */
  | { type: 'stale' };

const done: Outcome = { type: 'done' };
const stale: Outcome = { type: 'stale' };

type Executors = { [K in keyof ActionMap]: (action: ActionMap[K], target: Target) => Promise<Outcome> };

export function execute(action: Action, target: Target): Promise<Outcome> {
  const executor = executors[action.type] as (action: Action, target: Target) => Promise<Outcome>;
  return executor(action, target);
}

const executors: Executors = {
  adopt: async (action, { api, deployment, controllerRef }) => {
    const controller = { resource: deployments, object: deployment, ref: controllerRef };
    await adopt(api, controller, replicaSets, action.replicaSets);
    return done;
  },
  release: async (action, { api, controllerRef }) => {
    await release(api, controllerRef.uid, replicaSets, action.replicaSets);
    return done;
  },
  create: ({ replicaSet }, target) => create(replicaSet, target),
  update: async ({ replicaSet, change }, target) => {
    const updated = await update(replicaSet, change, target.api);
    if (!updated) return stale;
    if (change.replicas !== undefined) reportScale(replicaSet, sizeOf(replicaSet), change.replicas, target);
    return done;
  },
  delete: ({ replicaSet }, target) => remove(replicaSet, target),
  annotate: ({ revision }, target) => annotate(revision, target),
  rollBack: (action, target) => rollBack(action.rollback, target),
  warn: async ({ reason, message }, { events, deployment }) => {
    events.event(deployment, 'Warning', reason, message);
    return done;
  },
};

function reportScale(replicaSet: ReplicaSet, from: number, to: number, { events, deployment }: Target): void {
  const direction = to > from ? 'up' : 'down';
  const message = `Scaled ${direction} replica set ${replicaSet.metadata.name} from ${from} to ${to}`;
  events.event(deployment, 'Normal', 'ScalingReplicaSet', message);
}

async function create(replicaSet: ReplicaSet, target: Target): Promise<Outcome> {
  const namespace = replicaSet.metadata.namespace ?? '';
  try {
    const created = await target.api.request<ReplicaSet>({
      ...replicaSets,
      verb: 'create',
      namespace,
      body: replicaSet,
    });
    if (sizeOf(replicaSet) > 0) reportScale(created, 0, sizeOf(replicaSet), target);
    await annotate(String(revisionOf(replicaSet)), target);
    return { type: 'created', replicaSet: created, alreadyExisted: false };
  } catch (error) {
    if (isAlreadyExists(error)) return existing(replicaSet, target);
    if (error instanceof StatusError) return { type: 'createFailed', replicaSet, error };
    throw error;
  }
}

/** The name says that it was made for this template: by a worker that is gone, unless two templates have one hash. */
async function existing(replicaSet: ReplicaSet, { api, deployment }: Target): Promise<Outcome> {
  const { namespace = '', name } = replicaSet.metadata;
  const live = await api.request<ReplicaSet>({ ...replicaSets, verb: 'get', namespace, name });
  const mine = controllerOf(live)?.uid === deployment.metadata.uid;
  if (!mine || !sameTemplate(live.spec.template, replicaSet.spec.template)) return { type: 'collision' };
  return { type: 'created', replicaSet: live, alreadyExisted: true };
}

/**
 * Changes a ReplicaSet that still is as it was planned for. Its status may have changed since, and does all the time while pods start:
 * the generation tells whether anything else has.
 */
async function update(replicaSet: ReplicaSet, change: ReplicaSetChange, api: ApiClient): Promise<boolean> {
  const { namespace = '', name, uid, generation } = replicaSet.metadata;
  let resourceVersion = replicaSet.metadata.resourceVersion;
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    const body = patchFor(change, uid, resourceVersion);
    try {
      await api.request({ ...replicaSets, verb: 'patch', namespace, name, contentType: mergePatch, body });
      return true;
    } catch (error) {
      if (isNotFound(error)) return false;
      if (!isConflict(error)) throw error;
    }
    const live = await read(api, namespace, name);
    if (live === undefined || live.metadata.uid !== uid || live.metadata.generation !== generation) return false;
    resourceVersion = live.metadata.resourceVersion;
  }
  return false;
}

function patchFor(change: ReplicaSetChange, uid: string | undefined, resourceVersion: string | undefined): unknown {
  const { annotations, ...spec } = change;
  return {
    metadata: { uid, resourceVersion, ...(annotations === undefined ? {} : { annotations }) },
    ...(Object.keys(spec).length === 0 ? {} : { spec }),
  };
}

async function read(api: ApiClient, namespace: string, name: string): Promise<ReplicaSet | undefined> {
  try {
    return await api.request<ReplicaSet>({ ...replicaSets, verb: 'get', namespace, name });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** Only if it is as it was: somebody may have scaled it up since. */
async function remove(replicaSet: ReplicaSet, { api }: Target): Promise<Outcome> {
  const { namespace = '', name, uid, resourceVersion } = replicaSet.metadata;
  const preconditions = { uid, resourceVersion };
  const body = { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: 'Background', preconditions };
  try {
    await api.request({ ...replicaSets, verb: 'delete', namespace, name, body });
    return done;
  } catch (error) {
    if (isNotFound(error) || isConflict(error)) return done;
    throw error;
  }
}

async function annotate(revision: string, target: Target): Promise<Outcome> {
  const { namespace = '', name, uid, resourceVersion } = target.deployment.metadata;
  const body = { metadata: { uid, resourceVersion, annotations: { [revisionAnnotation]: revision } } };
  const request = { ...deployments, verb: 'patch' as const, namespace, name, contentType: mergePatch, body };
  try {
    target.deployment = await target.api.request<Deployment>(request);
    return done;
  } catch (error) {
    if (isNotFound(error) || isConflict(error)) return stale;
    throw error;
  }
}

async function rollBack(rollback: Rollback, { api, events, deployment }: Target): Promise<Outcome> {
  const { namespace = '', name } = deployment.metadata;
  const body = rolledBack(deployment, rollback);
  try {
    await api.request({ ...deployments, verb: 'update', namespace, name, body });
  } catch (error) {
    if (isNotFound(error) || isConflict(error)) return stale;
    throw error;
  }
  const { from, to } = rollback;
  const message = `Rolled back deployment "${name}" to revision ${to}: revision ${from} has missed its progress deadline`;
  events.event(deployment, 'Warning', 'DeploymentRollback', message);
  return done;
}
