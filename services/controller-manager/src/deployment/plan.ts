import { labelSelector, type OwnerReference } from '@kubus/shared/object';
import { claim } from '../common/claim.ts';
import type { Deployment, ReplicaSet } from '../common/types.ts';
import { newReplicaSetAnnotations, revisionAnnotation, revisionOf, sizeAnnotations } from './annotations.ts';
import { surplusHistory } from './cleanup.ts';
import { emptied, isScalingEvent, scaledSizes } from './proportional.ts';
import { type Rollback, rollback, rolledOutMark } from './rollback.ts';
import { newReplicaSetSize, rollingStep } from './rolling.ts';
import { isActive, resized, type Sizes, sizeOf } from './sizes.ts';
import { isComplete, type Rollout } from './status.ts';
import { desiredReplicas, isRollingUpdate } from './strategy.ts';
import { findNewReplicaSet, newReplicaSet } from './template.ts';

export interface Observed {
  deployment: Deployment;
  /** All ReplicaSets that the Deployment manages, and those of its namespace that nobody manages. */
  replicaSets: readonly ReplicaSet[];
}

/** What is to be different about a ReplicaSet; annotations are added to those it has. */
export interface ReplicaSetChange {
  replicas?: number;
  minReadySeconds?: number;
  annotations?: Record<string, string>;
}

export interface ActionMap {
  adopt: { replicaSets: ReplicaSet[] };
  release: { replicaSets: ReplicaSet[] };
  create: { replicaSet: ReplicaSet };
  update: { replicaSet: ReplicaSet; change: ReplicaSetChange };
  delete: { replicaSet: ReplicaSet };
  /** Writes the revision of the current template on the Deployment, where `kubectl rollout` reads it. */
  annotate: { revision: string };
  /** Brings an old template back; opt-in, see rollback.ts. */
  rollBack: { rollback: Rollback };
  warn: { reason: string; message: string };
}

export type Action = { [K in keyof ActionMap]: { type: K } & ActionMap[K] }[keyof ActionMap];

export interface Plan {
  actions: Action[];
  /** The ReplicaSets after the actions. The one to create is not among them: whether it will be is not known yet. */
  rollout: Rollout;
  /** Whether the progress of a rollout is judged: not while paused, scaled or deleted. */
  judge: boolean;
  /** False while it is not settled which ReplicaSets belong to the Deployment: then its status would be wrong. */
  settled: boolean;
}

/** One step of a Deployment towards its template and its number of replicas. */
export function plan(observed: Observed, controllerRef: OwnerReference): Plan {
  const { deployment } = observed;
  const selector = labelSelector(deployment.spec.selector);
  if (selector.isEverything) return refuse();
  const { owned, adopt, release } = claim(deployment, observed.replicaSets, (replicaSet) =>
    selector.matches(replicaSet.metadata.labels),
  );
  const newest = findNewReplicaSet(deployment, owned);
  const rollout = { newest, old: owned.filter((rs) => rs !== newest) };
  if (adopt.length + release.length > 0) return planClaims(adopt, release, rollout);
  if (deployment.metadata.deletionTimestamp !== undefined) return { actions: [], rollout, judge: false, settled: true };
  return planStep(deployment, rollout, controllerRef);
}

function refuse(): Plan {
  const message = 'This deployment is selecting all pods. A non-empty selector is required.';
  const rollout = { newest: undefined, old: [] };
  return { actions: [{ type: 'warn', reason: 'SelectingAll', message }], rollout, judge: false, settled: true };
}

function planClaims(adopt: ReplicaSet[], release: ReplicaSet[], rollout: Rollout): Plan {
  const actions: Action[] = [];
  if (adopt.length > 0) actions.push({ type: 'adopt', replicaSets: adopt });
  if (release.length > 0) actions.push({ type: 'release', replicaSets: release });
  return { actions, rollout, judge: false, settled: false };
}

/** What one step does, before it is worked out into actions. */
interface Step {
  sizes: Sizes;
  surplus?: readonly ReplicaSet[];
  create?: boolean;
  judge: boolean;
}

function planStep(deployment: Deployment, rollout: Rollout, controllerRef: OwnerReference): Plan {
  const back = rollback(deployment, rollout);
  if (back !== undefined)
    return { actions: [{ type: 'rollBack', rollback: back }], rollout, judge: false, settled: false };
  const step = chooseStep(deployment, rollout);
  const changes = changesFor(deployment, rollout, step.sizes);
  const actions: Action[] = step.create === true ? [createAction(deployment, rollout, controllerRef)] : [];
  for (const [replicaSet, change] of changes) actions.push({ type: 'update', replicaSet, change });
  for (const replicaSet of step.surplus ?? []) actions.push({ type: 'delete', replicaSet });
  actions.push(...annotateAction(deployment, rollout, changes));
  return { actions, rollout: applySizes(rollout, step.sizes), judge: step.judge, settled: true };
}

function chooseStep(deployment: Deployment, rollout: Rollout): Step {
  const { newest, old } = rollout;
  const all = newest === undefined ? old : [...old, newest];
  if (deployment.spec.paused === true)
    return { sizes: scaledSizes(deployment, newest, old), surplus: surplusHistory(deployment, old), judge: false };
  if (!isRollingUpdate(deployment)) return recreateStep(deployment, rollout);
  if (isScalingEvent(deployment, all)) return { sizes: scaledSizes(deployment, newest, old), judge: false };
  if (newest === undefined) return { sizes: new Map(), create: true, judge: true };
  return withCleanup(deployment, rollout, rollingStep(deployment, newest, old));
}

/** All old pods are gone, or have ended, before the first new one is made. */
function recreateStep(deployment: Deployment, rollout: Rollout): Step {
  const { newest, old } = rollout;
  if (old.some(isActive)) return { sizes: emptied(old), judge: true };
  if (old.some(mayHavePods)) return { sizes: new Map(), judge: true };
  if (newest === undefined) return { sizes: new Map(), create: true, judge: true };
  const wanted = desiredReplicas(deployment);
  const sizes = sizeOf(newest) === wanted ? new Map() : new Map([[newest.metadata.name, wanted]]);
  return withCleanup(deployment, rollout, sizes);
}

function mayHavePods({ metadata, status }: ReplicaSet): boolean {
  const observed = (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0);
  return !observed || (status?.replicas ?? 0) > 0 || (status?.terminatingReplicas ?? 0) > 0;
}

function withCleanup(deployment: Deployment, { old }: Rollout, sizes: Sizes): Step {
  const complete = sizes.size === 0 && isComplete(deployment, deployment.status ?? {});
  return { sizes, surplus: complete ? surplusHistory(deployment, old) : [], judge: true };
}

function createAction(deployment: Deployment, { old }: Rollout, controllerRef: OwnerReference): Action {
  const annotations = { ...newReplicaSetAnnotations(deployment, undefined, old), ...sizeAnnotations(deployment) };
  const replicas = newReplicaSetSize(deployment, undefined, old);
  return { type: 'create', replicaSet: newReplicaSet(deployment, controllerRef, { replicas, annotations }) };
}

/** All changes of one ReplicaSet in one write: its size with the annotations that record it, and what the newest takes over. */
function changesFor(deployment: Deployment, { newest, old }: Rollout, sizes: Sizes): Map<ReplicaSet, ReplicaSetChange> {
  const changes = new Map<ReplicaSet, ReplicaSetChange>();
  for (const replicaSet of newest === undefined ? old : [newest, ...old]) {
    const size = sizes.get(replicaSet.metadata.name);
    const wanted = {
      ...(replicaSet === newest ? newestAnnotations(deployment, { newest, old }) : {}),
      ...(size === undefined ? {} : sizeAnnotations(deployment)),
    };
    const change = {
      ...(size === undefined || size === sizeOf(replicaSet) ? {} : { replicas: size }),
      ...(replicaSet === newest ? minReadyChange(deployment, newest) : {}),
      ...missingAnnotations(replicaSet, wanted),
    };
    if (Object.keys(change).length > 0) changes.set(replicaSet, change);
  }
  return changes;
}

function newestAnnotations(deployment: Deployment, rollout: Rollout): Record<string, string> {
  return {
    ...newReplicaSetAnnotations(deployment, rollout.newest, rollout.old),
    ...rolledOutMark(deployment, rollout),
  };
}

function minReadyChange(deployment: Deployment, newest: ReplicaSet): ReplicaSetChange {
  const wanted = deployment.spec.minReadySeconds ?? 0;
  return wanted === (newest.spec.minReadySeconds ?? 0) ? {} : { minReadySeconds: wanted };
}

function missingAnnotations(replicaSet: ReplicaSet, wanted: Record<string, string>): ReplicaSetChange {
  const current = replicaSet.metadata.annotations ?? {};
  const missing = Object.entries(wanted).filter(
    ([key, value]) => !Object.hasOwn(current, key) || current[key] !== value,
  );
  return missing.length === 0 ? {} : { annotations: Object.fromEntries(missing) };
}

function annotateAction(
  deployment: Deployment,
  { newest }: Rollout,
  changes: ReadonlyMap<ReplicaSet, ReplicaSetChange>,
): Action[] {
  if (newest === undefined) return [];
  const changed = changes.get(newest)?.annotations?.[revisionAnnotation];
  const revision = changed ?? String(revisionOf(newest));
  return deployment.metadata.annotations?.[revisionAnnotation] === revision ? [] : [{ type: 'annotate', revision }];
}

function applySizes({ newest, old }: Rollout, sizes: Sizes): Rollout {
  const apply = (replicaSet: ReplicaSet) =>
    resized(replicaSet, sizes.get(replicaSet.metadata.name) ?? sizeOf(replicaSet));
  return { newest: newest === undefined ? undefined : apply(newest), old: old.map(apply) };
}
