import type { Usage, UsageReport } from '@kubus/shared/bus';
import type { ContainerRecord } from '../runtime/contract.ts';
import type { ContainerUsage, NodeUsage } from './contract.ts';

/** Counters at one moment. */
export interface Sample {
  /** Milliseconds since 1970. */
  time: number;
  node: NodeUsage;
  containers: ReadonlyMap<string, ContainerUsage>;
}

/** What was used between two samples: the CPU as part of a core, the memory as it is at the end. A container that is new, or was started anew, comes with the next report. */
export function reportOf(before: Sample, after: Sample, records: readonly ContainerRecord[]): UsageReport {
  const windowMs = Math.max(1, after.time - before.time);
  const pods = new Map<string, UsageReport['pods'][number]>();
  for (const { id, podUid, podNamespace, podName, container } of records) {
    const [first, last] = [before.containers.get(id), after.containers.get(id)];
    if (container === '' || first === undefined || last === undefined || last.cpuNanos < first.cpuNanos) continue;
    const pod = pods.get(podUid) ?? { uid: podUid, namespace: podNamespace, name: podName, containers: [] };
    pod.containers.push({ name: container, ...used(first, last, windowMs) });
    pods.set(podUid, pod);
  }
  return { time: after.time, windowMs, node: used(before.node, after.node, windowMs), pods: [...pods.values()] };
}

function used(first: NodeUsage, last: NodeUsage, windowMs: number): Usage {
  return {
    cpuNanos: Math.round((Math.max(0, last.cpuNanos - first.cpuNanos) * 1000) / windowMs),
    memoryBytes: last.memoryBytes,
  };
}
