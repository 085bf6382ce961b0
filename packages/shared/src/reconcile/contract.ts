import type { GroupResource, KubeObject } from '../object/index.ts';

/** What a controller is asked to bring in order. `namespace` is '' for cluster-scoped objects. */
export interface ReconcileKey {
  namespace: string;
  name: string;
}

/** Done, or look again after `requeueAfter` milliseconds. */
export type ReconcileResult = undefined | { requeueAfter: number };

/** Throw this to record an error and stop until the object changes; any other error backs off per key. */
export class TerminalError extends Error {
  override readonly name = 'TerminalError';
}

export interface Watch<T extends KubeObject = KubeObject> {
  resource: GroupResource;
  /** Maps a change to the keys it concerns; pure. `previous` is known on updates and deletions when the dispatcher has it. */
  map(object: T, previous: T | undefined, type: 'created' | 'updated' | 'deleted'): readonly ReconcileKey[];
}

export interface Controller {
  /** Lower case with dashes; names the queue, the metrics and the logs: 'replicaset', 'node-lifecycle'. */
  readonly name: string;
  readonly watches: readonly Watch[];
  /** Resources that a reconcile reads from informers: it is not run before they have caught up with what is committed. */
  readonly reads: readonly GroupResource[];
  /** Reconciles of different keys that may run at once in one process; default 16. One key never runs twice at once, anywhere. */
  readonly concurrency?: number;
  /** Milliseconds between two resyncs of all keys; default 10 minutes. Shorter where a lost job would be felt. */
  readonly resyncMs?: number;
  /** Every key of the controller, for the periodic resync. */
  keys(): readonly ReconcileKey[] | Promise<readonly ReconcileKey[]>;
  /**
   * Of keys that changes or a resync have brought, those of which there is something to do; asked when the informers of `reads` have seen these changes, as for a run. For
   * controllers that most changes come to nothing for: a key that is left out costs no job. What a lost job left undone is something to do. Pure. Absent: all.
   */
  worthwhile?(keys: readonly ReconcileKey[]): readonly ReconcileKey[];
  reconcile(key: ReconcileKey, signal: AbortSignal): Promise<ReconcileResult>;
}
