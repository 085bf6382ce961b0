import type { StatusError } from '@kubus/shared/errors';
import type { GroupResource, KubeObject } from '@kubus/shared/object';

/**
 * How fresh a read from the cache must be (Kubernetes: resourceVersion and resourceVersionMatch).
 * 'any': whatever is there (resourceVersion=0). 'latest': everything committed before the call (resourceVersion unset).
 * A number: not older than that revision.
 */
export type Freshness = 'any' | 'latest' | number;

export interface CacheListQuery {
  /** '' or absent: all namespaces. */
  namespace?: string;
  name?: string;
  /** Label and field selectors, compiled; pure. Absent: everything. */
  predicate?: (object: KubeObject) => boolean;
  freshness: Freshness;
}

export interface CacheList {
  /** In key order (namespace, name). Shared with the cache: never change them. */
  items: KubeObject[];
  /** The JSON of each item in UTF-8, made when first asked for and kept as long as the object is. */
  texts(): Iterable<Uint8Array>;
  revision: number;
}

export interface CachePage extends CacheList {
  /** Where the next page goes on, as the store names it; '' on the last page. */
  last: string;
  /** How many follow, where nothing is filtered. */
  left: number;
}

export interface CachePageQuery {
  namespace?: string;
  predicate?: (object: KubeObject) => boolean;
  /** 0: all that is left. */
  limit: number;
  /** The first page, this fresh; or the objects after `last` as they were at `revision`. */
  from: Freshness | { last: string; revision: number };
}

export interface WatchQuery {
  namespace?: string;
  name?: string;
  /** As in `CacheListQuery`; it decides transitions: an object that begins to match is ADDED, one that ceases to is DELETED. */
  predicate?: (object: KubeObject) => boolean;
  /**
   * Narrows to objects for which the cache's trigger function of that name gives this value, e.g. pods by spec.nodeName, so that thousands of such
   * watchers cost nothing for changes that do not concern them. The predicate must imply it.
   */
  trigger?: { name: string; value: string };
  /** Events after this revision; or ADDED for every object that is there, then what follows. */
  from: number | 'initial';
  /** With `from: 'initial'`, how fresh the initial state is; default 'any'. */
  freshness?: Freshness;
  /** After the initial events, a bookmark that says so (sendInitialEvents=true, KEP-3157). */
  initialEventsEnd?: boolean;
  /** Bookmarks from time to time, so that a client that resumes is not expired (allowWatchBookmarks, KEP-956). */
  bookmarks?: boolean;
}

/** One event, the same instance for every watcher that sees this transition of this change. */
export interface CacheEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  /** For DELETED the last state, at the revision of the change that ended it. */
  readonly object: KubeObject;
  /** For MODIFIED the state before it. */
  readonly previous?: KubeObject | undefined;
  readonly revision: number;
  /** JSON of `object` in UTF-8, where it is at hand: only while the event is given to a sink. */
  readonly text?: Uint8Array | undefined;
  /**
   * What `encode` makes of this event, made once per `representation` (e.g. 'json', 'table/v1', 'proto') and given to all watchers who ask for it.
   */
  encoded(representation: string, encode: (event: CacheEvent) => Uint8Array): Uint8Array;
}

/** How much there is of a resource, about. */
export interface ResourceSize {
  objects: number;
  averageBytes: number;
}

/** Where a watch delivers. Called in order, never concurrently, never after `stop()` or after `end`. */
export interface WatchSink {
  /**
   * Returns false when the watcher cannot take more; the watch is then ended, without an error, never waited for: it can resume from the
   * last revision that it has seen.
   */
  event(event: CacheEvent): boolean;
  /** `initialEventsEnd`: annotate `k8s.io/initial-events-end: "true"`. */
  bookmark(revision: number, initialEventsEnd: boolean): boolean;
  /** Ended by the cache. With an error: send it as an ERROR event (Expired: list again) and close; without: just close. */
  end(error?: StatusError): void;
}

export interface Watch {
  stop(): void;
}

/**
 * The current objects of one resource and a window of its recent changes, on one replica of the api.
 */
export interface WatchCache {
  readonly resource: GroupResource;
  /** Everything up to here has been seen. */
  readonly revision: number;
  /** Whether the cache has everything that was committed before the call. It is not waited for what it lacks. */
  isFresh(): Promise<boolean>;
  /** The object as the cache knows it; `freshness` is waited for first. */
  get(namespace: string, name: string, freshness: Freshness): Promise<KubeObject | undefined>;
  /** Throws StatusError Timeout (cause ResourceVersionTooLarge) when the asked revision is not reached in time. */
  list(query: CacheListQuery): Promise<CacheList>;
  /** A page of a list. Undefined where only the store can tell: the objects are no longer, or not yet, what they were at that revision. Throws as `list` does. */
  page(query: CachePageQuery): Promise<CachePage | undefined>;
  /**
   * Resolves once registered; initial events are delivered before it resolves.
   * Throws StatusError Expired when `from` is older than the window, Timeout as `list` does.
   */
  watch(query: WatchQuery, sink: WatchSink): Promise<Watch>;
}

/** One cache per resource, started when first asked for. */
export interface WatchCaches {
  /** Resolves when the cache has listed. Throws ServiceUnavailable when that is not possible in time. */
  of(resource: GroupResource): Promise<WatchCache>;
  /** Ends the watches of a resource that is no longer served, and forgets it. */
  remove(resource: GroupResource): Promise<void>;
  /** Ends every watch and every cache. */
  stop(): Promise<void>;
}
