import type { ContainerUsage } from '../usage/contract.ts';
import { family, type Sample } from './exposition.ts';
import { type Measured, measured, type NodeReading } from './facts.ts';

const labels = ({ record }: Measured) => ({
  container: record.container,
  namespace: record.podNamespace,
  pod: record.podName,
});

/** What Kubernetes calls resource metrics (KEP-727): what metrics-server reads. */
export function resourceMetrics(reading: NodeReading): string {
  const { machine } = reading;
  const containers = measured(reading);
  const each = (value: (one: Measured) => number): Sample[] => containers.map((one) => [labels(one), value(one)]);
  const ofPods = (value: (usage: ContainerUsage) => number): Sample[] =>
    [...Map.groupBy(containers, ({ record }) => record.podUid).values()].map((of) => {
      const { podNamespace: namespace = '', podName: pod = '' } = of[0]?.record ?? {};
      return [{ namespace, pod }, of.reduce((sum, { usage }) => sum + value(usage), 0)];
    });
  const cpu = ({ cpuNanos }: ContainerUsage) => cpuNanos / 1e9;
  const memory = ({ memoryBytes }: ContainerUsage) => memoryBytes;
  return [
    family('node_cpu_usage_seconds_total', 'counter', 'Cumulative cpu time consumed by the node in core-seconds', [
      [{}, machine.cpuNanos / 1e9],
    ]),
    family('node_memory_working_set_bytes', 'gauge', 'Current working set of the node in bytes', [
      [{}, machine.memoryBytes],
    ]),
    family(
      'container_cpu_usage_seconds_total',
      'counter',
      'Cumulative cpu time consumed by the container in core-seconds',
      each(({ usage }) => cpu(usage)),
    ),
    family(
      'container_memory_working_set_bytes',
      'gauge',
      'Current working set of the container in bytes',
      each(({ usage }) => memory(usage)),
    ),
    family(
      'container_start_time_seconds',
      'gauge',
      'Start time of the container since unix epoch in seconds',
      each(({ record }) => startOf(record)),
    ),
    family(
      'pod_cpu_usage_seconds_total',
      'counter',
      'Cumulative cpu time consumed by the pod in core-seconds',
      ofPods(cpu),
    ),
    family('pod_memory_working_set_bytes', 'gauge', 'Current working set of the pod in bytes', ofPods(memory)),
    family('resource_scrape_error', 'gauge', '1 if there was an error while getting container metrics, 0 otherwise', [
      [{}, 0],
    ]),
  ].join('');
}

/** Seconds since 1970. */
export const startOf = ({ startedAt }: { startedAt?: string }): number => Date.parse(startedAt ?? '') / 1000 || 0;
