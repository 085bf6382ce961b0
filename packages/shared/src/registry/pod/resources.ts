import { milliValue, quantityValue } from '../../object/index.ts';
import type { Container, Pod, PodSpec } from '../../schema/index.ts';

/** Amounts by resource name: CPU in thousandths, everything else in whole units. */
export type Amounts = Map<string, number>;

/** What a pod asks of its node: the containers together or the largest init container, whichever is more, plus overhead (KEP-753, kubernetes.io: "Init containers"). */
export function podRequests(spec: PodSpec): Amounts {
  const total: Amounts = new Map();
  for (const container of spec.containers) add(total, requestsOf(container));
  takeLarger(total, initRequests(spec, total));
  for (const [name, quantity] of Object.entries(spec.resources?.requests ?? {}))
    total.set(name, amount(name, quantity));
  for (const [name, quantity] of Object.entries(spec.overhead ?? {})) bump(total, name, amount(name, quantity));
  return total;
}

/**
 * The most that is asked while init containers run one after the other; sidecars (restartPolicy Always) stay, and count for the containers after them as
 * well: they are added to `total`.
 */
function initRequests(spec: PodSpec, total: Amounts): Amounts {
  const largest: Amounts = new Map();
  const sidecars: Amounts = new Map();
  for (const container of spec.initContainers ?? []) {
    const needs = requestsOf(container);
    if (container.restartPolicy === 'Always') {
      add(total, needs);
      add(sidecars, needs);
      takeLarger(largest, sidecars);
    } else {
      add(needs, sidecars);
      takeLarger(largest, needs);
    }
  }
  return largest;
}

function requestsOf(container: Container): Amounts {
  const entries = Object.entries(container.resources?.requests ?? {});
  return new Map(entries.map(([name, quantity]) => [name, amount(name, quantity)]));
}

export function amount(name: string, quantity: string | number): number {
  return name === 'cpu' ? milliValue(quantity) : quantityValue(quantity);
}

function add(target: Amounts, amounts: Amounts): void {
  for (const [name, value] of amounts) bump(target, name, value);
}

function bump(target: Amounts, name: string, value: number): void {
  target.set(name, (target.get(name) ?? 0) + value);
}

function takeLarger(target: Amounts, amounts: Amounts): void {
  for (const [name, value] of amounts) target.set(name, Math.max(target.get(name) ?? 0, value));
}

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
  return quantity === undefined ? 0 : amount(name, quantity);
}
