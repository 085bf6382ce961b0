import { podRequests, qosClass, quantityValue } from '@kubus/shared/object';
import type { Container, Pod, PodSpec } from '@kubus/shared/schema';
import { isStatic } from '../static-pods/manifests.ts';

/** Kubernetes: SystemCriticalPriority. */
const criticalPriority = 2_000_000_000;

/** The last to be ended; a pod of which a burstable one never comes as close. */
const guaranteed = -997;
const leastBurstable = 1000 + guaranteed;
const bestEffort = 1000;

/**
 * How readily the kernel ends the container when memory runs out, from 1000 down (kubernetes.io: "Node out of memory behavior"; kubelet:
 * GetContainerOOMScoreAdjust). `memoryCapacity`: of the node, bytes.
 */
export function oomScoreAdj(pod: Pod, container: Container, memoryCapacity: number): number {
  if (isNodeCritical(pod)) return guaranteed;
  const qos = qosClass(pod);
  if (qos === 'Guaranteed') return guaranteed;
  if (qos === 'BestEffort') return bestEffort;
  const request = Math.max(memoryOf(container), sidecarsShare(pod, container)) + spareShare(pod.spec);
  const score = bestEffort - Math.floor((1000 * request) / memoryCapacity);
  return Math.min(bestEffort - 1, Math.max(leastBurstable, score));
}

const isNodeCritical = (pod: Pod): boolean =>
  pod.spec?.priorityClassName === 'system-node-critical' &&
  (isStatic(pod) || (pod.spec.priority ?? 0) >= criticalPriority);

const memoryOf = ({ resources }: Container): number => quantityValue(resources?.requests?.['memory'] ?? 0);

/** A sidecar is ended no sooner than what it serves: it counts for as much as the least of the containers. */
function sidecarsShare({ spec }: Pod, { name, restartPolicy }: Container): number {
  const isSidecar = restartPolicy === 'Always' && spec?.initContainers?.some((other) => other.name === name) === true;
  return isSidecar ? Math.min(...(spec?.containers ?? []).map(memoryOf)) : 0;
}

/** What a pod asks for as a whole beyond what its containers do is shared among them. */
function spareShare(spec: PodSpec | undefined): number {
  const whole = quantityValue(spec?.resources?.requests?.['memory'] ?? 0);
  if (spec === undefined || whole === 0) return 0;
  const { containers = [], initContainers = [] } = spec;
  const ofContainers = podRequests({ containers, initContainers }).get('memory') ?? 0;
  return Math.floor((whole - ofContainers) / (containers.length + initContainers.length));
}
