import type { Container, PodSpec } from '../schema/index.ts';
import { milliValue, quantityValue } from './quantity.ts';

/** Amounts by resource name: CPU in thousandths, everything else in whole units. */
export type ResourceAmounts = Map<string, number>;

/** What a pod asks of its node: the containers together or the largest init container, whichever is more, plus overhead (KEP-753, kubernetes.io: "Init containers"). */
export function podRequests(spec: PodSpec): ResourceAmounts {
  const total: ResourceAmounts = new Map();
  for (const container of spec.containers ?? []) add(total, requestsOf(container));
  takeLarger(total, initRequests(spec, total));
  for (const [name, quantity] of Object.entries(spec.resources?.requests ?? {}))
    total.set(name, resourceAmount(name, quantity));
  for (const [name, quantity] of Object.entries(spec.overhead ?? {})) bump(total, name, resourceAmount(name, quantity));
  return total;
}

/**
 * The most that is asked while init containers run one after the other; sidecars (restartPolicy Always) stay, and count for the containers after them as
 * well: they are added to `total`.
 */
function initRequests(spec: PodSpec, total: ResourceAmounts): ResourceAmounts {
  const largest: ResourceAmounts = new Map();
  const sidecars: ResourceAmounts = new Map();
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

function requestsOf(container: Container): ResourceAmounts {
  const entries = Object.entries(container.resources?.requests ?? {});
  return new Map(entries.map(([name, quantity]) => [name, resourceAmount(name, quantity)]));
}

/** A quantity of a resource in the unit that it is counted in. */
export function resourceAmount(name: string, quantity: string | number): number {
  return name === 'cpu' ? milliValue(quantity) : quantityValue(quantity);
}

function add(target: ResourceAmounts, amounts: ResourceAmounts): void {
  for (const [name, value] of amounts) bump(target, name, value);
}

function bump(target: ResourceAmounts, name: string, value: number): void {
  target.set(name, (target.get(name) ?? 0) + value);
}

function takeLarger(target: ResourceAmounts, amounts: ResourceAmounts): void {
  for (const [name, value] of amounts) target.set(name, Math.max(target.get(name) ?? 0, value));
}
