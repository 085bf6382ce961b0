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
  readonly #informers: ReadonlyMap<string, CachedInformer>;

  constructor(options: InformerSetOptions) {
    const indexes = options.indexes ?? {};
    this.#informers = new Map(
      options.resources.map((resource) => [
        groupResourceName(resource),
        new CachedInformer({ resource, source: options.source(resource), indexes }),
      ]),
    );
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
