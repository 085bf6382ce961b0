import { type KubeObject, type LabelSelectorSpec, labelSelector } from '../object/index.ts';
import { age, ageColumn, integer, nameColumn } from './columns.ts';
import type { ScaleSubresource, Subresource, TableColumns } from './contract.ts';

interface Scalable extends KubeObject {
  spec?: { replicas?: number };
}

interface Selecting extends Scalable {
  spec?: { replicas?: number; selector?: LabelSelectorSpec };
  status?: { replicas?: number };
}

/** What the api answers with: autoscaling/v1 Scale. */
interface Scale extends KubeObject {
  spec?: { replicas?: number };
  status?: { replicas?: number };
}

/** Columns of a Scale (pkg/printers/internalversion). */
export const scaleColumns: TableColumns<Scale> = {
  columns: [
    nameColumn,
    integer('Desired', 'How many replicas are asked for.'),
    integer('Available', 'How many replicas there are.'),
    ageColumn,
  ],
  cells: (scale, now) => [scale.metadata.name, scale.spec?.replicas ?? 0, scale.status?.replicas ?? 0, age(scale, now)],
};

/** Scale of a kind that counts its pods in `status.replicas` and knows them by a label selector. */
export function workloadScale<T extends Selecting>(): Subresource<T> {
  return scaleSubresource<T>(({ spec, status }) => ({
    spec: spec?.replicas ?? 0,
    status: status?.replicas ?? 0,
    selector: labelSelector(spec?.selector).toString(),
  }));
}

/** autoscaling/v1 Scale over `spec.replicas`. */
export function scaleSubresource<T extends Scalable>(replicas: ScaleSubresource<T>['replicas']): Subresource<T> {
  return {
    name: 'scale',
    responds: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
    schema: 'io.k8s.api.autoscaling.v1.Scale',
    verbs: ['get', 'patch', 'update'],
    type: 'scale',
    table: scaleColumns,
    replicas,
    setReplicas(object, count) {
      if (object.spec !== undefined) object.spec.replicas = count;
    },
  };
}
