import type { ContainerDetail, Stall, Stalls } from '../usage/contract.ts';
import { family, type Sample } from './exposition.ts';

/** One container that the kernel was asked about. */
export interface Detailed {
  labels: Readonly<Record<string, string>>;
  detail: ContainerDetail;
  /** It has a limit of processor time. */
  limited: boolean;
}

/** What cAdvisor tells of processor time, memory and pressure. */
export function detailMetrics(containers: readonly Detailed[]): string {
  const each = (value: (one: Detailed) => number | undefined): Sample[] =>
    containers.flatMap((one) => {
      const known = value(one);
      return known === undefined ? [] : [[one.labels, known] satisfies Sample];
    });
  const counter = (name: string, help: string, value: (one: Detailed) => number | undefined) =>
    family(name, 'counter', help, each(value));
  const gauge = (name: string, help: string, value: (one: ContainerDetail) => number) =>
    family(
      name,
      'gauge',
      help,
      each(({ detail }) => value(detail)),
    );
  const throttling = (of: (detail: ContainerDetail) => number) => (one: Detailed) =>
    one.limited ? of(one.detail) : undefined;
  return [
    counter(
      'container_cpu_user_seconds_total',
      'Cumulative user cpu time consumed in seconds.',
      ({ detail }) => detail.userNanos / 1e9,
    ),
    counter(
      'container_cpu_system_seconds_total',
      'Cumulative system cpu time consumed in seconds.',
      ({ detail }) => detail.systemNanos / 1e9,
    ),
    counter(
      'container_cpu_cfs_periods_total',
      'Number of elapsed enforcement period intervals.',
      throttling(({ periods }) => periods),
    ),
    counter(
      'container_cpu_cfs_throttled_periods_total',
      'Number of throttled period intervals.',
      throttling(({ throttledPeriods }) => throttledPeriods),
    ),
    counter(
      'container_cpu_cfs_throttled_seconds_total',
      'Total time duration the container has been throttled.',
      throttling(({ throttledNanos }) => throttledNanos / 1e9),
    ),
    gauge('container_memory_usage_bytes', 'Current memory usage in bytes.', (detail) => detail.memoryUsageBytes),
    gauge('container_memory_rss', 'Size of RSS in bytes.', (detail) => detail.rssBytes),
    gauge('container_memory_cache', 'Number of bytes of page cache memory.', (detail) => detail.cacheBytes),
    ...pressures.flatMap(([resource, what]) => [
      counter(
        `container_pressure_${resource}_waiting_seconds_total`,
        `Total time duration tasks in the container have waited due to ${what} congestion.`,
        ({ detail }) => seconds(detail.stalls[resource]?.some),
      ),
      counter(
        `container_pressure_${resource}_stalled_seconds_total`,
        `Total time duration no tasks in the container could make progress due to ${what} congestion.`,
        ({ detail }) => seconds(detail.stalls[resource]?.full),
      ),
    ]),
  ].join('');
}

const pressures: readonly (readonly [keyof Stalls, string])[] = [
  ['cpu', 'CPU'],
  ['memory', 'memory'],
  ['io', 'IO'],
];

const seconds = (times: Stall['some'] | undefined) => (times === undefined ? undefined : times.totalMicros / 1e6);

/** stats.k8s.io/v1alpha1 PSIStats, as a field of what it is about; nothing where it is not measured. */
export function psiOf(stall: Stall | undefined): { psi?: object } {
  if (stall === undefined) return {};
  const times = ({ totalMicros: total, ...averages }: Stall['some']) => ({ total, ...averages });
  return { psi: { full: times(stall.full), some: times(stall.some) } };
}
