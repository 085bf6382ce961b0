import type { EventType } from '@kubus/shared/events';
import type { Node, NodeStatus } from '@kubus/shared/schema';

export interface NodeEvent {
  type: EventType;
  reason: string;
  message: string;
}

/** By condition: what it is called when it begins, and when it ends (kubelet: nodestatus/setters.go). */
const reasons: Record<string, Record<string, string>> = {
  MemoryPressure: { True: 'NodeHasInsufficientMemory', False: 'NodeHasSufficientMemory' },
  DiskPressure: { True: 'NodeHasDiskPressure', False: 'NodeHasNoDiskPressure' },
  PIDPressure: { True: 'NodeHasInsufficientPID', False: 'NodeHasSufficientPID' },
  Ready: { True: 'NodeReady', False: 'NodeNotReady' },
};

/**
 * What kubelet tells of its node when the status goes from what the API knows to `status`: conditions that have changed, another boot, and
 * whether pods may be placed on it. A node that is new tells of all its conditions.
 */
export function nodeEvents(
  known: Node | undefined,
  status: NodeStatus,
  { name, wasUnschedulable }: { name: string; wasUnschedulable: boolean },
): NodeEvent[] {
  const before = new Map(known?.status?.conditions?.map((condition) => [condition.type, condition.status]));
  const changed = (status.conditions ?? []).filter(({ type, status: is }) => before.get(type) !== is);
  const unschedulable = known?.spec?.unschedulable === true;
  const told = changed.flatMap(({ type, status: is }) => reasons[type]?.[is] ?? []);
  if (unschedulable !== wasUnschedulable) told.push(unschedulable ? 'NodeNotSchedulable' : 'NodeSchedulable');
  const conditions = told.map(
    (reason): NodeEvent => ({ type: 'Normal', reason, message: `Node ${name} status is now: ${reason}` }),
  );
  return [...rebooted(known, status, name), ...conditions];
}

function rebooted(known: Node | undefined, { nodeInfo }: NodeStatus, name: string): NodeEvent[] {
  const before = known?.status?.nodeInfo?.bootID ?? '';
  const now = nodeInfo?.bootID ?? '';
  if (before === '' || before === now) return [];
  return [{ type: 'Warning', reason: 'Rebooted', message: `Node ${name} has been rebooted, boot id: ${now}` }];
}
