import { milliValue, quantityValue } from '@kubus/shared/object';
import type { Container, PodSpec } from '@kubus/shared/schema';

/** Amounts by resource name: CPU in thousandths, everything else in whole units. */
type Amounts = Map<string, number>;

export function amountOf(name: string, quantity: string | number): number {
  return name === 'cpu' ? milliValue(quantity) : quantityValue(quantity);
}

/**
 * What a pod asks of its node: its containers and sidecars together, or the most that its init containers need one after the other, whichever is more;
 * then the overhead (kubernetes.io: "Init containers", KEP-753).
 */
export function podRequests(spec: PodSpec): Amounts {
  const running: Amounts = new Map();
  for (const container of spec.containers) add(running, requestsOf(container));
  const sidecars: Amounts = new Map();
  const starting: Amounts = new Map();
  for (const container of spec.initContainers ?? []) {
    const needs = requestsOf(container);
    if (container.restartPolicy === 'Always') {
      add(sidecars, needs);
      add(running, needs);
      raise(starting, sidecars);
    } else {
      add(needs, sidecars);
      raise(starting, needs);
    }
  }
  raise(running, starting);
  for (const [name, quantity] of Object.entries(spec.resources?.requests ?? {}))
    running.set(name, amountOf(name, quantity));
  for (const [name, quantity] of Object.entries(spec.overhead ?? {}))
    add(running, new Map([[name, amountOf(name, quantity)]]));
  return running;
}

function requestsOf(container: Container): Amounts {
  return new Map(
    Object.entries(container.resources?.requests ?? {}).map(([name, quantity]) => [name, amountOf(name, quantity)]),
  );
}

function add(target: Amounts, amounts: Amounts): void {
  for (const [name, amount] of amounts) target.set(name, (target.get(name) ?? 0) + amount);
}

function raise(target: Amounts, amounts: Amounts): void {
  for (const [name, amount] of amounts) target.set(name, Math.max(target.get(name) ?? 0, amount));
}
