import { type ResourceList, type Totals, totalsOf } from '../object/index.ts';
import type { Pod, PodSpec } from '../schema/index.ts';

const computing: readonly string[] = ['cpu', 'memory', 'ephemeral-storage'];

/** As quotas name it: both as 'cpu' and as 'requests.cpu', limits as 'limits.cpu' (pkg/quota/v1/evaluator/core podComputeUsageHelper). */
export function computeUsage(requests: Totals, limits: Totals): Totals {
  const usage: Totals = new Map();
  for (const [name, quantity] of requests) {
    usage.set(`requests.${name}`, quantity);
    if (computing.includes(name) || name.startsWith('hugepages-')) usage.set(name, quantity);
  }
  for (const [name, quantity] of limits) if (computing.includes(name)) usage.set(`limits.${name}`, quantity);
  return usage;
}

/** A pod that has ended, or should have by now, uses nothing but its place in storage. `now`: milliseconds since 1970. */
export function countsForQuota({ metadata, status }: Pod, now: number): boolean {
  if (status?.phase === 'Succeeded' || status?.phase === 'Failed') return false;
  // The deletionTimestamp includes the grace period; Kubernetes waits for it once more.
  const { deletionTimestamp, deletionGracePeriodSeconds } = metadata;
  if (deletionTimestamp === undefined || deletionGracePeriodSeconds === undefined) return true;
  return now <= Date.parse(deletionTimestamp) + deletionGracePeriodSeconds * 1000;
}

/** What a quota of computing resources demands of a pod: every container says how much. The text of the refusal, or undefined. */
export function missingFrom(spec: PodSpec, required: Iterable<string>): string | undefined {
  const whole = computeUsage(totalsOf(spec.resources?.requests), totalsOf(spec.resources?.limits));
  const names = [...required].filter((name) => demanded.has(name) && !whole.has(name)).sort();
  const containers = [...(spec.containers ?? []), ...(spec.initContainers ?? [])];
  const missing = names.flatMap((name) => {
    const without = containers.filter(({ resources }) => !says(resources, name)).map((container) => container.name);
    return without.length === 0 ? [] : [`${name} for: ${[...new Set(without)].sort().join(',')}`];
  });
  return missing.length === 0 ? undefined : `must specify ${missing.join('; ')}`;
}

const demanded: ReadonlySet<string> = new Set([
  'cpu',
  'memory',
  'requests.cpu',
  'requests.memory',
  'limits.cpu',
  'limits.memory',
]);

function says(resources: { requests?: ResourceList; limits?: ResourceList } | undefined, name: string): boolean {
  return computeUsage(totalsOf(resources?.requests), totalsOf(resources?.limits)).has(name);
}
