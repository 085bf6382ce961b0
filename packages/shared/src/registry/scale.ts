import { type KubeObject, type LabelSelectorSpec, labelSelector } from '../object/index.ts';
import type { ScaleSubresource, Subresource } from './contract.ts';

interface Scalable extends KubeObject {
  spec?: { replicas?: number };
}

interface Selecting extends Scalable {
  spec?: { replicas?: number; selector?: LabelSelectorSpec };
  status?: { replicas?: number };
}

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
    replicas,
    setReplicas(object, count) {
      if (object.spec !== undefined) object.spec.replicas = count;
    },
  };
}
