import { qosClass } from '@kubus/shared/object';
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

/** A pod that asks for other resources than it has. */
export interface ResizeRequest {
  pod: Pod;
  /** With what it has. */
  allocated: Pod;
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

/** Whether what the pod asks for now fits on the node, alone and beside what the others have; pure. */
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
  // What is lacking alone counts before what is lacking beside others, and memory before cpu, as in kubelet.
  for (const name of ['memory', 'cpu'] as const) {
    if (wanted[name] <= capacity[name]) continue;
    const message = `Node didn't have enough capacity: ${name}, requested: ${wanted[name]}, capacity: ${capacity[name]}`;
    return { reason: 'Infeasible', message };
  }
  for (const name of ['cpu', 'memory'] as const) {
    if (wanted[name] === 0 || wanted[name] <= capacity[name] - taken[name]) continue;
    const amounts = `requested: ${wanted[name]}, used: ${taken[name]}, capacity: ${capacity[name]}`;
    return { reason: 'Deferred', message: `Node didn't have enough resource: ${name}, ${amounts}` };
  }
  return undefined;
}

/** Which resize is tried first (KEP-1287, "Priority of Resize Requests"): one that takes nothing, then by priority, class of service and how long it has waited. */
export function compareResizes(a: ResizeRequest, b: ResizeRequest): number {
  const [first, second] = [rankOf(a), rankOf(b)];
  const at = first.findIndex((each, i) => each !== second[i]);
  return at < 0 ? 0 : (first[at] ?? 0) - (second[at] ?? 0);
}

function rankOf({ pod, allocated }: ResizeRequest): number[] {
  const [wanted, has] = [askedFor(pod), askedFor(allocated)];
  const since = pod.status?.conditions?.find(({ type }) => type === 'PodResizePending')?.lastTransitionTime;
  return [
    wanted.cpu > has.cpu || wanted.memory > has.memory ? 1 : 0,
    -(pod.spec?.priority ?? 0),
    qosClass(pod) === 'Guaranteed' ? 0 : 1,
    since === undefined ? Number.POSITIVE_INFINITY : Date.parse(since),
  ];
}

/** As kubelet tells of a resize: what the containers are to have, and of which generation of the pod that is. */
export function resizeMessage(what: string, { spec }: Pod, generation: number | undefined, error?: string): string {
  const summary = (containers: readonly Container[] = []) =>
    containers.length === 0
      ? undefined
      : containers.map(({ name, resources }) => ({
          name,
          resources: { limits: sorted(resources?.limits), requests: sorted(resources?.requests) },
        }));
  const details = {
    initContainers: summary(spec?.initContainers),
    containers: summary(spec?.containers),
    generation: generation ?? 0,
    error,
  };
  return `Pod resize ${what}: ${JSON.stringify(details)}`;
}

const sorted = (list: Readonly<Record<string, string | number>> | undefined) =>
  list === undefined ? undefined : Object.fromEntries(Object.entries(list).sort(([a], [b]) => (a < b ? -1 : 1)));
