import type { Pod, ResourceRequirements } from '../schema/index.ts';
import { resourceAmount } from './pod-requests.ts';

export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort';

/** Quality of service of a pod (kubernetes.io: "Pod Quality of Service Classes"). What it asks for as a whole decides alone where it does (KEP-2837). */
export function qosClass({ spec }: Pod): QosClass {
  const whole = spec?.resources;
  const asked = isStated(whole)
    ? [whole]
    : [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])].map(({ resources }) => resources);
  if (!asked.some(isStated)) return 'BestEffort';
  return asked.every(isGuaranteed) ? 'Guaranteed' : 'Burstable';
}

const computing = ['cpu', 'memory'] as const;

const isStated = (resources: ResourceRequirements | undefined): resources is ResourceRequirements =>
  computing.some((name) => amountOf(resources?.requests, name) > 0 || amountOf(resources?.limits, name) > 0);

/** A limit without a request is asked for: of a pod from a node's own folder too. */
const isGuaranteed = (resources: ResourceRequirements | undefined): boolean =>
  computing.every((name) => {
    const limit = amountOf(resources?.limits, name);
    return limit > 0 && limit === (amountOf(resources?.requests, name) || limit);
  });

function amountOf(list: Readonly<Record<string, string | number>> | undefined, name: 'cpu' | 'memory'): number {
  const quantity = list?.[name];
  return quantity === undefined ? 0 : resourceAmount(name, quantity);
}
