import { milliValue, quantityValue } from '@kubus/shared/object';
import type { Container, Pod } from '@kubus/shared/schema';
import type { ContainerSpec } from '../runtime/contract.ts';

export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort';

/** Quality of service of a pod (Kubernetes: "Pod Quality of Service Classes"). */
export function qosClass(pod: Pod): QosClass {
  const containers = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])];
  const asked = containers.some(({ resources }) => hasAny(resources?.requests) || hasAny(resources?.limits));
  if (!asked) return 'BestEffort';
  return containers.every(isGuaranteed) ? 'Guaranteed' : 'Burstable';
}

const hasAny = (list: Record<string, unknown> | undefined) =>
  list?.['cpu'] !== undefined || list?.['memory'] !== undefined;

function isGuaranteed({ resources }: Container): boolean {
  return ['cpu', 'memory'].every((name) => {
    const limit = resources?.limits?.[name];
    const request = resources?.requests?.[name] ?? limit;
    return (
      limit !== undefined && request !== undefined && milliValue(limit) === milliValue(request) && milliValue(limit) > 0
    );
  });
}

/** How readily the kernel ends the container when memory runs out (Kubernetes: "Node OOM behavior"). */
export function oomScoreAdj(qos: QosClass, container: Container, memoryCapacity: number): number {
  if (qos === 'Guaranteed') return -997;
  if (qos === 'BestEffort') return 1000;
  const request = quantityValue(container.resources?.requests?.['memory'] ?? 0);
  const score = Math.floor(1000 - (1000 * request) / memoryCapacity);
  return Math.min(999, Math.max(3, score));
}

/** What a container may use and asks for, as the runtime takes it. */
export function amountsOf({ resources }: Container): Pick<ContainerSpec, 'limits' | 'requests'> {
  const cpuLimit = resources?.limits?.['cpu'];
  const memoryLimit = resources?.limits?.['memory'];
  const cpuRequest = resources?.requests?.['cpu'] ?? cpuLimit;
  return {
    limits: {
      ...(cpuLimit === undefined ? {} : { cpuMillis: milliValue(cpuLimit) }),
      ...(memoryLimit === undefined ? {} : { memoryBytes: quantityValue(memoryLimit) }),
    },
    requests: cpuRequest === undefined ? {} : { cpuMillis: milliValue(cpuRequest) },
  };
}
