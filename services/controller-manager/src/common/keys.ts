import type { GroupVersionKind, KubeObject, OwnerReference } from '@kubus/shared/object';
import type { ReconcileKey } from '@kubus/shared/reconcile';
import { controllerOf, refersTo } from './owners.ts';

export const keyOf = (object: KubeObject): ReconcileKey => ({
  namespace: object.metadata.namespace ?? '',
  name: object.metadata.name,
});

/** Keys that a change of a dependent concerns: its manager of `kind`, now and before; an orphan concerns everyone in its namespace who selects it. */
export function keysOfManagers(
  kind: GroupVersionKind,
  selecting: (namespace: string, labels: Record<string, string> | undefined) => string[],
): (object: KubeObject, previous: KubeObject | undefined) => ReconcileKey[] {
  return (object, previous) => {
    const namespace = object.metadata.namespace ?? '';
    const managers = [controllerOf(object), previous === undefined ? undefined : controllerOf(previous)]
      .filter((owner): owner is OwnerReference => owner !== undefined && refersTo(owner, kind))
      .map((owner) => owner.name);
    const orphaned = controllerOf(object) === undefined;
    const names = new Set([...managers, ...(orphaned ? selecting(namespace, object.metadata.labels) : [])]);
    return [...names].map((name) => ({ namespace, name }));
  };
}
