import { milliValue, podRequests, quantityValue } from '@kubus/shared/object';
import type { Container, Pod } from '@kubus/shared/schema';
import type { ContainerSpec } from '../runtime/contract.ts';

/** What a container may use and asks for, as the runtime takes it. A limit that it does not have is that of the pod, if there is one (kubelet: getCPULimit). */
export function amountsOf({ spec }: Pod, { resources }: Container): Pick<ContainerSpec, 'limits' | 'requests'> {
  const limits = { ...spec?.resources?.limits, ...resources?.limits };
  const { cpu: cpuLimit, memory: memoryLimit } = limits;
  const cpuRequest = resources?.requests?.['cpu'] ?? cpuLimit;
  return {
    limits: {
      ...(cpuLimit === undefined ? {} : { cpuMillis: milliValue(cpuLimit) }),
      ...(memoryLimit === undefined ? {} : { memoryBytes: quantityValue(memoryLimit) }),
    },
    requests: cpuRequest === undefined ? {} : { cpuMillis: milliValue(cpuRequest) },
  };
}

/** What a pod takes of its node; cpu in thousandths, memory in bytes. Nothing once it has ended. */
export function askedFor({ spec, status }: Pod): { cpu: number; memory: number } {
  if (spec === undefined || status?.phase === 'Succeeded' || status?.phase === 'Failed') return { cpu: 0, memory: 0 };
  const requests = podRequests(spec);
  return { cpu: requests.get('cpu') ?? 0, memory: requests.get('memory') ?? 0 };
}
