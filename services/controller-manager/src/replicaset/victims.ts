import { isPodActive, isPodReady, readySince } from '../common/pod-state.ts';
import { parseTime } from '../common/time.ts';
import type { Pod } from '../common/types.ts';

const deletionCostAnnotation = 'controller.kubernetes.io/pod-deletion-cost';
/** A pod of any other phase comes first, as one that is pending. */
const phaseOrder = new Map([
  ['Pending', 0],
  ['Unknown', 1],
  ['Running', 2],
]);

/**
 * The `count` pods that hurt least to delete, in the order of Kubernetes: not yet on a node, pending, not ready, cheap by annotation
 * (KEP-2255), on a node with many pods of the same workload, ready for a short time, with many restarts, young. Times count in
 * logarithmic buckets, and the uid decides within one, so that not always the youngest pods go (KEP-2185).
 *
 * `related` are the pods of all controllers with the same owner: the pods of a Deployment that spread over its ReplicaSets.
 */
export function chooseVictims(pods: readonly Pod[], related: readonly Pod[], count: number, now: number): Pod[] {
  if (count >= pods.length) return [...pods];
  const perNode = new Map<string, number>();
  for (const pod of related) {
    if (isPodActive(pod)) perNode.set(nodeOf(pod), (perNode.get(nodeOf(pod)) ?? 0) + 1);
  }
  const candidates = pods.map((pod) => candidate(pod, perNode.get(nodeOf(pod)) ?? 0, now));
  // By uid first: the order below has circles in rare cases, and its outcome must not depend on the order of a cache.
  return candidates
    .sort((a, b) => compareText(uidOf(a), uidOf(b)))
    .sort(compare)
    .slice(0, count)
    .map(({ pod }) => pod);
}

interface Candidate {
  pod: Pod;
  assigned: boolean;
  phase: number;
  ready: boolean;
  cost: number;
  sameNode: number;
  readySince: number | undefined;
  readyBucket: number;
  restarts: number;
  sidecarRestarts: number;
  created: number | undefined;
  ageBucket: number;
}

function candidate(pod: Pod, sameNode: number, now: number): Candidate {
  const created = parseTime(pod.metadata.creationTimestamp);
  const since = readySince(pod);
  return {
    pod,
    assigned: nodeOf(pod) !== '',
    phase: phaseOrder.get(pod.status?.phase ?? '') ?? 0,
    ready: isPodReady(pod),
    cost: deletionCost(pod),
    sameNode,
    readySince: since,
    readyBucket: bucket(since, now),
    ...restartsOf(pod),
    created,
    ageBucket: bucket(created, now),
  };
}

/** Negative when `a` is to be deleted before `b`. */
function compare(a: Candidate, b: Candidate): number {
  return (
    Number(a.assigned) - Number(b.assigned) ||
    a.phase - b.phase ||
    Number(a.ready) - Number(b.ready) ||
    a.cost - b.cost ||
    b.sameNode - a.sameNode ||
    compareTimes(a.readySince, b.readySince, a.readyBucket - b.readyBucket, a, b) ||
    b.restarts - a.restarts ||
    b.sidecarRestarts - a.sidecarRestarts ||
    compareTimes(a.created, b.created, a.ageBucket - b.ageBucket, a, b)
  );
}

/** No time comes before any time; different times in one bucket are told apart by uid; equal times are equal. */
function compareTimes(
  timeA: number | undefined,
  timeB: number | undefined,
  buckets: number,
  a: Candidate,
  b: Candidate,
): number {
  if (timeA === timeB) return 0;
  if (timeA === undefined || timeB === undefined) return timeA === undefined ? -1 : 1;
  return buckets || compareText(uidOf(a), uidOf(b));
}

const uidOf = ({ pod }: Candidate): string => pod.metadata.uid ?? '';

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Base-2 logarithm of the age in nanoseconds, as Kubernetes counts; -1 for an age of nothing or less. */
function bucket(time: number | undefined, now: number): number {
  const age = time === undefined ? 0 : (now - time) * 1e6;
  return age > 0 ? Math.floor(Math.log2(age)) : -1;
}

function nodeOf(pod: Pod): string {
  return pod.spec.nodeName ?? '';
}

/** A 32-bit integer; anything else counts as 0. */
function deletionCost(pod: Pod): number {
  const text = pod.metadata.annotations?.[deletionCostAnnotation];
  if (text === undefined || !/^(0|-?[1-9]\d{0,9})$/.test(text)) return 0;
  const cost = Number(text);
  return cost === (cost | 0) ? cost : 0;
}

/** Highest count of any container, and of any sidecar: an init container that restarts always. */
function restartsOf(pod: Pod): { restarts: number; sidecarRestarts: number } {
  const sidecars = new Set(pod.spec.initContainers?.filter((c) => c.restartPolicy === 'Always').map((c) => c.name));
  const sidecarStatuses = pod.status?.initContainerStatuses?.filter((status) => sidecars.has(status.name));
  return { restarts: mostRestarts(pod.status?.containerStatuses), sidecarRestarts: mostRestarts(sidecarStatuses) };
}

function mostRestarts(statuses: readonly { restartCount?: number }[] | undefined): number {
  return Math.max(0, ...(statuses ?? []).map((status) => status.restartCount ?? 0));
}
