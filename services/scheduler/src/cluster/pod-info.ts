import { heldSpec, podRequests } from '@kubus/shared/object';
import type { Pod } from '@kubus/shared/schema';
import { type HostPort, hostPortsOf } from './host-ports.ts';
import { CPU, MEMORY, PODS, type ResourceColumns } from './resources.ts';

/** What scheduling needs to know of a pod, read once. */
export interface PodInfo {
  readonly pod: Pod;
  readonly uid: string;
  /** '<namespace>/<name>' */
  readonly key: string;
  readonly priority: number;
  /** Columns and amounts of what it asks, the pod itself included. */
  readonly columns: Int32Array;
  readonly amounts: Float64Array;
  readonly cpu: number;
  readonly memory: number;
  /** What scores count for a pod: containers that ask for nothing are taken for small ones, so that many of them do not end up on one node. */
  readonly scoredCpu: number;
  readonly scoredMemory: number;
  readonly hostPorts: readonly HostPort[];
  /** uid of the controller; pods of one are spread. */
  readonly owner: string | undefined;
  /** Pods with the same constraints on nodes share a text, and what is known of nodes under it. */
  readonly constraints: string;
}

/** pkg/scheduler/util: DefaultMilliCPURequest and DefaultMemoryRequest, for each container without a request. */
const SMALL_CPU = 100;
const SMALL_MEMORY = 200 * 1024 * 1024;

export function podInfo(pod: Pod, columns: ResourceColumns): PodInfo {
  const { metadata } = pod;
  const spec = heldSpec(pod);
  const requests = podRequests(spec);
  const asked = [...requests]
    .filter(([name, amount]) => amount > 0 && name !== 'pods')
    .map(([name, amount]) => [columns.of(name), amount] as const);
  const all = [...asked, [PODS, 1] as const];
  const without = (name: string) =>
    (spec.containers ?? []).filter((container) => !Object.hasOwn(container.resources?.requests ?? {}, name)).length;
  const amountOf = (column: number) => asked.find(([at]) => at === column)?.[1] ?? 0;
  return {
    pod,
    uid: metadata.uid ?? '',
    key: `${metadata.namespace ?? ''}/${metadata.name}`,
    priority: spec.priority ?? 0,
    columns: Int32Array.from(all, ([column]) => column),
    amounts: Float64Array.from(all, ([, amount]) => amount),
    cpu: amountOf(CPU),
    memory: amountOf(MEMORY),
    scoredCpu: amountOf(CPU) + without('cpu') * SMALL_CPU,
    scoredMemory: amountOf(MEMORY) + without('memory') * SMALL_MEMORY,
    hostPorts: hostPortsOf(pod),
    owner: metadata.ownerReferences?.find((reference) => reference.controller === true)?.uid,
    constraints: JSON.stringify([spec.nodeName, spec.nodeSelector, spec.affinity?.nodeAffinity, spec.tolerations]),
  };
}

/** A pod that has ended asks nothing of its node any more. */
export function isTerminal(pod: Pod): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
}
