import { resourceAmount } from '../../object/index.ts';
import type { Container, Pod } from '../../schema/index.ts';

export { podRequests, resourceAmount as amount } from '../../object/index.ts';

export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort';

/** kubernetes.io: "Pod Quality of Service Classes". */
export function qosClass({ spec }: Pod): QosClass {
  const containers = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
  const stated = containers.some((container) => ['cpu', 'memory'].some((name) => isStated(container, name)));
  if (!stated) return 'BestEffort';
  const guaranteed = containers.every((container) => ['cpu', 'memory'].every((name) => isGuaranteed(container, name)));
  return guaranteed ? 'Guaranteed' : 'Burstable';
}

function isStated({ resources }: Container, name: string): boolean {
  return [resources?.requests, resources?.limits].some((list) => quantityOf(list, name) > 0);
}

function isGuaranteed({ resources }: Container, name: string): boolean {
  const limit = quantityOf(resources?.limits, name);
  return limit > 0 && limit === quantityOf(resources?.requests, name);
}

function quantityOf(list: Readonly<Record<string, string | number>> | undefined, name: string): number {
  const quantity = list?.[name];
  return quantity === undefined ? 0 : resourceAmount(name, quantity);
}
