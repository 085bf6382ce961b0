import type { Container, Pod } from '@kubus/shared/schema';
import { type Cgroup, cgroupOf } from '../runtime/cgroup.ts';
import type { ContainerRecord } from '../runtime/contract.ts';
import type { ObservedPod } from './observe.ts';
import { amountsOf, askedFor } from './resources.ts';

/** Why a resize waits, as the condition PodResizePending shows it (KEP-1287). */
export interface PendingResize {
  reason: 'Deferred' | 'Infeasible';
  message: string;
}

/** What a running container has to be changed to; undefined when it is as it is desired. */
export function resizeOf(
  pod: Pod,
  container: Container,
  { cgroup }: ContainerRecord,
): { to: Cgroup; restart: boolean } | undefined {
  if (cgroup === undefined) return undefined;
  const to = cgroupOf(amountsOf(pod, container));
  const cpu = to.cpuShares !== cgroup.cpuShares || to.cpuQuota !== cgroup.cpuQuota;
  const memory = to.memoryBytes !== cgroup.memoryBytes;
  if (!cpu && !memory) return undefined;
  const restarts = (name: string) =>
    container.resizePolicy?.find(({ resourceName }) => resourceName === name)?.restartPolicy === 'RestartContainer';
  return { to, restart: (cpu && restarts('cpu')) || (memory && restarts('memory')) };
}

export const isResizing = (pod: Pod, { containers }: ObservedPod): boolean =>
  containers.some(({ spec, latest }) => latest?.state === 'running' && resizeOf(pod, spec, latest) !== undefined);

/** Whether what the pod asks for now fits on the node, alone and beside the others; pure. */
export function pendingResize(
  pod: Pod,
  others: readonly Pod[],
  allocatable: { cpuMillis: number; memoryBytes: number },
): PendingResize | undefined {
  const wanted = askedFor(pod);
  const taken = others
    .map(askedFor)
    .reduce((sum, each) => ({ cpu: sum.cpu + each.cpu, memory: sum.memory + each.memory }), {
      cpu: 0,
      memory: 0,
    });
  const capacity = { cpu: allocatable.cpuMillis, memory: allocatable.memoryBytes };
  for (const name of ['cpu', 'memory'] as const) {
    const amounts = `${name}, requested: ${wanted[name]}`;
    if (wanted[name] > capacity[name]) {
      const message = `Node didn't have enough capacity: ${amounts}, capacity: ${capacity[name]}`;
      return { reason: 'Infeasible', message };
    }
    if (wanted[name] > capacity[name] - taken[name]) {
      const message = `Node didn't have enough resource: ${amounts}, used: ${taken[name]}, capacity: ${capacity[name]}`;
      return { reason: 'Deferred', message };
    }
  }
  return undefined;
}
