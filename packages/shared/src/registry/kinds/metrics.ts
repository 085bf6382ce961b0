import type { NodeMetrics, PodMetrics } from '../../schema/index.ts';
import { nameColumn, text } from '../columns.ts';
import type { KindDeclaration } from '../contract.ts';

/** What nodes say that they and their pods use: for `kubectl top` and autoscaling. Nothing of it is stored. */

const version = { group: 'metrics.k8s.io', version: 'v1beta1' };
const prefix = 'io.k8s.metrics.pkg.apis.metrics.v1beta1';

export const nodeMetrics: KindDeclaration<NodeMetrics> = {
  kind: 'NodeMetrics',
  plural: 'nodes',
  singular: '',
  scope: 'Cluster',
  versions: [{ ...version, schema: `${prefix}.NodeMetrics` }],
  verbs: ['get', 'list'],
  table: {
    columns: [
      nameColumn,
      text('Cpu', 'CPU in use.'),
      text('Memory', 'Memory in use.'),
      text('Window', 'Time of the measurement.'),
    ],
    cells: ({ metadata, usage, window }) => [
      metadata.name,
      usage?.['cpu'] ?? '',
      usage?.['memory'] ?? '',
      window ?? '',
    ],
  },
};

export const podMetrics: KindDeclaration<PodMetrics> = {
  kind: 'PodMetrics',
  plural: 'pods',
  singular: '',
  scope: 'Namespaced',
  versions: [{ ...version, schema: `${prefix}.PodMetrics` }],
  verbs: ['get', 'list'],
  table: {
    columns: [nameColumn, text('Containers', 'Number of containers.'), text('Window', 'Time of the measurement.')],
    cells: ({ metadata, containers, window }) => [metadata.name, containers?.length ?? 0, window ?? ''],
  },
};
