import type { KubeObject } from '@kubus/shared/object';
import { patchObject } from '@kubus/shared/schema';

/** Who owns which fields of an object: metadata.managedFields (KEP-555). */
export interface FieldTracker {
  /** Records who owns what of a new object, in place; `applied`: it came by server-side apply. */
  trackCreate(change: FieldChange & { applied: boolean }): void;
  /** Records in `object` who owns what after an update of `old`, in place. */
  trackUpdate(change: FieldChange & { old: KubeObject }): void;
  /** Merges an applied configuration (`object`) into `old`, and records its fields as the manager's. Throws StatusError Conflict with all causes. */
  apply(change: FieldChange & { old: KubeObject; force: boolean }): KubeObject;
}

export interface FieldChange {
  /** Schema type of `object`. */
  schema: string;
  /** Of `object`. */
  apiVersion: string;
  object: KubeObject;
  manager: string;
  /** '' for the object itself. */
  subresource: string;
  /** RFC 3339. */
  now: string;
}

/** Keeps no record of ownership: what is applied is merged into what is there. */
export const untracked: FieldTracker = {
  trackCreate: () => undefined,
  trackUpdate: () => undefined,
  apply: ({ schema, old, object }) =>
    patchObject(schema, old, { contentType: 'application/strategic-merge-patch+json', body: object }).object,
};
