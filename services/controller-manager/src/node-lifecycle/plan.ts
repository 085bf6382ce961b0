import type { Node, NodeCondition, Pod, Taint } from '@kubus/shared/schema';
import { formatTime } from '../common/time.ts';
import type { NodeLifecycleSettings } from './settings.ts';
import { evictionTaint, evictionTaintOf, readyCondition, schedulingTaints, withTaints } from './taints.ts';
import { untilEviction, type Zones } from './zones.ts';

export interface Observed {
  node: Node;
  pods: readonly Pod[];
  /** When the node last gave a sign of life: renewed its lease, or posted its status; milliseconds since 1970, by our clock. */
  lastSeen: number;
  zones: Zones;
}

export type Action =
  /** Conditions that the node itself can no longer tell. */
  | { type: 'setConditions'; conditions: NodeCondition[]; becameNotReady: boolean }
  | { type: 'setTaints'; taints: Taint[] }
  /** What a node that is not ready says of its pods is no longer true. */
  | { type: 'markNotReady'; pod: Pod };

export interface Plan {
  actions: Action[];
  /** Milliseconds until the next look. */
  nextLook: number;
}

/** What is to be done about a node (Kubernetes: node lifecycle controller). */
export function plan(observed: Observed, settings: NodeLifecycleSettings, now: number): Plan {
  const { node, lastSeen } = observed;
  const old = node.status?.conditions ?? [];
  const grace = readyCondition(old) === undefined ? settings.startupGraceMs : settings.monitorGraceMs;
  const left = lastSeen + grace - now;
  const conditions = left < 0 ? unknownConditions(node, now) : old;
  const ready = readyCondition(conditions)?.status;
  const eviction = planEviction(observed, conditions, settings, now);
  const taints = withTaints(
    node,
    { scheduling: schedulingTaints(node, conditions), eviction: eviction.taint },
    formatTime(now),
  );
  const wasReady = readyCondition(old)?.status === 'True';
  return {
    actions: [
      ...(conditions === old ? [] : [{ type: 'setConditions' as const, conditions, becameNotReady: wasReady }]),
      ...(taints === undefined ? [] : [{ type: 'setTaints' as const, taints }]),
      ...(ready === undefined || ready === 'True' ? [] : observed.pods.filter(isReady).map(markNotReady)),
    ],
    // A node that is well is looked at when it would no longer be.
    nextLook:
      ready === 'True' || ready === undefined ? Math.max(left, 0) + 1 : (eviction.again ?? settings.monitorPeriodMs),
  };
}

/** Kubelet's own conditions; that of the network is not the node's to tell. */
const ownConditions = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'];

/** The same array when there is nothing to change. */
function unknownConditions(node: Node, now: number): NodeCondition[] {
  const old = node.status?.conditions ?? [];
  const time = formatTime(now);
  const stopped = { status: 'Unknown', reason: 'NodeStatusUnknown', message: 'Kubelet stopped posting node status.' };
  const never = { status: 'Unknown', reason: 'NodeStatusNeverUpdated', message: 'Kubelet never posted node status.' };
  const { creationTimestamp } = node.metadata;
  const heartbeat = creationTimestamp === undefined ? {} : { lastHeartbeatTime: creationTimestamp };
  const changed = old.map((condition) =>
    ownConditions.includes(condition.type) && condition.status !== 'Unknown'
      ? { ...condition, ...stopped, lastTransitionTime: time }
      : condition,
  );
  const missing = ownConditions
    .filter((type) => !old.some((condition) => condition.type === type))
    .map((type) => ({ type, ...never, ...heartbeat, lastTransitionTime: time }));
  return missing.length === 0 && changed.every((condition, index) => condition === old[index])
    ? old
    : [...changed, ...missing];
}

interface Eviction {
  taint: string | undefined;
  /** When to look again because it had to wait. */
  again?: number;
}

/** Whether the pods of the node are to go elsewhere. One that is given up already only changes the reason. */
function planEviction(
  { node, zones }: Observed,
  conditions: readonly NodeCondition[],
  settings: NodeLifecycleSettings,
  now: number,
): Eviction {
  const taint = evictionTaint(conditions);
  if (taint === undefined) return { taint };
  const again = settings.monitorPeriodMs;
  if (zones.allDisrupted) return { taint: undefined, again };
  if (evictionTaintOf(node) !== undefined) return { taint, again };
  const wait = untilEviction(zones.of(node), settings, now);
  return wait === 0 ? { taint, again } : { taint: undefined, again: Math.min(wait ?? again, again) };
}

const isReady = (pod: Pod): boolean =>
  pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;

const markNotReady = (pod: Pod): Action => ({ type: 'markNotReady', pod });

/** The pod's status with Ready False. */
export function notReadyStatus(pod: Pod, now: number): Pod {
  const conditions = (pod.status?.conditions ?? []).map((condition) =>
    condition.type === 'Ready' ? { ...condition, status: 'False', lastTransitionTime: formatTime(now) } : condition,
  );
  return { ...pod, status: { ...pod.status, conditions } };
}
