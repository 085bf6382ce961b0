import type { KubeObject } from '@kubus/shared/object';
import { controllerOf } from './owners.ts';

export interface Claims<T extends KubeObject> {
  /** Managed by the controller and selected by it. */
  owned: T[];
  /** Selected, and nobody manages them: to be taken over. */
  adopt: T[];
  /** Managed, but no longer selected: to be let go. */
  release: T[];
}

/**
 * Sorts objects by whom they belong to (Kubernetes: "Controllers and labels", ControllerRef). An object that another controller manages is
 * never touched, one that is being deleted is never adopted, and a controller that is being deleted neither adopts nor releases.
 */
export function claim<T extends KubeObject>(
  controller: KubeObject,
  objects: readonly T[],
  selects: (object: T) => boolean,
): Claims<T> {
  const claims: Claims<T> = { owned: [], adopt: [], release: [] };
  const deleting = controller.metadata.deletionTimestamp !== undefined;
  for (const object of objects) {
    const manager = controllerOf(object);
    if (manager !== undefined && manager.uid !== controller.metadata.uid) continue;
    if (manager !== undefined && selects(object)) claims.owned.push(object);
    else if (deleting) continue;
    else if (manager !== undefined) claims.release.push(object);
    else if (selects(object) && object.metadata.deletionTimestamp === undefined) claims.adopt.push(object);
  }
  return claims;
}
