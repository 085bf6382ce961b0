import type { GroupResource, KubeObject, ObjectKey } from '../object/index.ts';

/** One committed write, as the change log carries it. */
export interface Change {
  type: 'created' | 'updated' | 'deleted';
  key: ObjectKey;
  revision: number;
  /** Revision of the change of the same group and resource before this one (0: none); lets a consumer see a gap by itself. */
  previousRevision: number;
  /** After the change; for 'deleted' the last state, with `resourceVersion` set to `revision`. */
  object: KubeObject;
  /** JSON of the object in UTF-8, where it came with the change: to be read now or copied, never kept. */
  text?: Uint8Array;
}

/**
 * Reads the change log. Changes arrive in revision order, without gap or repeat, or the reader is told that it lost its place.
 * One underlying JetStream consumer per (process, resource).
 */
export interface ChangeReader {
  /**
   * Delivers every change of `resource` with a revision above `after`, until `stop`. `onLost` is called, at most once, when the log
   * no longer holds what follows `after` or was rebuilt: list again and start anew.
   * `onProgress(revision)` says that everything up to `revision` (of the whole cluster) has been delivered: also when other resources changed or all is idle.
   */
  read(resource: GroupResource, after: number, handlers: ChangeHandlers): Promise<ChangeSubscription>;
  /**
   * Every change of `resource` with a revision above `after` and up to `until`, oldest first, without their texts. Undefined when the log does not hold them
   * all, when there are more than `most`, or when they are not there within `waitMs`.
   */
  between(resource: GroupResource, range: ChangeRange): Promise<Change[] | undefined>;
}

export interface ChangeRange {
  after: number;
  until: number;
  most: number;
  /** Milliseconds. */
  waitMs: number;
}

export interface ChangeHandlers {
  onChange(change: Change): void;
  onProgress(revision: number): void;
  onLost(reason: string): void;
}

export interface ChangeSubscription {
  /** Asks for an `onProgress` soon: as soon as all that is committed now has been delivered. */
  refresh(): void;
  stop(): Promise<void>;
}
