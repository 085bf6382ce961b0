import { type GroupResource, groupResourceName, type KubeObject } from '../object/index.ts';
import type { Store } from '../store/contract.ts';
import { CachedInformer } from './cached-informer.ts';
import type { IndexFunction, Informer, InformerSource } from './contract.ts';

export interface InformerSetOptions {
  resources: readonly GroupResource[];
  source(resource: GroupResource): InformerSource;
  /** Given to every informer. */
  indexes?: Readonly<Record<string, IndexFunction>>;
}

/** One informer per resource, shared by all that a process runs. */
export class InformerSet {
  readonly #informers = new Map<string, CachedInformer>();
  readonly #options: InformerSetOptions;

  constructor(options: InformerSetOptions) {
    this.#options = options;
    for (const resource of options.resources) this.#make(resource);
  }

  /** Follows one more resource; resolves when it has been listed. */
  async add(resource: GroupResource): Promise<Informer> {
    const informer = this.#informers.get(groupResourceName(resource)) ?? this.#make(resource);
    await informer.start();
    return informer;
  }

  async remove(resource: GroupResource): Promise<void> {
    const name = groupResourceName(resource);
    const informer = this.#informers.get(name);
    this.#informers.delete(name);
    await informer?.stop();
  }

  #make(resource: GroupResource): CachedInformer {
    const { source, indexes = {} } = this.#options;
    const informer = new CachedInformer({ resource, source: source(resource), indexes });
    this.#informers.set(groupResourceName(resource), informer);
    return informer;
  }

  /** Throws when the resource is not among those that the process follows. */
  get<T extends KubeObject = KubeObject>(resource: GroupResource): Informer<T> {
    const informer = this.find<T>(resource);
    if (informer === undefined) throw new Error(`this process does not follow ${groupResourceName(resource)}`);
    return informer;
  }

  find<T extends KubeObject = KubeObject>(resource: GroupResource): Informer<T> | undefined {
    return this.#informers.get(groupResourceName(resource)) as Informer<T> | undefined;
  }

  /** Resolves when everything that was committed to these resources before the call has been seen: one call to Redis. */
  async catchUp(
    store: Pick<Store, 'revisions'>,
    resources: readonly GroupResource[],
    timeoutMs?: number,
  ): Promise<void> {
    const revisions = await store.revisions(resources);
    await Promise.all(
      resources.map((resource, i) => this.get(resource).waitFor(revisions.resources[i] ?? 0, timeoutMs)),
    );
  }

  /** Resolves when all have listed. */
  async start(): Promise<void> {
    await Promise.all([...this.#informers.values()].map((informer) => informer.start()));
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#informers.values()].map((informer) => informer.stop()));
  }
}
