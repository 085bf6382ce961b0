import type { GroupVersionResource } from '@kubus/shared/object';

/** What became of a desired set: the value of its key in the bucket of outcomes. */
export interface SetStatus {
  /** Revision of the set's key that `phase`, `objects` and `errors` speak of; 0 before the first outcome. */
  observedRevision: number;
  /**
   * Applied: everything is as the manifest says. Rejected: nothing of this revision was applied. Failed: it was accepted, but could not be carried out
   * in full; `errors` say what is missing. Deleted: the key was deleted, and what the set made with it. Pending: no outcome yet.
   */
  phase: SetPhase;
  /** The last revision that was accepted. */
  appliedRevision?: number;
  /** When this was written; RFC 3339. */
  time: string;
  objects: ObjectResult[];
  errors?: SetError[];
  /** Everything the set may have made and has not yet seen gone; written before it is made. */
  inventory: InventoryEntry[];
}

export type SetPhase = 'Pending' | 'Applied' | 'Rejected' | 'Failed' | 'Deleted';

export interface ObjectResult {
  apiVersion: string;
  kind: string;
  namespace?: string;
  name: string;
  /** The words of kubectl apply, 'pruned' for what left the set and 'deleted' for what went with its key. */
  result: 'created' | 'configured' | 'unchanged' | 'pruned' | 'deleted' | 'failed';
}

export interface SetError {
  /** Counted from 1. */
  document?: number;
  /** 'Deployment/web'. */
  object?: string;
  message: string;
  /** HTTP status reason, where the API refused: Invalid, Conflict, Forbidden. */
  reason?: string;
  causes?: { field?: string; reason?: string; message?: string }[];
}

export interface InventoryEntry extends GroupVersionResource {
  kind: string;
  /** '' for cluster-scoped objects. */
  namespace: string;
  name: string;
  /** Known once it was applied. */
  uid?: string;
  /** Of the object as it was left, without what changes by itself; tells drift. */
  fingerprint?: string;
}

/** One text for an object, whatever version it was written in. */
export function identify(entry: { group: string; resource: string; namespace: string; name: string }): string {
  return `${entry.resource}.${entry.group}/${entry.namespace}/${entry.name}`;
}
