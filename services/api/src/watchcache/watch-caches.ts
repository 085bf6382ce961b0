import type { ChangeReader } from '@kubus/shared/changelog';
import { within } from '@kubus/shared/clock';
import { StatusError } from '@kubus/shared/errors';
import { StoreSource } from '@kubus/shared/informer';
import { type GroupResource, groupResourceName } from '@kubus/shared/object';
import type { Store } from '@kubus/shared/store';
import type { ResourceSize, WatchCache, WatchCaches } from './contract.ts';
import { ResourceCache } from './resource-cache.ts';
import type { Trigger } from './watchers.ts';

/** Changes kept per resource: at least, whatever their age, and at most. */
const windowSize = { min: 100, max: 20_000 };
/** Changes that are fetched from the log for a watch which begins before its cache did. */
const historyMax = 1_000;
/** How long the first list may take. */
const readyMs = 10_000;

export interface WatchCachesOptions {
  store: Pick<Store, 'list' | 'revisions'>;
  reader: ChangeReader;
  /** By which watches of a resource can be narrowed: name to function, e.g. 'spec.nodeName' of pods. Default: none. */
  triggers?: (resource: GroupResource) => Readonly<Record<string, Trigger>>;
  /** Changes are kept at least this long, as far as there is room; milliseconds, default 75,000 (kube-apiserver's eventFreshDuration). */
  windowMs?: number;
  /** Between bookmarks; milliseconds, default 60,000. */
  bookmarkMs?: number;
  /** How long a read waits for the revision that it needs; milliseconds, default 3,000. */
  freshnessMs?: number;
  /** Told of each failed attempt to list. */
  onError?: (resource: GroupResource, error: unknown) => void;
}

/** The watch caches of one replica of the api. */
export class ReplicaWatchCaches implements WatchCaches {
  readonly #options: WatchCachesOptions;
  readonly #caches = new Map<string, ResourceCache>();
  /** Those that have listed: asked for on every write, they are not waited for again. */
  readonly #listed = new Map<string, ResourceCache>();
  #stopped = false;

  constructor(options: WatchCachesOptions) {
    this.#options = options;
  }

  async of(resource: GroupResource): Promise<WatchCache> {
    if (this.#stopped) throw new StatusError('ServiceUnavailable', 'the server is shutting down');
    const name = groupResourceName(resource);
    const listed = this.#listed.get(name);
    if (listed !== undefined) return listed;
    const cache = this.#caches.get(name) ?? this.#start(resource);
    this.#caches.set(name, cache);
    await this.#within(cache.ready, name);
    if (this.#caches.get(name) === cache) this.#listed.set(name, cache);
    return cache;
  }

  /** Of a resource that has been listed. */
  sizeOf(resource: GroupResource): ResourceSize | undefined {
    return this.#listed.get(groupResourceName(resource))?.size;
  }

  async remove(resource: GroupResource): Promise<void> {
    const name = groupResourceName(resource);
    const cache = this.#caches.get(name);
    this.#caches.delete(name);
    this.#listed.delete(name);
    await cache?.stop();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    const caches = [...this.#caches.values()];
    this.#caches.clear();
    this.#listed.clear();
    await Promise.all(caches.map((cache) => cache.stop()));
  }

  #start({ group, resource }: GroupResource): ResourceCache {
    const { store, reader, triggers, onError, ...options } = this.#options;
    const key = { group, resource };
    const { freshnessMs = 3_000 } = options;
    return new ResourceCache({
      resource: key,
      source: new StoreSource({ resource: key, store, reader, onError: (error) => onError?.(key, error) }),
      store,
      history: (after, until) => reader.between(key, { after, until, most: historyMax, waitMs: freshnessMs }),
      triggers: new Map(Object.entries(triggers?.(key) ?? {})),
      window: { freshMs: options.windowMs ?? 75_000, ...windowSize },
      freshnessMs,
      bookmarkMs: options.bookmarkMs ?? 60_000,
      clock: () => performance.now(),
    });
  }

  #within(ready: Promise<void>, name: string): Promise<void> {
    return within(readyMs, ready, () => {
      throw new StatusError('ServiceUnavailable', `${name} have not been listed yet`, { retryAfterSeconds: 1 });
    });
  }
}
