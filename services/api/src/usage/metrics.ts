import type { Usage, UsageReport } from '@kubus/shared/bus';
import type { KubeObject } from '@kubus/shared/object';
import type { NodeMetrics, Pod, PodMetrics } from '@kubus/shared/schema';
import type { UsageStore } from './usage-store.ts';

const apiVersion = 'metrics.k8s.io/v1beta1';

/** Undefined when its node has not said lately what it uses. */
export function nodeMetricsOf(node: KubeObject, usage: UsageStore): NodeMetrics | undefined {
  const report = usage.of(node.metadata.name);
  if (report === undefined) return undefined;
  return {
    apiVersion,
    kind: 'NodeMetrics',
    metadata: metadataOf(node, report),
    ...measured(report),
    usage: quantities(report.node),
  };
}

/** Undefined when the node that the pod is bound to has not measured this very pod. */
export function podMetricsOf(pod: Pod, usage: UsageStore): PodMetrics | undefined {
  const report = usage.of(pod.spec?.nodeName ?? '');
  const { uid } = pod.metadata;
  const found = report?.pods.find((one) => one.uid === uid);
  if (report === undefined || found === undefined || pod.status?.phase !== 'Running') return undefined;
  const containers = found.containers.map(({ name, ...used }) => ({ name, usage: quantities(used) }));
  return { apiVersion, kind: 'PodMetrics', metadata: metadataOf(pod, report), ...measured(report), containers };
}

function metadataOf({ metadata }: KubeObject, report: UsageReport): KubeObject['metadata'] {
  const { name, namespace, labels } = metadata;
  return {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    creationTimestamp: time(report),
    ...(labels === undefined ? {} : { labels }),
  };
}

const measured = (report: UsageReport) => ({ timestamp: time(report), window: `${report.windowMs / 1000}s` });

const time = (report: UsageReport): string => `${new Date(report.time).toISOString().slice(0, 19)}Z`;

/** In the units that metrics-server writes. */
const quantities = ({ cpuNanos, memoryBytes }: Usage) => ({
  cpu: cpuNanos < 1 ? '0' : `${Math.round(cpuNanos)}n`,
  memory: memoryBytes < 1 ? '0' : `${Math.ceil(memoryBytes / 1024)}Ki`,
});
