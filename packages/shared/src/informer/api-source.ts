import type { ApiClient, ApiRequest } from '../bus/contract.ts';
import { isExpired } from '../errors/index.ts';
import type { GroupVersionResource, KubeObject } from '../object/index.ts';
import type { InformerFeed, InformerSink, InformerSource } from './contract.ts';
import { type FollowerOptions, followForever } from './follower.ts';

export interface ApiSourceOptions extends FollowerOptions {
  client: Pick<ApiClient, 'request' | 'watch'>;
  resource: GroupVersionResource;
  /** '' or absent: all namespaces. */
  namespace?: string;
  /** labelSelector, fieldSelector. */
  query?: Readonly<Record<string, string>>;
  /** As for a watch of the client; default false. */
  trim?: boolean;
}

/** Objects per page of a list. */
const pageSize = 500;

interface ObjectList<T> {
  metadata: { resourceVersion?: string; continue?: string };
  items: T[];
}

/**
 * Outside: lists and watches through the API, as Kubernetes' reflector does. A watch that ends is resumed from the last revision seen, bookmarks
 * included; only when that has expired is the list read again.
 */
export class ApiSource<T extends KubeObject = KubeObject> implements InformerSource<T> {
  readonly #options: ApiSourceOptions;

  constructor(options: ApiSourceOptions) {
    this.#options = options;
  }

  async follow(sink: InformerSink<T>): Promise<InformerFeed> {
    let revision: string | undefined;
    const round = async (signal: AbortSignal, succeeded: () => void) => {
      if (revision === undefined) {
        const list = await this.#list();
        if (signal.aborted) return;
        revision = list.metadata.resourceVersion ?? '0';
        sink.replace(list.items, Number(revision));
      }
      try {
        for await (const seen of this.#watch(sink, revision, signal)) {
          revision = seen;
          succeeded();
        }
      } catch (error) {
        if (!isExpired(error)) throw error;
        revision = undefined;
      }
    };
    // Progress comes by bookmarks, when the server sees fit.
    return followForever(round, () => undefined, this.#options);
  }

  async #list(): Promise<ObjectList<T>> {
    const items: T[] = [];
    let token: string | undefined;
    for (;;) {
      const query: Record<string, string> = {
        ...this.#options.query,
        limit: String(pageSize),
        ...(token === undefined ? {} : { continue: token }),
      };
      const page: ObjectList<T> = await this.#options.client.request(this.#request('list', query));
      items.push(...page.items);
      if (page.metadata.continue === undefined || page.metadata.continue === '') return { ...page, items };
      token = page.metadata.continue;
    }
  }

  /** Yields the revision after each event. */
  async *#watch(sink: InformerSink<T>, revision: string, signal: AbortSignal): AsyncGenerator<string> {
    const query = { ...this.#options.query, resourceVersion: revision, allowWatchBookmarks: 'true' };
    const { client, trim = false } = this.#options;
    for await (const { type, object } of client.watch<T>(this.#request('watch', query), { signal, trim })) {
      const at = object.metadata.resourceVersion ?? revision;
      if (type === 'BOOKMARK') sink.progress(Number(at));
      else if (type === 'ADDED') sink.change('added', object, Number(at));
      else if (type === 'MODIFIED') sink.change('updated', object, Number(at));
      else if (type === 'DELETED') sink.change('deleted', object, Number(at));
      yield at;
    }
  }

  #request(verb: 'list' | 'watch', query: Record<string, string>): ApiRequest {
    const { namespace, resource } = this.#options;
    return { verb, ...resource, ...(namespace === undefined ? {} : { namespace }), query };
  }
}
