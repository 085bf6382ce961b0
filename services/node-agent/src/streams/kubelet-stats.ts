import type { Pod } from '@kubus/shared/schema';
import type { ContainerRecord } from '../runtime/contract.ts';
import type { ContainerUsage, NodeUsage } from '../usage/index.ts';

/** What is known of the use of a node at one moment. */
export interface UsageFacts {
  node: string;
  time: Date;
  machine: NodeUsage;
  running: readonly ContainerRecord[];
  containers: readonly ContainerUsage[];
  pods: readonly Pod[];
}

interface Measured {
  record: ContainerRecord;
  usage: ContainerUsage;
}

function measured({ running, containers }: UsageFacts): Measured[] {
  const usages = new Map(containers.map((usage) => [usage.id, usage]));
  return running.flatMap((record) => {
    const usage = usages.get(record.id);
    return usage === undefined ? [] : [{ record, usage }];
  });
}

/** stats.k8s.io/v1alpha1 Summary, with CPU and memory; what this node does not measure is left out. */
export function summary(facts: UsageFacts): unknown {
  const time = facts.time.toISOString();
  const stats = ({ cpuNanos, memoryBytes }: NodeUsage) => ({
    cpu: { time, usageCoreNanoSeconds: Math.round(cpuNanos) },
    memory: { time, workingSetBytes: memoryBytes },
  });
  const byPod = Map.groupBy(measured(facts), ({ record }) => record.podUid);
  const pods = facts.pods.map(({ metadata, status }) => ({
    podRef: { name: metadata.name, namespace: metadata.namespace ?? '', uid: metadata.uid ?? '' },
    startTime: status?.startTime ?? null,
    containers: (byPod.get(metadata.uid ?? '') ?? []).map(({ record, usage }) => ({
      name: record.container,
      startTime: record.startedAt ?? null,
      ...stats(usage),
    })),
  }));
  return { node: { nodeName: facts.node, ...stats(facts.machine) }, pods };
}

/** What Kubernetes calls resource metrics (KEP-727), in Prometheus' text format. */
export function resourceMetrics(facts: UsageFacts): string {
  const { machine } = facts;
  const lines = [
    ...head('node_cpu_usage_seconds_total', 'counter', 'Cumulative cpu time consumed by the node in core-seconds'),
    `node_cpu_usage_seconds_total ${machine.cpuNanos / 1e9}`,
    ...head('node_memory_working_set_bytes', 'gauge', 'Current working set of the node in bytes'),
    `node_memory_working_set_bytes ${machine.memoryBytes}`,
  ];
  const containers = measured(facts);
  const each = (name: string, value: (usage: ContainerUsage) => number) =>
    containers.map(({ record, usage }) => `${name}{${labels(record)}} ${value(usage)}`);
  lines.push(
    ...head(
      'container_cpu_usage_seconds_total',
      'counter',
      'Cumulative cpu time consumed by the container in core-seconds',
    ),
    ...each('container_cpu_usage_seconds_total', ({ cpuNanos }) => cpuNanos / 1e9),
    ...head('container_memory_working_set_bytes', 'gauge', 'Current working set of the container in bytes'),
    ...each('container_memory_working_set_bytes', ({ memoryBytes }) => memoryBytes),
  );
  return `${lines.join('\n')}\n`;
}

const head = (name: string, type: string, help: string): string[] => [
  `# HELP ${name} ${help}`,
  `# TYPE ${name} ${type}`,
];

/** Names of Kubernetes need no escaping in labels. */
const labels = ({ container, podName, podNamespace }: ContainerRecord): string =>
  `container="${container}",namespace="${podNamespace}",pod="${podName}"`;
