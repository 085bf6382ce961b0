import type { Container, PodSpec } from '../schema/index.ts';
import { compareQuantities } from './quantity.ts';
import { addTo, addTotals, type Totals, totalsOf } from './totals.ts';

type What = 'requests' | 'limits';

/**
 * What a pod asks for or may use at most, in the quantities that it was written in: containers together or the largest init container, sidecars with
 * both, what the pod says as a whole in their place, and overhead (component-helpers/resource PodRequests, PodLimits).
 */
export function podTotals(spec: PodSpec, what: What): Totals {
  const total: Totals = new Map();
  for (const container of spec.containers ?? []) addTotals(total, listed(container, what));
  takeLarger(total, initTotals(spec, what, total));
  for (const [name, quantity] of totalsOf(spec.resources?.[what])) total.set(name, quantity);
  for (const [name, quantity] of totalsOf(spec.overhead)) {
    // Without a limit there is nothing that overhead could add to.
    if (what === 'requests' || total.has(name)) addTo(total, name, quantity);
  }
  return total;
}

function initTotals(spec: PodSpec, what: What, total: Totals): Totals {
  const largest: Totals = new Map();
  const sidecars: Totals = new Map();
  for (const container of spec.initContainers ?? []) {
    const needs = listed(container, what);
    if (container.restartPolicy === 'Always') {
      addTotals(total, needs);
      addTotals(sidecars, needs);
      takeLarger(largest, sidecars);
    } else {
      addTotals(needs, sidecars);
      takeLarger(largest, needs);
    }
  }
  return largest;
}

function listed({ resources }: Container, what: What): Totals {
  return totalsOf(resources?.[what]);
}

function takeLarger(target: Totals, other: Totals): void {
  for (const [name, quantity] of other) {
    const before = target.get(name);
    if (before === undefined || compareQuantities(quantity, before) > 0) target.set(name, quantity);
  }
}
