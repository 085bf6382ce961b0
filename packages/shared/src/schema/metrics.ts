import type { KubeObject } from '../object/index.ts';
import type { FieldFacts, PackageFacts } from './facts.ts';

/** metrics.k8s.io/v1beta1: written by hand, because k8s.io/metrics is no part of the sources that the other tables are generated from. */

export interface NodeMetrics extends KubeObject {
  timestamp: string;
  /** Over which the usage was measured: '15s'. */
  window: string;
  usage: Record<string, string>;
}

export interface PodMetrics extends KubeObject {
  timestamp: string;
  window: string;
  containers: ContainerMetrics[];
}

export interface ContainerMetrics {
  name: string;
  usage: Record<string, string>;
}

const prefix = 'io.k8s.metrics.pkg.apis.metrics.v1beta1';
const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1';

const usage = (number: number): FieldFacts => ({
  name: 'usage',
  number,
  type: 'Quantity',
  map: true,
  goType: 'v1.ResourceList',
  required: true,
});

const measured: readonly FieldFacts[] = [
  { name: 'metadata', number: 1, type: `${meta}.ObjectMeta`, omitempty: true },
  { name: 'timestamp', number: 2, type: 'Time', required: true },
  { name: 'window', number: 3, type: 'Duration', required: true },
];

const containers: FieldFacts = {
  name: 'containers',
  number: 4,
  type: `${prefix}.ContainerMetrics`,
  list: true,
  required: true,
};

const listOf = (type: string): readonly FieldFacts[] => [
  { name: 'metadata', number: 1, type: `${meta}.ListMeta`, omitempty: true },
  { name: 'items', number: 2, type: `${prefix}.${type}`, list: true, required: true },
];

export const metricsPackage: PackageFacts = {
  name: prefix,
  group: 'metrics.k8s.io',
  version: 'v1beta1',
  types: {
    [`${prefix}.ContainerMetrics`]: { fields: [{ name: 'name', number: 1, type: 'string', required: true }, usage(2)] },
    [`${prefix}.NodeMetrics`]: { document: true, fields: [...measured, usage(4)] },
    [`${prefix}.NodeMetricsList`]: { document: true, fields: listOf('NodeMetrics') },
    [`${prefix}.PodMetrics`]: { document: true, fields: [...measured, containers] },
    [`${prefix}.PodMetricsList`]: { document: true, fields: listOf('PodMetrics') },
  },
};
