import type { GroupVersionKind, KubeObject, OwnerReference } from '@kubus/shared/object';
import { apiVersionOf, parseApiVersion } from '@kubus/shared/object';

/** The one owner that manages the object, if there is one. */
export function controllerOf(object: KubeObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((owner) => owner.controller === true);
}

export function newControllerRef(owner: KubeObject, kind: GroupVersionKind): OwnerReference {
  return {
    apiVersion: apiVersionOf(kind),
    kind: kind.kind,
    name: owner.metadata.name,
    uid: owner.metadata.uid ?? '',
    controller: true,
    blockOwnerDeletion: true,
  };
}

/** Same group and kind; the version an owner was written in does not matter. */
export function refersTo(owner: OwnerReference, kind: { group: string; kind: string }): boolean {
  return owner.kind === kind.kind && parseApiVersion(owner.apiVersion).group === kind.group;
}
