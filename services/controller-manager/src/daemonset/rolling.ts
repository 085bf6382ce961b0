import type { DaemonSet, Pod } from '../common/types.ts';
import { isAvailable, isTerminating, type NodePods } from './on-node.ts';
import { limits } from './strategy.ts';

/** What an update does next, when every node has what it needs. */
export interface UpdateStep {
  remove: Pod[];
  /** Names of nodes that get a pod of the new template beside the old one. */
  surge: string[];
}

/** The pods of a node that stay: at most one of each template, else it is being put in order, and counts as busy. */
interface Pair {
  name: string;
  updated: Pod | undefined;
  old: Pod | undefined;
  busy: boolean;
}

export function updateStep(
  set: DaemonSet,
  nodes: readonly NodePods[],
  isNew: (pod: Pod) => boolean,
  now: number,
): UpdateStep {
  const { surge, unavailable } = limits(set, nodes.filter(({ fit }) => fit.shouldRun).length);
  // Where a pod may stay but none is to be made, there is nothing to surge with.
  const concerned = nodes.filter(({ fit, pods }) => fit.shouldRun || (surge === 0 && pods.length > 0));
  const pairs = concerned.map((node) => pairOf(node, isNew));
  return surge > 0 ? surgeStep(set, pairs, surge, now) : replaceStep(set, pairs, unavailable, now);
}

function pairOf({ name, pods }: NodePods, isNew: (pod: Pod) => boolean): Pair {
  const staying = pods.filter((pod) => !isTerminating(pod));
  const updated = staying.filter(isNew);
  const old = staying.filter((pod) => !isNew(pod));
  return { name, updated: updated[0], old: old[0], busy: updated.length > 1 || old.length > 1 };
}

/** Old pods go, first those that are not available anyway, then others as far as the limit allows; the next look makes new ones. */
function replaceStep(set: DaemonSet, pairs: readonly Pair[], maxUnavailable: number, now: number): UpdateStep {
  const waiting = pairs.filter(
    ({ updated, old, busy }) =>
      busy ||
      (updated === undefined) === (old === undefined) ||
      (updated !== undefined && !isAvailable(set, updated, now)),
  );
  const old = pairs.filter((pair) => !pair.busy && pair.updated === undefined).flatMap((pair) => pair.old ?? []);
  const down = old.filter((pod) => !isAvailable(set, pod, now));
  const up = old.filter((pod) => isAvailable(set, pod, now));
  const allowed = Math.max(0, maxUnavailable - waiting.length - down.length);
  return { remove: [...down, ...up.slice(0, allowed)], surge: [] };
}

/** New pods come beside old ones as far as the limit allows, at once where the old one is not available; an old one goes when its new one is. */
function surgeStep(set: DaemonSet, pairs: readonly Pair[], maxSurge: number, now: number): UpdateStep {
  const both = pairs.filter(({ updated, old, busy }) => !busy && updated !== undefined && old !== undefined);
  const ready = both.filter(({ updated }) => updated !== undefined && isAvailable(set, updated, now));
  const surging = both.length - ready.length + pairs.filter(({ busy }) => busy).length;
  const single = pairs.filter(({ updated, old, busy }) => !busy && updated === undefined && old !== undefined);
  const down = single.filter(({ old }) => old !== undefined && !isAvailable(set, old, now));
  const up = single.filter((pair) => !down.includes(pair));
  return {
    remove: ready.flatMap(({ old }) => old ?? []),
    surge: [...down, ...up.slice(0, Math.max(0, maxSurge - surging))].map(({ name }) => name),
  };
}
