import type { Deployment, ReplicaSet } from '../common/types.ts';
import { desiredReplicas, maxSurge } from './strategy.ts';

export const revisionAnnotation = 'deployment.kubernetes.io/revision';
const revisionHistoryAnnotation = 'deployment.kubernetes.io/revision-history';
const desiredReplicasAnnotation = 'deployment.kubernetes.io/desired-replicas';
const maxReplicasAnnotation = 'deployment.kubernetes.io/max-replicas';

/** On a ReplicaSet of a Deployment that rolls back by itself: all pods that were wanted were available once. */
export const rolledOutAnnotation = 'kubus.io/rolled-out';

/** Characters that the list of former revisions may have; the oldest go first. */
const maxHistoryLength = 2000;

/** Everything else that a user writes on the Deployment shows on its ReplicaSets, the change cause above all. */
const notCopied = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  'deprecated.deployment.rollback.to',
  revisionAnnotation,
  revisionHistoryAnnotation,
  desiredReplicasAnnotation,
  maxReplicasAnnotation,
  'kubus.io/configuration-hash',
  rolledOutAnnotation,
]);

type Annotations = Record<string, string>;

/** The largest revision that Kubernetes reads (an int64). */
const maxRevision = 2n ** 63n - 1n;

/** 0 for a ReplicaSet that has none, or one that is no number. Whoever adopts a ReplicaSet goes on from its revision, however large. */
export function revisionOf(replicaSet: ReplicaSet): bigint {
  const text = replicaSet.metadata.annotations?.[revisionAnnotation] ?? '';
  const revision = /^\d{1,19}$/.test(text) ? BigInt(text) : 0n;
  return revision <= maxRevision ? revision : 0n;
}

/** The lesser revision first. */
export function byRevision(a: ReplicaSet, b: ReplicaSet): number {
  const [left, right] = [revisionOf(a), revisionOf(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

/** How many replicas the Deployment wanted when it sized the ReplicaSet. */
export function desiredAtLastScale(replicaSet: ReplicaSet): number | undefined {
  return numberIn(replicaSet, desiredReplicasAnnotation);
}

/** How many pods the Deployment could have, surge included, when it sized the ReplicaSet. */
export function maxAtLastScale(replicaSet: ReplicaSet): number | undefined {
  return numberIn(replicaSet, maxReplicasAnnotation);
}

function numberIn(replicaSet: ReplicaSet, annotation: string): number | undefined {
  const text = replicaSet.metadata.annotations?.[annotation];
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** The annotations that record the sizes just decided. */
export function sizeAnnotations(deployment: Deployment): Annotations {
  const desired = desiredReplicas(deployment);
  return {
    [desiredReplicasAnnotation]: String(desired),
    [maxReplicasAnnotation]: String(desired + maxSurge(deployment)),
  };
}

/**
 * Annotations that the ReplicaSet of the current template has to have: the Deployment's own, and a revision above all others. When a
 * ReplicaSet comes back (a rollback), its former revision joins the history.
 */
export function newReplicaSetAnnotations(
  deployment: Deployment,
  replicaSet: ReplicaSet | undefined,
  old: readonly ReplicaSet[],
): Annotations {
  const copied = Object.entries(deployment.metadata.annotations ?? {}).filter(([key]) => !notCopied.has(key));
  const current = replicaSet === undefined ? 0n : revisionOf(replicaSet);
  const latest = [...old].sort(byRevision).at(-1);
  const next = (latest === undefined ? 0n : revisionOf(latest)) + 1n;
  return {
    ...Object.fromEntries(copied),
    ...(current < next ? { [revisionAnnotation]: String(next) } : {}),
    ...(current > 0n && current < next ? historyWith(replicaSet, current) : {}),
  };
}

function historyWith(replicaSet: ReplicaSet | undefined, revision: bigint): Annotations {
  const former = replicaSet?.metadata.annotations?.[revisionHistoryAnnotation];
  const revisions = former === undefined || former === '' ? [] : former.split(',');
  revisions.push(String(revision));
  while (revisions.join().length > maxHistoryLength) revisions.shift();
  return { [revisionHistoryAnnotation]: revisions.join() };
}
