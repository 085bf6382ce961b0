import type { Node, NodeCondition, Taint } from '@kubus/shared/schema';

/** Keys of well-known taints (Kubernetes: Taints and Tolerations). */
const notReadyTaint = 'node.kubernetes.io/not-ready';
const unreachableTaint = 'node.kubernetes.io/unreachable';
const unschedulableTaint = 'node.kubernetes.io/unschedulable';

/** What a condition's status says about scheduling. */
const byCondition: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Ready: { False: notReadyTaint, Unknown: unreachableTaint },
  MemoryPressure: { True: 'node.kubernetes.io/memory-pressure' },
  DiskPressure: { True: 'node.kubernetes.io/disk-pressure' },
  NetworkUnavailable: { True: 'node.kubernetes.io/network-unavailable' },
  PIDPressure: { True: 'node.kubernetes.io/pid-pressure' },
};

const scheduling = new Set([
  unschedulableTaint,
  ...Object.values(byCondition).flatMap((taints) => Object.values(taints)),
]);
const evicting = new Set([notReadyTaint, unreachableTaint]);

export function readyCondition(conditions: readonly NodeCondition[]): NodeCondition | undefined {
  return conditions.find(({ type }) => type === 'Ready');
}

/** Taints with the effect NoSchedule that a node with these conditions has. */
export function schedulingTaints(node: Node, conditions: readonly NodeCondition[]): string[] {
  const keys = conditions.flatMap(({ type, status }) => {
    const taints = Object.hasOwn(byCondition, type) ? byCondition[type] : undefined;
    const key = taints !== undefined && Object.hasOwn(taints, status) ? taints[status] : undefined;
    return key ?? [];
  });
  return node.spec?.unschedulable === true ? [...keys, unschedulableTaint] : keys;
}

/** The one with the effect NoExecute that its Ready condition asks for. */
export function evictionTaint(conditions: readonly NodeCondition[]): string | undefined {
  switch (readyCondition(conditions)?.status) {
    case 'False':
      return notReadyTaint;
    case 'Unknown':
      return unreachableTaint;
    default:
      return undefined;
  }
}

/** Since when a node is being given up; undefined when it is not. */
export function evictionTaintOf(node: Node): Taint | undefined {
  return node.spec?.taints?.find(({ key, effect }) => effect === 'NoExecute' && evicting.has(key));
}

/** The node's taints with ours as wanted; undefined when that is what it has. Those of others stay, and so do times. */
export function withTaints(
  node: Node,
  wanted: { scheduling: readonly string[]; eviction: string | undefined },
  time: string,
): Taint[] | undefined {
  const old = node.spec?.taints ?? [];
  const isWanted = ({ key, effect }: Taint): boolean => {
    if (effect === 'NoSchedule' && scheduling.has(key)) return wanted.scheduling.includes(key);
    if (effect === 'NoExecute' && evicting.has(key)) return wanted.eviction === key;
    return true;
  };
  const has = (key: string, effect: string) => old.some((taint) => taint.key === key && taint.effect === effect);
  const kept = old.filter(isWanted);
  const added = [
    ...wanted.scheduling
      .filter((key) => !has(key, 'NoSchedule'))
      .map((key) => ({ key, effect: 'NoSchedule', timeAdded: time })),
    ...(wanted.eviction === undefined || has(wanted.eviction, 'NoExecute')
      ? []
      : [{ key: wanted.eviction, effect: 'NoExecute', timeAdded: time }]),
  ];
  return added.length === 0 && kept.length === old.length ? undefined : [...kept, ...added];
}
