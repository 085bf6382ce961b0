import type { KubeObject } from '@kubus/shared/object';

/** What the pipeline needs of the schema; an adapter over shared/schema by default. */
export interface Codec {
  /**
   * Reads a JSON value as a type: the result has only known fields of the right types. The value may be taken over and changed.
   * Throws a plain Error that says what does not fit; `unknown` takes what is passed over (`unknown field "spec.x"`).
   */
  decode(schema: string, value: unknown, unknown: string[]): KubeObject;
  /** Applies a strategic merge patch; throws StatusError for one that cannot be applied. The arguments are not changed. */
  strategicMerge(schema: string, object: KubeObject, patch: unknown): KubeObject;
  /** Records who owns what of a new object, in place; `applied`: it came by server-side apply. */
  trackCreate(change: FieldChange & { applied: boolean }): void;
  /** Records in `object.metadata.managedFields` who owns what after an update; in place. */
  trackUpdate(change: FieldChange): void;
  /** Server-side apply: merges `applied` into `old`, recording ownership. Throws StatusError Conflict with the causes of conflicts. */
  apply(change: FieldChange & { force: boolean }): KubeObject;
}

export interface FieldChange {
  schema: string;
  /** Of `object`. */
  apiVersion: string;
  object: KubeObject;
  old: KubeObject | undefined;
  manager: string;
  /** '' for the object itself. */
  subresource: string;
  /** RFC 3339. */
  now: string;
}
