import { cpuPeriod } from '../runtime/cgroup.ts';
import { family, type Sample } from './exposition.ts';
import { type Measured, measured, type NodeReading } from './facts.ts';
import { startOf } from './resource.ts';

const labels = ({ record }: Measured) => ({
  container: record.container,
  id: `/docker/${record.id}`,
  image: record.image,
  name: record.id,
  namespace: record.podNamespace,
  pod: record.podName,
});

/** Of what cAdvisor tells of containers, what dashboards of Kubernetes read; nothing of networks and disks is measured here. */
export function cadvisorMetrics(reading: NodeReading): string {
  const containers = measured(reading);
  const each = (value: (one: Measured) => number | undefined, more: Record<string, string> = {}): Sample[] =>
    containers.flatMap((one) => {
      const known = value(one);
      return known === undefined ? [] : [[{ ...labels(one), ...more }, known] satisfies Sample];
    });
  const { capacity } = reading;
  return [
    family('machine_cpu_cores', 'gauge', 'Number of logical CPU cores.', [[{}, capacity.cpuMillis / 1000]]),
    family('machine_memory_bytes', 'gauge', 'Amount of memory installed on the machine.', [[{}, capacity.memoryBytes]]),
    family(
      'container_cpu_usage_seconds_total',
      'counter',
      'Cumulative cpu time consumed in seconds.',
      each(({ usage }) => usage.cpuNanos / 1e9, { cpu: 'total' }),
    ),
    family(
      'container_memory_working_set_bytes',
      'gauge',
      'Current working set in bytes.',
      each(({ usage }) => usage.memoryBytes),
    ),
    family(
      'container_start_time_seconds',
      'gauge',
      'Start time of the container since unix epoch in seconds.',
      each(({ record }) => startOf(record)),
    ),
    family(
      'container_last_seen',
      'gauge',
      'Last time a container was seen by the exporter',
      each(() => Math.floor(reading.time.getTime() / 1000)),
    ),
    family(
      'container_spec_cpu_period',
      'gauge',
      'CPU period of the container.',
      each(() => cpuPeriod),
    ),
    family(
      'container_spec_cpu_quota',
      'gauge',
      'CPU quota of the container.',
      each(({ record: { cgroup } }) => (cgroup === undefined || cgroup.cpuQuota === 0 ? undefined : cgroup.cpuQuota)),
    ),
    family(
      'container_spec_cpu_shares',
      'gauge',
      'CPU share of the container.',
      each(({ record }) => record.cgroup?.cpuShares),
    ),
    family(
      'container_spec_memory_limit_bytes',
      'gauge',
      'Memory limit for the container.',
      each(({ record }) => record.cgroup?.memoryBytes),
    ),
  ].join('');
}
