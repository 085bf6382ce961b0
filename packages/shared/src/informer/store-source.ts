import type { Change, ChangeReader, ChangeSubscription } from '../changelog/contract.ts';
import type { GroupResource, KubeObject } from '../object/index.ts';
import type { Store } from '../store/contract.ts';
import type { InformerFeed, InformerSink, InformerSource } from './contract.ts';
import { type FollowerOptions, followForever } from './follower.ts';

export interface StoreSourceOptions<T extends KubeObject = KubeObject> extends FollowerOptions {
  resource: GroupResource;
  store: Pick<Store, 'list'>;
  reader: ChangeReader;
  /** What is kept of an object; default: all. What is dropped at once costs no memory, and collections of garbage hardly any time. */
  keep?: (object: T) => T;
}

const types = { created: 'added', updated: 'updated', deleted: 'deleted' } as const;

/** Inside: lists from Redis, follows the change log, and lists again whenever its place is lost. */
export class StoreSource<T extends KubeObject = KubeObject> implements InformerSource<T> {
  readonly #options: StoreSourceOptions<T>;

  constructor(options: StoreSourceOptions<T>) {
    this.#options = options;
  }

  async follow(sink: InformerSink<T>): Promise<InformerFeed> {
    let subscription: ChangeSubscription | undefined;
    const round = async (signal: AbortSignal, succeeded: () => void) => {
      const { resource, store, reader, keep = (object: T) => object } = this.#options;
      const { items, revision } = await store.list(resource);
      if (signal.aborted) return;
      sink.replace((items as T[]).map(keep), revision);
      succeeded();
      const lost = Promise.withResolvers<void>();
      signal.addEventListener('abort', () => lost.resolve(), { once: true });
      subscription = await reader.read(resource, revision, {
        onChange: ({ type, object, revision: at, text }: Change) =>
          sink.change(types[type], keep(object as T), at, text),
        onProgress: (reached) => sink.progress(reached),
        onLost: () => lost.resolve(),
      });
      await lost.promise;
      await subscription.stop();
    };
    return followForever(round, () => subscription?.refresh(), this.#options);
  }
}
