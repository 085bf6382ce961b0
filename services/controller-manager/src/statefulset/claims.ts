import type { OwnerReference } from '@kubus/shared/object';
import { controllerOf, newControllerRef } from '../common/owners.ts';
import type { PersistentVolumeClaim, Pod, StatefulSet } from '../common/types.ts';

export const kind = { group: 'apps', version: 'v1', kind: 'StatefulSet' };
const podKind = { group: '', version: 'v1', kind: 'Pod' };

export const claimName = (set: StatefulSet, template: string, ordinal: number): string =>
  `${template}-${set.metadata.name}-${ordinal}`;

/** The claims of one ordinal, as the templates describe them. */
export function claimsOf(set: StatefulSet, ordinal: number): PersistentVolumeClaim[] {
  return (set.spec.volumeClaimTemplates ?? []).map((template) => ({
    ...template,
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      ...template.metadata,
      name: claimName(set, template.metadata.name, ordinal),
      namespace: set.metadata.namespace ?? '',
      labels: { ...template.metadata.labels, ...set.spec.selector.matchLabels },
    },
  }));
}

/** Whether claims may ever be deleted with the set or its pods (KEP-1847). */
export function keepsClaims(set: StatefulSet): boolean {
  return !deletesWhenDeleted(set) && !deletesWhenScaled(set);
}

const deletesWhenDeleted = ({ spec }: StatefulSet): boolean =>
  spec.persistentVolumeClaimRetentionPolicy?.whenDeleted === 'Delete';

const deletesWhenScaled = ({ spec }: StatefulSet): boolean =>
  spec.persistentVolumeClaimRetentionPolicy?.whenScaled === 'Delete';

/**
 * Owners of the claim under the set's retention policy, or undefined when they are right, or somebody else manages the claim. A claim that
 * is to go with the set is owned by it; one that is to go with a pod above the size is owned by the pod (KEP-1847).
 */
export function ownersToSet(
  set: StatefulSet,
  pod: Pod,
  claim: PersistentVolumeClaim,
  condemned: boolean,
): OwnerReference[] | undefined {
  const owners = claim.metadata.ownerReferences ?? [];
  const manager = controllerOf(claim);
  const ours = new Set([set.metadata.uid, pod.metadata.uid]);
  if (manager !== undefined && !ours.has(manager.uid)) return undefined;
  const wanted: OwnerReference[] = [];
  if (condemned && deletesWhenScaled(set)) wanted.push(newControllerRef(pod, podKind));
  else if (deletesWhenDeleted(set)) wanted.push(newControllerRef(set, kind));
  const present = owners.filter(({ uid }) => ours.has(uid)).map(({ uid }) => uid);
  const right = present.length === wanted.length && wanted.every(({ uid }) => present.includes(uid));
  return right ? undefined : [...owners.filter(({ uid }) => !ours.has(uid)), ...wanted];
}

/** The claim belongs to a former pod of the same name and is about to go with it: a new pod must not use it. */
export function isStale(set: StatefulSet, podName: string, claim: PersistentVolumeClaim | undefined): boolean {
  if (claim === undefined || !deletesWhenScaled(set)) return false;
  return (claim.metadata.ownerReferences ?? []).some((owner) => owner.kind === 'Pod' && owner.name === podName);
}
