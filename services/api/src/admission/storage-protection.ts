import type { GroupResource, KubeObject } from '@kubus/shared/object';
import type { AdmissionOperation, AdmissionPlugin, AdmissionRequest } from './contract.ts';

const finalizers: ReadonlyMap<string, string> = new Map([
  ['persistentvolumeclaims', 'kubernetes.io/pvc-protection'],
  ['persistentvolumes', 'kubernetes.io/pv-protection'],
]);

/** Kubernetes: StorageObjectInUseProtection. What is in use stays until controllers of the same name take the finalizer off. */
export const storageObjectInUseProtection: AdmissionPlugin = {
  name: 'StorageObjectInUseProtection',
  concerns: ({ group, resource }: GroupResource, subresource: string, operation: AdmissionOperation) =>
    operation === 'CREATE' && subresource === '' && group === '' && finalizers.has(resource),
  admit({ resource, object }: AdmissionRequest): void {
    const finalizer = finalizers.get(resource.resource);
    if (object !== undefined && finalizer !== undefined) protect(object, finalizer);
  },
};

function protect({ metadata }: KubeObject, finalizer: string): void {
  if (metadata.finalizers?.includes(finalizer) !== true)
    metadata.finalizers = [...(metadata.finalizers ?? []), finalizer];
}
