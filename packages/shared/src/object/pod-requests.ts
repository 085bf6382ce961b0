import type { PodSpec } from '../schema/index.ts';
import { podTotals } from './pod-totals.ts';
import { milliValue, quantityValue } from './quantity.ts';

/** Amounts by resource name: CPU in thousandths, everything else in whole units. */
export type ResourceAmounts = Map<string, number>;

/** What a pod asks of its node, in the units that room is counted in (KEP-753; kubernetes.io: "Init containers"). */
export function podRequests(spec: PodSpec): ResourceAmounts {
  const totals = [...podTotals(spec, 'requests')];
  return new Map(totals.map(([name, quantity]) => [name, resourceAmount(name, quantity)]));
}

/** A quantity of a resource in the unit that it is counted in. */
export function resourceAmount(name: string, quantity: string | number): number {
  return name === 'cpu' ? milliValue(quantity) : quantityValue(quantity);
}
