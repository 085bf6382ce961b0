import type { GroupResource, KubeObject } from '@kubus/shared/object';
import type { CacheEvent, Watch, WatchCaches } from '../watchcache/index.ts';

export interface LiveViewHandlers<T extends KubeObject> {
  /** `object` undefined: it is gone; `previous` undefined: it is new. */
  onChange?(object: T | undefined, previous: T | undefined): void;
  /** Objects are asked for by namespace, on every request. */
  byNamespace?: boolean;
}

/**
 * The objects of one resource as this replica knows them, for decisions that are made on every request and cannot wait: it is read without awaiting.
 * It follows the watch cache and joins it anew when it is dropped.
 */
export class LiveView<T extends KubeObject = KubeObject> {
  readonly #caches: WatchCaches;
  readonly #resource: GroupResource;
  readonly #handlers: LiveViewHandlers<T>;
  readonly #objects = new Map<string, T>();
  readonly #namespaces = new Map<string, Map<string, T>>();
  #watch: Watch | undefined;
  #stopped = false;
  #revision = 0;

  constructor(caches: WatchCaches, resource: GroupResource, handlers: LiveViewHandlers<T> = {}) {
    this.#caches = caches;
    this.#resource = resource;
    this.#handlers = handlers;
  }

  /** Resolves when everything that is there has been seen. */
  async start(): Promise<void> {
    await this.#join();
  }

  stop(): void {
    this.#stopped = true;
    this.#watch?.stop();
  }

  get(namespace: string, name: string): T | undefined {
    return this.#objects.get(`${namespace}/${name}`);
  }

  values(): Iterable<T> {
    return this.#objects.values();
  }

  /** With `byNamespace` alone. */
  inNamespace(namespace: string): Iterable<T> {
    return this.#namespaces.get(namespace)?.values() ?? [];
  }

  get size(): number {
    return this.#objects.size;
  }

  /** Changes whenever an object does. */
  get revision(): number {
    return this.#revision;
  }

  /** Resolves when everything that was committed before the call has been seen. The cache tells its watchers before it answers. */
  async catchUp(): Promise<void> {
    const cache = await this.#caches.of(this.#resource);
    if (this.#watch === undefined) await this.#join();
    await cache.get('', '', 'latest');
  }

  async #join(): Promise<void> {
    const cache = await this.#caches.of(this.#resource);
    const seen = new Set<string>();
    let initial = true;
    this.#watch = await cache.watch(
      { from: 'initial', freshness: 'latest' },
      {
        event: (event) => {
          if (initial) seen.add(keyOf(event.object));
          this.#apply(event);
          return true;
        },
        bookmark: () => true,
        end: () => {
          this.#watch = undefined;
          if (!this.#stopped) this.#rejoin();
        },
      },
    );
    initial = false;
    for (const [key, object] of this.#objects) if (!seen.has(key)) this.#remove(key, object);
    if (this.#stopped) this.#watch.stop();
  }

  #rejoin(): void {
    setTimeout(() => {
      if (!this.#stopped) this.#join().catch(() => this.#rejoin());
    }, 100).unref();
  }

  #apply(event: CacheEvent): void {
    const object = event.object as T;
    const key = keyOf(object);
    if (event.type === 'DELETED') this.#remove(key, this.#objects.get(key));
    else this.#set(key, object);
  }

  #set(key: string, object: T): void {
    const previous = this.#objects.get(key);
    this.#objects.set(key, object);
    if (this.#handlers.byNamespace === true) this.#file(object);
    this.#revision++;
    this.#handlers.onChange?.(object, previous);
  }

  #file(object: T): void {
    const { namespace = '', name } = object.metadata;
    const objects = this.#namespaces.get(namespace) ?? new Map<string, T>();
    this.#namespaces.set(namespace, objects.set(name, object));
  }

  #unfile({ metadata: { namespace = '', name } }: T): void {
    const objects = this.#namespaces.get(namespace);
    objects?.delete(name);
    if (objects?.size === 0) this.#namespaces.delete(namespace);
  }

  #remove(key: string, previous: T | undefined): void {
    if (!this.#objects.delete(key)) return;
    if (previous !== undefined) this.#unfile(previous);
    this.#revision++;
    this.#handlers.onChange?.(undefined, previous);
  }
}

function keyOf(object: KubeObject): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
}
