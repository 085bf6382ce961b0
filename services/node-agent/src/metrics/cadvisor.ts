import { cpuPeriod } from '../runtime/cgroup.ts';
import type { InterfaceUsage } from '../usage/contract.ts';
import { detailMetrics } from './container-details.ts';
import { family, type Sample } from './exposition.ts';
import { type FullReading, type Measured, measured, measuredNetworks } from './facts.ts';
import { startOf } from './resource.ts';

const labels = ({ record }: Pick<Measured, 'record'>) => ({
  container: record.container,
  id: `/docker/${record.id}`,
  image: record.image,
  name: record.id,
  namespace: record.podNamespace,
  pod: record.podName,
});

/** Of what cAdvisor tells of containers, what dashboards of Kubernetes read. */
export function cadvisorMetrics(reading: FullReading): string {
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
    family(
      'container_fs_usage_bytes',
      'gauge',
      'Number of bytes that are consumed by the container on this filesystem.',
      each(({ record }) => bytesOnDisk(reading, record.id), { device: '' }),
    ),
    detailMetrics(
      containers.flatMap((one) => {
        const detail = reading.details.get(one.record.id);
        const limited = (one.record.cgroup?.cpuQuota ?? 0) !== 0;
        return detail === undefined ? [] : [{ labels: labels(one), detail, limited }];
      }),
    ),
    networkMetrics(reading),
  ].join('');
}

function bytesOnDisk({ disks }: FullReading, id: string): number | undefined {
  const disk = disks.containers.get(id);
  return disk === undefined ? undefined : disk.writtenBytes + (disk.logBytes ?? 0);
}

const counters: readonly [name: string, help: string, of: keyof InterfaceUsage][] = [
  ['container_network_receive_bytes_total', 'Cumulative count of bytes received', 'rxBytes'],
  ['container_network_receive_errors_total', 'Cumulative count of errors encountered while receiving', 'rxErrors'],
  [
    'container_network_receive_packets_dropped_total',
    'Cumulative count of packets dropped while receiving',
    'rxDropped',
  ],
  ['container_network_receive_packets_total', 'Cumulative count of packets received', 'rxPackets'],
  ['container_network_transmit_bytes_total', 'Cumulative count of bytes transmitted', 'txBytes'],
  ['container_network_transmit_errors_total', 'Cumulative count of errors encountered while transmitting', 'txErrors'],
  [
    'container_network_transmit_packets_dropped_total',
    'Cumulative count of packets dropped while transmitting',
    'txDropped',
  ],
  ['container_network_transmit_packets_total', 'Cumulative count of packets transmitted', 'txPackets'],
];

/** Of the sandbox, which holds the pod's network. */
function networkMetrics(reading: FullReading): string {
  const networks = measuredNetworks(reading);
  const families = counters.map(([name, help, of]) => {
    const samples = networks.flatMap(({ record, usage }) =>
      usage.interfaces.map((each): Sample => [{ ...labels({ record }), interface: each.name }, Number(each[of])]),
    );
    return family(name, 'counter', help, samples);
  });
  return families.join('');
}
