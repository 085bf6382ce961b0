import type { Pod } from '../common/types.ts';
import type { PodValue } from './types.ts';
import { groupPods, readyPods, requestsOf } from './usage.ts';

/** How many replicas a metric asks for, and what it was. Values in thousandths. */
export interface Proposal {
  replicas: number;
  /** Of the average pod, or of all. */
  value: number;
  /** Percent of what the pods ask for. */
  utilization?: number;
}

export interface Circumstances {
  pods: readonly Pod[];
  /** As the target is told to have. */
  replicas: number;
  /** As the target has. */
  statusReplicas: number;
  /** How far the ratio may be below and above 1 without anything happening. */
  tolerance: { down: number; up: number };
  now: number;
}

type Result = Proposal | { problem: string };

/** How the measured values relate to what is wanted. */
interface Ratio {
  ratio: number;
  value: number;
  utilization?: number;
}

/** By a share of what the pods ask for (Kubernetes: GetResourceReplicas). */
export function byUtilization(
  measured: ReadonlyMap<string, PodValue>,
  target: { percent: number; resource: string; container: string | undefined },
  circumstances: Circumstances,
): Result {
  const requests = requestsOf(circumstances.pods, target.resource, target.container);
  if ('problem' in requests) return requests;
  const ratioOf = (values: ReadonlyMap<string, number>): Ratio | { problem: string } => {
    const known = [...values].filter(([name]) => requests.has(name));
    const asked = sum(known.map(([name]) => requests.get(name) ?? 0));
    if (asked === 0) return { problem: 'no metrics returned matched known pods' };
    const used = sum(known.map(([, value]) => value));
    const utilization = Math.trunc((used * 100) / asked);
    return { ratio: utilization / target.percent, value: Math.trunc(used / known.length), utilization };
  };
  const assumed = (name: string) => ((requests.get(name) ?? 0) * Math.max(100, target.percent)) / 100;
  return perPod(measured, { cpu: target.resource === 'cpu', ratioOf, assumed }, circumstances);
}

/** By the average of the pods (Kubernetes: calcPlainMetricReplicas). */
export function byAverage(
  measured: ReadonlyMap<string, PodValue>,
  target: { value: number; resource?: string },
  circumstances: Circumstances,
): Result {
  const ratioOf = (values: ReadonlyMap<string, number>): Ratio => {
    const value = Math.trunc(sum([...values.values()]) / values.size);
    return { ratio: value / target.value, value };
  };
  return perPod(measured, { cpu: target.resource === 'cpu', ratioOf, assumed: () => target.value }, circumstances);
}

/**
 * Pods of which nothing is known are taken to use just what is wanted when that would keep replicas from going, and nothing when it would keep more from
 * coming; pods that are not ready use nothing when more would come. If with them the answer turns around, nothing happens.
 */
function perPod(
  measured: ReadonlyMap<string, PodValue>,
  rules: {
    cpu: boolean;
    ratioOf(values: ReadonlyMap<string, number>): Ratio | { problem: string };
    assumed(name: string): number;
  },
  { pods, replicas, tolerance, now }: Circumstances,
): Result {
  if (pods.length === 0) return { problem: 'no pods returned by selector while calculating replica count' };
  const { values, unready, missing } = groupPods(pods, measured, { cpu: rules.cpu, now });
  if (values.size === 0) return { problem: 'did not receive metrics for targeted pods (pods might be unready)' };
  const first = rules.ratioOf(values);
  if ('problem' in first) return first;
  const { ratio, ...seen } = first;
  const withUnready = unready.size > 0 && ratio > 1;
  if (!withUnready && missing.size === 0)
    return { ...seen, replicas: within(ratio, tolerance) ? replicas : Math.ceil(ratio * values.size) };
  if (ratio !== 1) for (const name of missing) values.set(name, ratio < 1 ? rules.assumed(name) : 0);
  if (withUnready) for (const name of unready) values.set(name, 0);
  const second = rules.ratioOf(values);
  if ('problem' in second) return second;
  const turned = (ratio < 1 && second.ratio > 1) || (ratio > 1 && second.ratio < 1);
  if (turned || within(second.ratio, tolerance)) return { ...seen, replicas };
  const wanted = Math.ceil(second.ratio * values.size);
  const wrongWay = (second.ratio < 1 && wanted > replicas) || (second.ratio > 1 && wanted < replicas);
  return { ...seen, replicas: wrongWay ? replicas : wanted };
}

/** By one value for all. From no replicas the ratio is the number itself. */
export function byValue(value: number, target: number, { pods, replicas, tolerance }: Circumstances): Result {
  const ratio = value / target;
  if (replicas === 0) return { replicas: Math.ceil(ratio), value };
  if (within(ratio, tolerance)) return { replicas, value };
  if (pods.length === 0)
    return { problem: 'unable to calculate ready pods: no pods returned by selector while calculating replica count' };
  return { replicas: Math.ceil(ratio * readyPods(pods)), value };
}

/** By one value for all that is to be shared out. */
export function byShare(value: number, target: number, { statusReplicas, tolerance }: Circumstances): Result {
  const ratio = value / (target * statusReplicas);
  const replicas = within(ratio, tolerance) ? statusReplicas : Math.ceil(value / target);
  return { replicas, value: statusReplicas === 0 ? 0 : Math.ceil(value / statusReplicas) };
}

const within = (ratio: number, { down, up }: Circumstances['tolerance']): boolean =>
  ratio >= 1 - down && ratio <= 1 + up;

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
