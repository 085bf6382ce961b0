import type { KubeObject } from '../object/index.ts';
import type { ScaleSubresource, Subresource } from './contract.ts';

interface Scalable extends KubeObject {
  spec?: { replicas?: number };
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
