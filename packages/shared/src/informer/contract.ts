import type { GroupResource, KubeObject } from '../object/index.ts';

/** A cache of one resource that follows the cluster: list, then every change. */
export interface Informer<T extends KubeObject = KubeObject> {
  readonly resource: GroupResource;
  get(namespace: string, name: string): T | undefined;
  /** All objects, or those of one namespace. The array is fresh, its objects are shared and must not be changed. */
  list(namespace?: string): T[];
  /** Objects under a value of an index given at construction, e.g. 'ownerUid'. */
  byIndex(index: string, value: string): T[];
  /** Everything up to this revision has been seen. */
  readonly revision: number;
  readonly synced: boolean;
  /** Resolves when synced and `revision` has been reached; rejects on stop or after `timeoutMs` (default 10,000). */
  waitFor(revision: number, timeoutMs?: number): Promise<void>;
  /**
   * Called for each object at first sight (at once for those already there) and on each change, in order; after a relist only for what differs.
   * Returns an unsubscribe.
   */
  onChange(handler: (event: InformerEvent<T>) => void): () => void;
  start(): Promise<void>;
  stop(): Promise<void>;
}

export interface InformerEvent<T extends KubeObject = KubeObject> {
  type: 'added' | 'updated' | 'deleted';
  object: T;
  /** The state before; absent for 'added'. */
  previous?: T;
}

/** Derives the values under which an object is found; pure. */
export type IndexFunction<T extends KubeObject = KubeObject> = (object: T) => readonly string[];

/** Where an informer gets its data: the store and change log (inside), or a list and watch over the bus (agents). */
export interface InformerSource<T extends KubeObject = KubeObject> {
  /** Lists, then follows; on a lost place it lists again by itself. */
  follow(sink: InformerSink<T>): Promise<InformerFeed>;
}

export interface InformerFeed {
  /** Asks for progress soon, because someone waits for a revision. */
  refresh(): void;
  stop(): Promise<void>;
}

export interface InformerSink<T extends KubeObject = KubeObject> {
  replace(items: T[], revision: number): void;
  /** `text`: as in `Change`. */
  change(type: 'added' | 'updated' | 'deleted', object: T, revision: number, text?: Uint8Array): void;
  progress(revision: number): void;
}
