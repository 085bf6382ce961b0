import type { Change } from '@kubus/shared/changelog';
import { StatusError } from '@kubus/shared/errors';
import type { InformerFeed, InformerSink, InformerSource } from '@kubus/shared/informer';
import { type GroupResource, groupResourceName, type KubeObject } from '@kubus/shared/object';
import type { Store } from '@kubus/shared/store';
import type {
  CacheList,
  CacheListQuery,
  CachePage,
  CachePageQuery,
  Freshness,
  ResourceSize,
  Watch,
  WatchCache,
  WatchQuery,
  WatchSink,
} from './contract.ts';
import { EventWindow, type WindowLimits } from './event-window.ts';
import { recordsOf } from './history.ts';
import { ObjectTexts } from './object-texts.ts';
import { OrderedObjects } from './ordered-objects.ts';
import { ChangeRecord, initialEvent } from './record.ts';
import { RevisionGate } from './revision-gate.ts';
import { SharedRead } from './shared-read.ts';
import { SizeEstimate } from './size-estimate.ts';
import { Watcher } from './watcher.ts';
import { type Trigger, Watchers } from './watchers.ts';

export interface ResourceCacheOptions {
  resource: GroupResource;
  /** List and changes. */
  source: InformerSource;
  store: Pick<Store, 'revisions'>;
  triggers: ReadonlyMap<string, Trigger>;
  /** Changes after one revision and up to another, out of the log; undefined when they cannot be had. */
  history: (after: number, until: number) => Promise<readonly Change[] | undefined>;
  window: WindowLimits;
  /** How long a read waits for the revision that it needs; milliseconds. */
  freshnessMs: number;
  bookmarkMs: number;
  /** Milliseconds that only go forward. */
  clock: () => number;
}

/** The watch cache of one resource. */
export class ResourceCache implements WatchCache {
  readonly resource: GroupResource;
  readonly #options: ResourceCacheOptions;
  readonly #gate: RevisionGate;
  readonly #watchers: Watchers;
  readonly #ready = Promise.withResolvers<void>();
  readonly #feed: Promise<InformerFeed>;
  readonly #bookmarks: NodeJS.Timeout;
  readonly #texts = new ObjectTexts();
  readonly #size = new SizeEstimate(this.#texts);
  /** Last revisions of the cluster and of this resource, as the store has them. */
  readonly #latest = new SharedRead(async () => {
    const { cluster, resources } = await this.#options.store.revisions([this.resource]);
    return { cluster, own: resources[0] ?? 0 };
  });
  #objects = new OrderedObjects([]);
  /** Revision of the last change that is in `#objects`, or of the list that they came from. */
  #changed = 0;
  #window: EventWindow | undefined;
  /** Watches that begin before the window wait for each other: the first one that reaches back may do it for all. */
  #reaching = Promise.resolve();
  /** Nothing up to here can be had from the log for this window. */
  #unreachable = -1;
  #stopped = false;

  constructor(options: ResourceCacheOptions) {
    this.resource = options.resource;
    this.#options = options;
    this.#gate = new RevisionGate(options.freshnessMs, () => this.#refresh());
    this.#watchers = new Watchers(options.triggers);
    this.#feed = options.source.follow(this.#sink());
    this.#bookmarks = setInterval(() => this.#bookmark(), options.bookmarkMs);
    this.#bookmarks.unref();
  }

  get revision(): number {
    return this.#gate.revision;
  }

  get size(): ResourceSize {
    return this.#size.of(this.#objects);
  }

  /** Resolves when the first list is in. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  async isFresh(): Promise<boolean> {
    await this.#ready.promise;
    return (await this.#latest.get()).own <= this.revision;
  }

  async get(namespace: string, name: string, freshness: Freshness): Promise<KubeObject | undefined> {
    await this.#fresh(freshness);
    return this.#objects.get(namespace, name);
  }

  async list(query: CacheListQuery): Promise<CacheList> {
    await this.#fresh(query.freshness);
    const { revision } = this;
    if (query.name !== undefined && query.namespace !== undefined && query.namespace !== '') {
      const object = this.#objects.get(query.namespace, query.name);
      const matches = object !== undefined && (query.predicate?.(object) ?? true);
      return this.#listed(matches ? [object] : [], revision);
    }
    const items: KubeObject[] = [];
    for (const object of this.#objects.in(query.namespace)) {
      if (query.name !== undefined && object.metadata.name !== query.name) continue;
      if (query.predicate?.(object) ?? true) items.push(object);
    }
    return this.#listed(items, revision);
  }

  async page({ namespace, predicate, limit, from }: CachePageQuery): Promise<CachePage | undefined> {
    const later = typeof from === 'object' ? from : undefined;
    await this.#fresh(typeof from === 'object' ? 'any' : from);
    if (!this.#objects.ordersAsStore) return undefined;
    const { revision } = this;
    if (later !== undefined && (later.revision < this.#changed || later.revision > revision)) return undefined;
    const { items, last, left } = this.#objects.part(namespace, later?.last ?? '', limit, predicate);
    return { ...this.#listed(items, later?.revision ?? revision), last, left };
  }

  #listed(items: KubeObject[], revision: number): CacheList {
    return { items, revision, texts: () => this.#texts.of(items) };
  }

  async watch(query: WatchQuery, sink: WatchSink): Promise<Watch> {
    await this.#fresh(query.from === 'initial' ? (query.freshness ?? 'any') : 'any');
    if (query.from !== 'initial') await this.#reachBack(query.from);
    // From here on nothing waits, so that no change falls between what is replayed and what follows.
    const watcher = new Watcher(query, sink, query.from === 'initial' ? this.revision : query.from);
    const taken = query.from === 'initial' ? this.#giveInitial(watcher) : this.#giveSince(watcher, query.from);
    if (taken && !watcher.ended) this.#watchers.add(watcher);
    else this.#end(watcher);
    return { stop: () => this.#forget(watcher) };
  }

  /** Ends every watch; nothing can be read any more. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    clearInterval(this.#bookmarks);
    const gone = new StatusError('ServiceUnavailable', `${groupResourceName(this.resource)} are no longer served`);
    this.#ready.promise.catch(() => undefined);
    this.#ready.reject(gone);
    this.#gate.fail(gone);
    this.#endAll();
    await (await this.#feed).stop();
  }

  #giveInitial(watcher: Watcher): boolean {
    for (const object of this.#objects.in(watcher.query.namespace)) {
      if (watcher.sees(object) && !watcher.give(initialEvent(object))) return false;
    }
    return watcher.query.initialEventsEnd !== true || watcher.bookmark(this.revision, true);
  }

  #giveSince(watcher: Watcher, from: number): boolean {
    const window = this.#window as EventWindow;
    const floor = watcher.query.predicate === undefined ? window.floor : window.selectableFrom;
    if (from < floor) throw tooOld(from, floor);
    return window.after(from).every((record) => watcher.offer(record));
  }

  /**
   * A cache begins when its resource is first asked for. A client may watch from a revision before that, as that of an object which it has just made: what has
   * happened since is in the log.
   */
  #reachBack(from: number): Promise<void> | undefined {
    const isHeld = () => from >= (this.#window?.floor ?? 0) || from <= this.#unreachable;
    if (isHeld()) return undefined;
    this.#reaching = this.#reaching.then(async () => {
      const window = this.#window;
      if (window === undefined || isHeld()) return;
      const { floor } = window;
      const changes = await this.#options.history(from, floor).catch(() => undefined);
      // Another list, or changes in such numbers that the window has moved on.
      if (this.#window !== window || window.floor !== floor) return;
      const reached = changes !== undefined && window.reachBack(from, recordsOf(changes, this.#options.clock()));
      if (!reached) this.#unreachable = from;
    });
    return this.#reaching;
  }

  async #fresh(freshness: Freshness): Promise<void> {
    await this.#ready.promise;
    if (freshness === 'any') return;
    if (freshness !== 'latest') return this.#gate.wait(freshness);
    const { cluster, own } = await this.#latest.get();
    await this.#gate.wait(own);
    // Nothing of this resource was committed between its own last change and that moment.
    this.#gate.reach(cluster);
  }

  #sink(): InformerSink {
    return {
      replace: (items, revision) => this.#replace(items, revision),
      change: (type, object, revision, text) => this.#change(type === 'deleted', object, revision, text),
      progress: (revision) => this.#gate.reach(revision),
    };
  }

  /** After the first list, another one means that changes may have been missed: all watchers list again. */
  #replace(items: readonly KubeObject[], revision: number): void {
    if (this.#stopped) return;
    const again = this.#window !== undefined;
    this.#objects = new OrderedObjects(items);
    this.#changed = revision;
    this.#window = new EventWindow(this.#options.window, revision);
    this.#unreachable = -1;
    this.#gate.reset(revision);
    if (again) this.#endAll(expired('the changes since the revision that was seen are no longer held'));
    this.#ready.resolve();
  }

  #change(deleted: boolean, object: KubeObject, revision: number, text: Uint8Array | undefined): void {
    if (this.#stopped || revision <= this.revision) return;
    const previous = deleted ? this.#objects.delete(object) : this.#objects.put(object);
    this.#changed = revision;
    const record = new ChangeRecord(deleted, object, previous, revision, this.#options.clock(), text);
    this.#window?.push(record);
    this.#watchers.concerned(record, (watcher) => {
      if (!watcher.offer(record)) this.#end(watcher);
    });
    record.forgetEvents();
    // Last: who waits for a revision finds that the watchers have been told.
    this.#gate.reach(revision);
  }

  #bookmark(): void {
    for (const watcher of this.#watchers.all()) {
      if (watcher.query.bookmarks === true && !watcher.bookmark(this.revision, false)) this.#end(watcher);
    }
    this.#refresh();
  }

  #refresh(): void {
    this.#feed.then((feed) => feed.refresh()).catch(() => undefined);
  }

  #endAll(error?: StatusError): void {
    for (const watcher of [...this.#watchers.all()]) this.#end(watcher, error);
  }

  #end(watcher: Watcher, error?: StatusError): void {
    if (this.#forget(watcher)) watcher.sink.end(error);
  }

  #forget(watcher: Watcher): boolean {
    this.#watchers.remove(watcher);
    return watcher.end();
  }
}

/** Worded as kube-apiserver does. */
function tooOld(from: number, floor: number): StatusError {
  return expired(`too old resource version: ${from} (${floor})`);
}

function expired(message: string): StatusError {
  return new StatusError('Expired', message);
}
