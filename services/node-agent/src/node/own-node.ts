import type { ApiClient } from '@kubus/shared/bus';
import { ApiSource, CachedInformer } from '@kubus/shared/informer';
import type { Node } from '@kubus/shared/schema';
import { type NodeFacts, nodeObject } from './node-object.ts';

const nodes = { group: '', version: 'v1', resource: 'nodes' };

/** The agent's own node as the API has it, with what others say about it: labels and taints. */
export class OwnNode {
  readonly #api: Pick<ApiClient, 'request'>;
  readonly #informer: CachedInformer<Node>;
  #object: Node;

  constructor(api: Pick<ApiClient, 'request' | 'watch'>, facts: NodeFacts) {
    this.#api = api;
    this.#object = nodeObject(facts);
    const query = { fieldSelector: `metadata.name=${facts.name}` };
    this.#informer = new CachedInformer<Node>({
      resource: nodes,
      source: new ApiSource<Node>({ client: api, resource: nodes, query, trim: true }),
    });
    this.#informer.onChange(({ type, object }) => {
      if (type !== 'deleted') this.#object = object;
    });
  }

  /** As it registers itself until the API was heard. */
  get object(): Node {
    return this.#object;
  }

  /** Reads it now; rejects when the API does not answer. */
  async refresh(): Promise<void> {
    const { name } = this.#object.metadata;
    this.#object = await this.#api.request<Node>({ verb: 'get', ...nodes, name });
  }

  /** Resolves once the API was heard. */
  start(): Promise<void> {
    return this.#informer.start();
  }

  stop(): Promise<void> {
    return this.#informer.stop();
  }
}
