import { compareQuantities, type KubeObject, type ObjectKey } from '@kubus/shared/object';
import type { PersistentVolumeClaim, StorageClass } from '@kubus/shared/schema';
import type { AdmissionPlugin, AdmissionRequest } from './contract.ts';
import { refusal } from './refuse.ts';

const classes = { group: 'storage.k8s.io', resource: 'storageclasses' };

/** A claim grows only if its class says that its volumes can (Kubernetes: PersistentVolumeClaimResize). */
export const claimResize = (read: (key: ObjectKey) => Promise<KubeObject | undefined>): AdmissionPlugin => ({
  name: 'PersistentVolumeClaimResize',
  concerns: ({ group, resource }, subresource, operation) =>
    group === '' && resource === 'persistentvolumeclaims' && subresource === '' && operation === 'UPDATE',
  validate(request) {
    const claim = request.object as PersistentVolumeClaim;
    const before = sizeOf(request.old as PersistentVolumeClaim);
    const size = sizeOf(claim);
    if (before === undefined || size === undefined || compareQuantities(size, before) <= 0) return undefined;
    // What is not bound yet has nothing to grow; the rules of updates refuse that.
    if (claim.status?.phase !== 'Bound') throw refusal(request, 'Only bound persistent volume claims can be expanded');
    return check(request, claim, read);
  },
});

async function check(
  request: AdmissionRequest,
  { metadata, spec }: PersistentVolumeClaim,
  read: (key: ObjectKey) => Promise<KubeObject | undefined>,
): Promise<void> {
  const name = metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] ?? spec?.storageClassName ?? '';
  const found =
    name === '' ? undefined : ((await read({ ...classes, namespace: '', name })) as StorageClass | undefined);
  if (found?.allowVolumeExpansion === true) return;
  const why =
    'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize';
  throw refusal(request, why);
}

function sizeOf({ spec }: PersistentVolumeClaim): string | undefined {
  const size = new Map(Object.entries(spec?.resources?.requests ?? {})).get('storage');
  return size === undefined ? undefined : String(size);
}
