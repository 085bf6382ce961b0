import type { StatusError } from '@kubus/shared/errors';
import type { KubeObject } from '@kubus/shared/object';
import type { ServedResource } from '@kubus/shared/registry';
import type { CacheEvent, Watch, WatchQuery, WatchSink } from '../watchcache/index.ts';
import type { StoredCall } from './call.ts';
import { allFromStored, fromStored, isStoredVersion } from './convert.ts';
import type { Deps } from './deps.ts';
import { internalError } from './errors.ts';
import { freshnessOf, type WatchOptions, watchOptions } from './list-options.ts';
import { selectionOf } from './selection.ts';

/** Registers a watcher; see WatchCache.watch for what it gets and what is thrown. */
export async function watch(deps: Deps, call: StoredCall, sink: WatchSink): Promise<Watch> {
  const options = watchOptions(call.request.query);
  const selection = selectionOf(call);
  const cache = await deps.caches.of(call.storage);
  const query: WatchQuery = {
    namespace: call.namespace,
    ...(selection.name === undefined ? {} : { name: selection.name }),
    ...(selection.matches === undefined ? {} : { predicate: selection.matches }),
    ...(selection.trigger === undefined ? {} : { trigger: selection.trigger }),
    ...(await beginning(deps, options)),
    bookmarks: options.bookmarks,
  };
  if (isStoredVersion(call.resource)) return cache.watch(query, sink);
  if (call.resource.served.convert === undefined) return cache.watch(query, converting(call, sink));
  const later = new ConvertingSink(call.resource, sink, selection.served);
  const watching = await cache.watch(query, later);
  await later.settled();
  return watching;
}

/**
 * Without a revision, or with 0, a watch begins with what is there; with one, after it; `sendInitialEvents` asks for one or the other in so many words
 * (kubernetes.io: API concepts, "Semantics for watch" and "Streaming lists").
 */
async function beginning(
  deps: Deps,
  { resourceVersion, sendInitialEvents }: WatchOptions,
): Promise<Pick<WatchQuery, 'from' | 'freshness' | 'initialEventsEnd'>> {
  const none = resourceVersion === '' || resourceVersion === '0';
  const initial = { from: 'initial', freshness: freshnessOf(resourceVersion) } as const;
  if (sendInitialEvents === true) return { ...initial, initialEventsEnd: true };
  if (sendInitialEvents === false && none) return { from: (await deps.store.revisions([])).cluster };
  return none ? initial : { from: Number(resourceVersion) };
}

/** Gives events in the version that is asked for; encodings are shared by the watchers of that version. */
function converting(call: StoredCall, sink: WatchSink): WatchSink {
  const { resource } = call;
  return {
    event: (event) =>
      sink.event(new ConvertedEvent(event, fromStored(resource, event.object) as KubeObject, resource.apiVersion)),
    bookmark: (revision, end) => sink.bookmark(revision, end),
    end: (error) => sink.end(error),
  };
}

/** Events that somebody else converts: one after the other, in the order in which they came; of those, what is selected by the fields that they have then. */
class ConvertingSink implements WatchSink {
  readonly #resource: ServedResource;
  readonly #sink: WatchSink;
  readonly #matches: ((object: KubeObject) => boolean) | undefined;
  #turn: Promise<void> = Promise.resolve();
  #open = true;

  constructor(resource: ServedResource, sink: WatchSink, matches?: (object: KubeObject) => boolean) {
    this.#resource = resource;
    this.#sink = sink;
    this.#matches = matches;
  }

  event(event: CacheEvent): boolean {
    const converting = this.#matches === undefined ? this.#converted(event) : this.#selected(event, this.#matches);
    // It is waited for when its turn has come.
    converting.catch(() => undefined);
    return this.#then(async () => {
      const converted = await converting;
      return converted === undefined || this.#sink.event(converted);
    });
  }

  async #converted(event: CacheEvent): Promise<CacheEvent> {
    const object = await fromStored(this.#resource, event.object);
    return new ConvertedEvent(event, object, this.#resource.apiVersion);
  }

  /** What a change is to one who sees only objects that match in his version; see `ChangeRecord.eventFor`. */
  async #selected(event: CacheEvent, matches: (object: KubeObject) => boolean): Promise<CacheEvent | undefined> {
    const { apiVersion } = this.#resource;
    const states = event.previous === undefined ? [event.object] : [event.object, event.previous];
    const [object, previous] = await allFromStored(this.#resource, states);
    const isThere = event.type !== 'DELETED';
    const last = isThere ? previous : object;
    const before = last !== undefined && matches(last);
    if (isThere && matches(object as KubeObject))
      return new ConvertedEvent(event, object as KubeObject, apiVersion, before ? 'MODIFIED' : 'ADDED');
    if (!before) return undefined;
    const metadata = { ...last.metadata, resourceVersion: String(event.revision) };
    return new ConvertedEvent(event, isThere ? { ...last, metadata } : last, apiVersion, 'DELETED');
  }

  bookmark(revision: number, end: boolean): boolean {
    return this.#then(async () => this.#sink.bookmark(revision, end));
  }

  end(error?: StatusError): void {
    this.#then(async () => {
      this.#sink.end(error);
      return false;
    });
  }

  settled(): Promise<void> {
    return this.#turn;
  }

  #then(step: () => Promise<boolean>): boolean {
    this.#turn = this.#turn.then(async () => {
      if (!this.#open) return;
      this.#open = await step().catch((error: unknown) => {
        this.#sink.end(internalError(error));
        return false;
      });
    });
    return this.#open;
  }
}

class ConvertedEvent implements CacheEvent {
  readonly type: CacheEvent['type'];
  readonly object: KubeObject;
  readonly revision: number;
  readonly #event: CacheEvent;
  readonly #apiVersion: string;

  constructor(event: CacheEvent, object: KubeObject, apiVersion: string, type = event.type) {
    this.type = type;
    this.object = object;
    this.revision = event.revision;
    this.#event = event;
    this.#apiVersion = apiVersion;
  }

  encoded(representation: string, encode: (event: CacheEvent) => Uint8Array): Uint8Array {
    return this.#event.encoded(`${this.#apiVersion} ${this.type} ${representation}`, () => encode(this));
  }
}
