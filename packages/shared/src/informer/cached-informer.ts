import { StatusError } from '../errors/index.ts';
import { type GroupResource, groupResourceName, type KubeObject } from '../object/index.ts';
import type { IndexFunction, Informer, InformerEvent, InformerFeed, InformerSink, InformerSource } from './contract.ts';
import { ObjectCache } from './object-cache.ts';
import { Waiters } from './waiters.ts';

export interface InformerOptions<T extends KubeObject> {
  resource: GroupResource;
  source: InformerSource<T>;
  indexes?: Readonly<Record<string, IndexFunction<T>>>;
}

const DEFAULT_WAIT_MS = 10_000;

/** An informer over any source. */
export class CachedInformer<T extends KubeObject = KubeObject> implements Informer<T> {
  readonly resource: GroupResource;
  readonly #source: InformerSource<T>;
  readonly #cache: ObjectCache<T>;
  readonly #handlers = new Set<(event: InformerEvent<T>) => void>();
  readonly #waiters = new Waiters();
  readonly #synced = Promise.withResolvers<void>();
  #feed: Promise<InformerFeed> | undefined;
  #isSynced = false;
  #stopped = false;
  #revision = 0;

  constructor(options: InformerOptions<T>) {
    this.resource = options.resource;
    this.#source = options.source;
    this.#cache = new ObjectCache(options.indexes ?? {});
    // Whoever awaits start() is told; nobody may.
    this.#synced.promise.catch(() => undefined);
  }

  get revision(): number {
    return this.#revision;
  }

  get synced(): boolean {
    return this.#isSynced;
  }

  get(namespace: string, name: string): T | undefined {
    return this.#cache.get(namespace, name);
  }

  list(namespace?: string): T[] {
    return this.#cache.list(namespace);
  }

  byIndex(index: string, value: string): T[] {
    return this.#cache.byIndex(index, value);
  }

  async waitFor(revision: number, timeoutMs = DEFAULT_WAIT_MS): Promise<void> {
    if (this.#stopped) throw this.#stoppedError();
    if (this.#isSynced && this.#revision >= revision) return;
    const waiting = this.#waiters.wait(revision, timeoutMs, () => this.#lateError(revision));
    this.#feed?.then((feed) => feed.refresh()).catch(() => undefined);
    await waiting;
  }

  onChange(handler: (event: InformerEvent<T>) => void): () => void {
    this.#handlers.add(handler);
    for (const object of this.#cache.list()) handler({ type: 'added', object });
    return () => this.#handlers.delete(handler);
  }

  /** Resolves when the first list is in; rejects when stopped before. */
  async start(): Promise<void> {
    this.#feed ??= this.#source.follow(this.#sink());
    await this.#feed;
    await this.#synced.promise;
  }

  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#synced.reject(this.#stoppedError());
    this.#waiters.fail(this.#stoppedError());
    await (await this.#feed)?.stop();
  }

  #sink(): InformerSink<T> {
    return {
      replace: (items, revision) => this.#replace(items, revision),
      change: (type, object, revision) => this.#change(type, object, revision),
      progress: (revision) => this.#reach(Math.max(revision, this.#revision)),
    };
  }

  /** Takes a list: tells only what differs. The revision may be lower than before, when the state was restored from a backup. */
  #replace(items: readonly T[], revision: number): void {
    if (this.#stopped) return;
    const gone = new Set(this.#cache.list());
    for (const item of items) {
      const previous = this.#cache.get(item.metadata.namespace ?? '', item.metadata.name);
      if (previous === undefined) continue;
      gone.delete(previous);
      if (previous.metadata.uid !== item.metadata.uid) this.#remove(previous);
    }
    for (const object of gone) this.#remove(object);
    for (const item of items) this.#put(item);
    this.#isSynced = true;
    this.#synced.resolve();
    this.#reach(revision);
  }

  #change(type: 'added' | 'updated' | 'deleted', object: T, revision: number): void {
    if (this.#stopped || revision <= this.#revision) return;
    if (type === 'deleted') this.#remove(object);
    else this.#put(object);
    this.#reach(revision);
  }

  #put(object: T): void {
    const before = this.#cache.get(object.metadata.namespace ?? '', object.metadata.name);
    if (before !== undefined && before.metadata.resourceVersion === object.metadata.resourceVersion) return;
    const previous = this.#cache.put(object);
    this.#tell(previous === undefined ? { type: 'added', object } : { type: 'updated', object, previous });
  }

  #remove(object: T): void {
    const previous = this.#cache.delete(object.metadata.namespace ?? '', object.metadata.name);
    if (previous !== undefined) this.#tell({ type: 'deleted', object, previous });
  }

  #tell(event: InformerEvent<T>): void {
    for (const handler of this.#handlers) handler(event);
  }

  #reach(revision: number): void {
    this.#revision = revision;
    if (this.#isSynced) this.#waiters.reached(revision);
  }

  #stoppedError(): Error {
    return new StatusError('ServiceUnavailable', `the informer of ${groupResourceName(this.resource)} was stopped`);
  }

  #lateError(revision: number): Error {
    const where = this.#isSynced ? `is at revision ${this.#revision}` : 'has not listed yet';
    const name = groupResourceName(this.resource);
    return new StatusError('Timeout', `the informer of ${name} ${where}, revision ${revision} was waited for`, {
      retryAfterSeconds: 1,
    });
  }
}
