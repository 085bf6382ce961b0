import type { Node, Pod } from '@kubus/shared/schema';
import { parseTime } from '../common/time.ts';

export type Reason = 'orphaned' | 'unscheduled' | 'outOfService' | 'terminated';

export interface Collected {
  pod: Pod;
  reason: Reason;
}

export interface Observed {
  pods: readonly Pod[];
  nodes: ReadonlyMap<string, Node>;
  /** Since when a node is missing; milliseconds since 1970. */
  missingSince(node: string): number;
  /** Pods that have ended and are kept; 0: all. */
  terminatedThreshold: number;
}

/** A node may be missing for so long before its pods are taken for gone: it may be about to come back; milliseconds. */
const quarantineMs = 40_000;
export const outOfServiceTaint = 'node.kubernetes.io/out-of-service';

/** Pods that nobody will ever clean up but us (Kubernetes: Pod garbage collection). */
export function plan(observed: Observed, now: number): Collected[] {
  const found: Collected[] = [];
  const take = (reason: Reason, test: (pod: Pod) => boolean) =>
    found.push(...observed.pods.filter(test).map((pod) => ({ pod, reason })));
  take('orphaned', (pod) => isOrphaned(pod, observed, now));
  take('unscheduled', (pod) => isTerminating(pod) && nodeOf(pod) === '');
  take('outOfService', (pod) => isTerminating(pod) && isOutOfService(observed.nodes.get(nodeOf(pod))));
  found.push(...surplus(observed).map((pod) => ({ pod, reason: 'terminated' as const })));
  const seen = new Set<Pod>();
  return found.filter(({ pod }) => !seen.has(pod) && seen.add(pod));
}

const nodeOf = (pod: Pod): string => pod.spec?.nodeName ?? '';
const isTerminating = (pod: Pod): boolean => pod.metadata.deletionTimestamp !== undefined;

function isOrphaned(pod: Pod, { nodes, missingSince }: Observed, now: number): boolean {
  const node = nodeOf(pod);
  return node !== '' && !nodes.has(node) && now - missingSince(node) >= quarantineMs;
}

/** Somebody has vouched for it that the node is down for good (Kubernetes: non-graceful node shutdown). */
function isOutOfService(node: Node | undefined): boolean {
  const ready = node?.status?.conditions?.find(({ type }) => type === 'Ready');
  const tainted = node?.spec?.taints?.some(({ key }) => key === outOfServiceTaint) ?? false;
  return tainted && ready?.status !== 'True';
}

/** Of those that have ended, the oldest above the threshold. */
function surplus({ pods, terminatedThreshold }: Observed): Pod[] {
  if (terminatedThreshold === 0) return [];
  const ended = pods.filter(({ status }) => status?.phase === 'Succeeded' || status?.phase === 'Failed');
  const created = ({ metadata }: Pod) => parseTime(metadata.creationTimestamp) ?? 0;
  return ended.sort((a, b) => created(a) - created(b)).slice(0, Math.max(0, ended.length - terminatedThreshold));
}
