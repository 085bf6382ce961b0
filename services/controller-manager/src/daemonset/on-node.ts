import { isPodReady, untilAvailable } from '../common/pod-state.ts';
import type { DaemonSet, Node, Pod } from '../common/types.ts';
import { targetNode } from './daemon-pod.ts';
import type { Fit } from './node-fit.ts';
import { allowsSurge } from './strategy.ts';

/** A node, or the name of one that is gone, with the set's pods that are on it or made for it; the one that counts first. */
export interface NodePods {
  name: string;
  node: Node | undefined;
  fit: Fit;
  pods: readonly Pod[];
}

/** In the order of their names. Pods that have ended and are being deleted are gone already. */
export function podsByNode(nodes: readonly Node[], pods: readonly Pod[], fitOf: (node: Node) => Fit): NodePods[] {
  const byNode = new Map<string, Pod[]>();
  for (const pod of pods) {
    const name = targetNode(pod);
    if (name === undefined || (hasEnded(pod) && isTerminating(pod))) continue;
    const known = byNode.get(name);
    if (known === undefined) byNode.set(name, [pod]);
    else known.push(pod);
  }
  const here = nodes.map((node) => ({
    name: node.metadata.name,
    node,
    fit: fitOf(node),
    pods: (byNode.get(node.metadata.name) ?? []).sort(firstThatCounts),
  }));
  const present = new Set(here.map(({ name }) => name));
  const gone = [...byNode]
    .filter(([name]) => !present.has(name))
    .map(([name, left]) => ({ name, node: undefined, fit: { shouldRun: false, mayStay: false }, pods: left }));
  return [...here, ...gone].sort((a, b) => compareText(a.name, b.name));
}

export const isTerminating = ({ metadata }: Pod): boolean => metadata.deletionTimestamp !== undefined;

const hasEnded = ({ status }: Pod): boolean => status?.phase === 'Failed' || status?.phase === 'Succeeded';

export const isAvailable = (set: DaemonSet, pod: Pod, now: number): boolean =>
  untilAvailable(pod, set.spec.minReadySeconds ?? 0, now) === 0;

/** What one node needs apart from updates. */
export interface NodeStep {
  create: boolean;
  remove: Pod[];
  /** Ended pods: to be removed as well, with a word about it. */
  failed: Pod[];
  succeeded: Pod[];
}

/** One running pod where one is to be; none where none may stay. With surge, a second one of the new template until it is available. */
export function nodeStep(
  set: DaemonSet,
  { node, fit, pods }: NodePods,
  hash: (pod: Pod) => boolean,
  now: number,
): NodeStep {
  const staying = pods.filter((pod) => !isTerminating(pod));
  const nothing = { create: false, remove: [], failed: [], succeeded: [] };
  if (node === undefined) return { ...nothing, remove: staying.filter((pod) => (pod.spec.nodeName ?? '') === '') };
  if (fit.shouldRun && pods.length === 0) return { ...nothing, create: true };
  if (!fit.mayStay) return { ...nothing, remove: staying };
  const failed = staying.filter(({ status }) => status?.phase === 'Failed');
  const succeeded = staying.filter(({ status }) => status?.phase === 'Succeeded');
  const running = staying.filter((pod) => !hasEnded(pod));
  if (!allowsSurge(set)) return { create: false, remove: running.slice(1), failed, succeeded };
  if (running.length <= 1) return { create: running.length === 0 && fit.shouldRun, remove: [], failed, succeeded };
  return { create: false, remove: surgeSurplus(set, running, hash, now), failed, succeeded };
}

/** The oldest of each template may stay, both only while the old one is ready and the new one is not available yet. */
function surgeSurplus(set: DaemonSet, running: readonly Pod[], isNew: (pod: Pod) => boolean, now: number): Pod[] {
  const newest = running.find(isNew);
  const old = running.find((pod) => !isNew(pod));
  const surplus = running.filter((pod) => pod !== newest && pod !== old);
  if (newest === undefined || old === undefined) return surplus;
  return !isPodReady(old) || isAvailable(set, newest, now) ? [...surplus, old] : surplus;
}

/** Those on their node come first, then the older ones. */
function firstThatCounts(a: Pod, b: Pod): number {
  const bound = (pod: Pod) => Number((pod.spec.nodeName ?? '') !== '');
  return (
    bound(b) - bound(a) ||
    compareText(a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? '') ||
    compareText(a.metadata.name, b.metadata.name)
  );
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
