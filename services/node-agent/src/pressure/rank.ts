import { podRequests, qosClass, quantityValue } from '@kubus/shared/object';
import type { Pod } from '@kubus/shared/schema';
import type { Doom } from '../pod/doom.ts';
import { isStatic } from '../static-pods/manifests.ts';
import type { Signal, Threshold } from './thresholds.ts';

/** Kubernetes: SystemCriticalPriority; pods of that rank, and those from the node's own folder, are never evicted. */
const criticalPriority = 2_000_000_000;

/** kubelet: immediateEvictionGracePeriodSeconds. */
const immediateSeconds = 1;

/** In place of a container: what lies in the pod's volumes on disk. */
export const volumesOf = '';

export interface Candidate {
  pod: Pod;
  /** Of what the node lacks, by container and `volumesOf`; bytes. */
  usage: ReadonlyMap<string, number>;
}

/** Who goes first: usage over request, then the lesser priority, then the most over its request (Kubernetes: "Pod selection for kubelet eviction"). Pure. */
export function rank(candidates: readonly Candidate[], resource: 'memory' | 'ephemeral-storage'): Candidate[] {
  const known = candidates
    .filter(({ pod }) => isEvictable(pod))
    .map((candidate) => ({ candidate, over: sum(candidate.usage) - requestOf(candidate.pod, resource) }));
  return known
    .toSorted(
      (a, b) =>
        Number(b.over > 0) - Number(a.over > 0) ||
        (a.candidate.pod.spec?.priority ?? 0) - (b.candidate.pod.spec?.priority ?? 0) ||
        b.over - a.over,
    )
    .map(({ candidate }) => candidate);
}

function isEvictable(pod: Pod): boolean {
  const { metadata, spec, status } = pod;
  if (metadata.deletionTimestamp !== undefined) return false;
  if (status?.phase === 'Succeeded' || status?.phase === 'Failed') return false;
  if (isStatic(pod)) return false;
  return (spec?.priority ?? 0) < criticalPriority;
}

const sum = (usage: ReadonlyMap<string, number>) => [...usage.values()].reduce((total, each) => total + each, 0);

const requestsOf = (pod: Pod, resource: string) =>
  new Map(
    [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])].map(({ name, resources }) => [
      name,
      quantityValue(resources?.requests?.[resource] ?? 0),
    ]),
  );

const requestOf = ({ spec }: Pod, resource: string): number =>
  spec === undefined ? 0 : (podRequests(spec).get(resource) ?? 0);

/** As kubelet words it. */
export function eviction(
  { pod, usage }: Candidate,
  threshold: Threshold,
  { available, capacity }: Signal,
  maxPodGraceSeconds: number,
): Doom {
  const resource = threshold.signal === 'memory.available' ? 'memory' : 'ephemeral-storage';
  const requests = requestsOf(pod, resource);
  const over = [...usage]
    .filter(([name, used]) => name !== volumesOf && used > (requests.get(name) ?? 0))
    .map(
      ([name, used]) =>
        `Container ${name} was using ${kibibytes(used)}, request is ${kibibytes(requests.get(name) ?? 0)}, has larger consumption of ${resource}. `,
    );
  const amounts = `Threshold quantity: ${amount(threshold, capacity)}, available: ${kibibytes(available)}. `;
  const message = `The node was low on resource: ${resourceOf(threshold)}. ${amounts}${over.join('')}`;
  return {
    reason: 'Evicted',
    message,
    graceSeconds: threshold.graceMs === undefined ? immediateSeconds : maxPodGraceSeconds,
    disruption: { reason: 'TerminationByKubelet', message },
  };
}

/** As kubelet names what a threshold is about. */
export function resourceOf({ signal }: Threshold): string {
  if (signal === 'memory.available') return 'memory';
  if (signal === 'pid.available') return 'pids';
  return signal === 'nodefs.inodesFree' ? 'inodes' : 'ephemeral-storage';
}

const amount = ({ text, limit }: Threshold, capacity: number) =>
  text.endsWith('%') ? kibibytes(limit(capacity)) : text;

const kibibytes = (bytes: number) => (bytes === 0 ? '0' : `${Math.floor(bytes / 1024)}Ki`);

/** Whether a node under pressure takes a new pod (kubelet: eviction manager's Admit). Pure. */
export function refusedUnderPressure(pod: Pod, conditions: ReadonlySet<string>): Doom | undefined {
  const priority = pod.spec?.priority ?? 0;
  if (conditions.size === 0 || priority >= criticalPriority) return undefined;
  const onlyMemory = conditions.size === 1 && conditions.has('MemoryPressure');
  const tolerates = (pod.spec?.tolerations ?? []).some(
    ({ key, operator, effect }) =>
      (key === undefined || key === '' ? operator === 'Exists' : key === 'node.kubernetes.io/memory-pressure') &&
      (effect === undefined || effect === '' || effect === 'NoSchedule'),
  );
  if (onlyMemory && (qosClass(pod) !== 'BestEffort' || tolerates)) return undefined;
  const list = [...conditions].sort().join(' ');
  return { reason: 'Evicted', message: `Pod was rejected: The node had condition: [${list}]. ` };
}
