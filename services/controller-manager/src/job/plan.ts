import type { OwnerReference } from '@kubus/shared/object';
import { labelSelector } from '@kubus/shared/object';
import { type Claims, claim } from '../common/claim.ts';
import { isPodActive, isPodTerminating } from '../common/pod-state.ts';
import type { Pod } from '../common/types.ts';
import { chooseVictims } from '../replicaset/victims.ts';
import { untilNewPods } from './backoff.ts';
import { IndexSet } from './indexes.ts';
import { newIndexedPods, newPods } from './new-pods.ts';
import type { PastFailure } from './past-failures.ts';
import { hasBackoffPerIndex, untilNextOfIndex } from './per-index.ts';
import { completionIndex, isIndexed, replacesOnlyFailed } from './pods.ts';
import { isSuspended, type Tally } from './tally.ts';
import type { Job } from './types.ts';

/** Pods created or deleted in one reconcile at most; the rest follows when these have been seen. */
const burstPods = 500;

export interface ActionMap {
  adopt: { pods: Pod[] };
  release: { pods: Pod[] };
  create: { pods: Pod[] };
  /** Deleted pods that are `tracked` go only after they are counted; the others never count. */
  delete: { pods: Pod[]; tracked: boolean };
}

export type Action = { [K in keyof ActionMap]: { type: K } & ActionMap[K] }[keyof ActionMap];

export interface Plan {
  actions: Action[];
  /** Milliseconds after which there is more to do without any change. */
  wait?: number;
}

/** Whom the pods belong to; settled first, because only then they can be counted. A selector that selects everything selects nothing here. */
export function planClaims(job: Job, pods: readonly Pod[]): { owned: Pod[]; actions: Action[] } {
  const selector = labelSelector(job.spec.selector);
  if (selector.isEverything) return { owned: [], actions: [] };
  const { owned, adopt, release }: Claims<Pod> = claim(job, pods, (pod) => selector.matches(pod.metadata.labels));
  const wanted = adopt.filter((pod) => isPodActive(pod));
  return {
    owned,
    actions: [
      ...(wanted.length === 0 ? [] : [{ type: 'adopt' as const, pods: wanted }]),
      ...(release.length === 0 ? [] : [{ type: 'release' as const, pods: release }]),
    ],
  };
}

export interface PodSource {
  controllerRef: OwnerReference;
  isTaken: (name: string) => boolean;
  pastFailures: readonly PastFailure[];
}

/** One step towards as many running pods as the Job wants now: it deletes or creates, never both (Kubernetes: manageJob). */
export function planPods(tally: Tally, source: PodSource, now: number): Plan {
  const { job, active, verdict } = tally;
  if (verdict !== undefined) return deletion([...active], true);
  if (job.metadata.deletionTimestamp !== undefined) return { actions: [] };
  if (isSuspended(job)) return deletion([...active], false);
  const wanted = wantedPods(tally);
  const surplus = surplusPods(tally, Math.max(0, active.length - wanted), now);
  if (surplus.length > 0) return deletion(surplus.slice(0, burstPods), false);
  const leaving = replacesOnlyFailed(job) ? tally.terminating : 0;
  const missing = Math.min(wanted - leaving - active.length, burstPods);
  return missing > 0 ? creation(tally, missing, source, now) : { actions: [] };
}

const deletion = (pods: Pod[], tracked: boolean): Plan => ({
  actions: pods.length === 0 ? [] : [{ type: 'delete', pods, tracked }],
});

/** Without a number of completions the first success means that no more pods are to start; those that run finish the work. */
function wantedPods({ job, active, succeeded }: Tally): number {
  const { completions, parallelism = 1 } = job.spec;
  if (typeof completions !== 'number') return succeeded > 0 ? active.length : parallelism;
  return Math.max(0, Math.min(completions - succeeded, parallelism));
}

/** Pods without a completion of their own go first; then those that are least far. */
function surplusPods({ job, active }: Tally, atLeast: number, now: number): Pod[] {
  const surplus = isIndexed(job) ? withoutOwnIndex(job, active, now) : [];
  if (surplus.length >= atLeast) return surplus;
  const rest = active.filter((pod) => !surplus.includes(pod));
  return [...surplus, ...chooseVictims(rest, rest, atLeast - surplus.length, now)];
}

function withoutOwnIndex(job: Job, active: readonly Pod[], now: number): Pod[] {
  const byIndex = Map.groupBy(active, completionIndex);
  return [...byIndex].flatMap(([index, pods]) => {
    if (index === undefined || index >= (job.spec.completions ?? 0)) return pods;
    return pods.length === 1 ? [] : chooseVictims(pods, pods, pods.length - 1, now);
  });
}

function creation(tally: Tally, missing: number, source: PodSource, now: number): Plan {
  const { job } = tally;
  const perIndex = hasBackoffPerIndex(job);
  const wait = perIndex ? 0 : untilNewPods(job, tally.pods, source.pastFailures, now);
  if (wait > 0) return { actions: [], wait };
  if (!isIndexed(job)) return { actions: [{ type: 'create', pods: newPods(tally, missing, source) }] };
  const pending = pendingIndexes(tally).missing(missing, job.spec.completions ?? 0);
  const waits = pending.map((index) => untilNextOfIndex(tally.indexFailures?.latest.get(index), now));
  const startable = pending.filter((_, at) => waits[at] === 0);
  const later = waits.filter((time) => time > 0);
  return {
    actions: startable.length === 0 ? [] : [{ type: 'create', pods: newIndexedPods(tally, startable, source) }],
    ...(later.length === 0 ? {} : { wait: Math.min(...later) }),
  };
}

/** Indexes that need no pod. */
function pendingIndexes({ job, pods, active, succeededIndexes, indexFailures }: Tally): IndexSet {
  const indexesOf = (some: readonly Pod[]) => some.map(completionIndex).filter((index) => index !== undefined);
  return (succeededIndexes ?? IndexSet.of([]))
    .with(indexesOf(active))
    .with(replacesOnlyFailed(job) ? indexesOf(pods.filter(isPodTerminating)) : [])
    .with(indexFailures?.failed ?? []);
}
