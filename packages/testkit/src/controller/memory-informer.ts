import type { IndexFunction, Informer, InformerEvent } from '@kubus/shared/informer';
import type { GroupResource, KubeObject } from '@kubus/shared/object';

/** An informer that a test fills by hand. Objects are kept as given: like those of a real one, they must not be changed. */
export class MemoryInformer<T extends KubeObject = KubeObject> implements Informer<T> {
  readonly resource: GroupResource;
  readonly synced = true;
  revision = 0;
  readonly #indexes: Readonly<Record<string, IndexFunction>>;
  readonly #objects = new Map<string, T>();
  readonly #handlers = new Set<(event: InformerEvent<T>) => void>();

  constructor(resource: GroupResource, indexes: Readonly<Record<string, IndexFunction>> = {}) {
    this.resource = resource;
    this.#indexes = indexes;
  }

  get(namespace: string, name: string): T | undefined {
    return this.#objects.get(member(namespace, name));
  }

  list(namespace?: string): T[] {
    const all = [...this.#objects.values()];
    return namespace === undefined ? all : all.filter((object) => (object.metadata.namespace ?? '') === namespace);
  }

  byIndex(index: string, value: string): T[] {
    const derive = Object.hasOwn(this.#indexes, index) ? this.#indexes[index] : undefined;
    if (derive === undefined) throw new Error(`no index ${index} on ${this.resource.resource}`);
    return this.list().filter((object) => derive(object).includes(value));
  }

  put(object: T): void {
    const { namespace = '', name, resourceVersion } = object.metadata;
    const previous = this.get(namespace, name);
    this.#objects.set(member(namespace, name), object);
    this.revision = Math.max(this.revision, Number(resourceVersion ?? 0));
    this.#tell(previous === undefined ? { type: 'added', object } : { type: 'updated', object, previous });
  }

  delete(namespace: string, name: string): void {
    const previous = this.get(namespace, name);
    if (previous === undefined) return;
    this.#objects.delete(member(namespace, name));
    this.#tell({ type: 'deleted', object: previous, previous });
  }

  onChange(handler: (event: InformerEvent<T>) => void): () => void {
    this.#handlers.add(handler);
    return () => this.#handlers.delete(handler);
  }

  waitFor(_revision?: number, _timeoutMs?: number): Promise<void> {
    return Promise.resolve();
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }

  #tell(event: InformerEvent<T>): void {
    for (const handler of this.#handlers) handler(event);
  }
}

const member = (namespace: string, name: string): string => `${namespace}/${name}`;
