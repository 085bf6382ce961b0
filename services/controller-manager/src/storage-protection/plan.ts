import type { PersistentVolume, PersistentVolumeClaim, Pod } from '@kubus/shared/schema';

/** Claims that the volumes of a pod name, those that are made for the pod included. */
export function claimsOf({ metadata, spec }: Pod): string[] {
  return (spec?.volumes ?? []).flatMap(({ name, persistentVolumeClaim, ephemeral }) => {
    if (persistentVolumeClaim !== undefined) return [persistentVolumeClaim.claimName];
    return ephemeral === undefined ? [] : [`${metadata.name}-${name}`];
  });
}

/**
 * Only a pod with a node uses its claims: an agent starts none with a claim that is being deleted. One that has been shut down no longer uses those that were
 * made for it (pkg/controller/volume/pvcprotection podUsesPVC).
 */
export function usesClaim(pod: Pod, claim: PersistentVolumeClaim): boolean {
  if (!pod.spec?.nodeName) return false;
  return (pod.spec.volumes ?? []).some(({ name, persistentVolumeClaim, ephemeral }) => {
    if (persistentVolumeClaim !== undefined) return persistentVolumeClaim.claimName === claim.metadata.name;
    const own = `${pod.metadata.name}-${name}` === claim.metadata.name;
    return own && ephemeral !== undefined && !isShutDown(pod) && isOwner(pod, claim);
  });
}

const isShutDown = ({ metadata }: Pod): boolean =>
  metadata.deletionTimestamp !== undefined && metadata.deletionGracePeriodSeconds === 0;

const isOwner = ({ metadata: { uid } }: Pod, { metadata }: PersistentVolumeClaim): boolean =>
  (metadata.ownerReferences ?? []).some((owner) => owner.controller === true && owner.uid === uid);

/** A volume is in use as long as it is bound (pvprotection isBeingUsed). */
export const isBound = ({ status }: PersistentVolume): boolean => status?.phase === 'Bound';
