import { StatusError } from '../../errors/index.ts';
import type { KubeObject } from '../../object/index.ts';
import type { Store } from '../../store/contract.ts';

/** Which key a node's name belongs to. */
export interface NodeClaims {
  /** Claims the name for the key, once and for all replicas of the api; false when it belongs to another. */
  claim(node: string, publicKey: string): Promise<boolean>;
}

export interface NodeClaim extends KubeObject {
  publicKey: string;
  /** RFC 3339; when this key took the name. */
  claimedAt: string;
}

const resource = { group: 'kubus.io', resource: 'nodeclaims' };
const nodes = { group: '', resource: 'nodes' };

/** A name that has just been claimed is not free, although its Node is not there yet. */
const SETTLE_MS = 5 * 60_000;

/**
 * Claims in the cluster's state, in a resource that the API does not serve. The first key takes a name. It becomes free when its Node object is deleted:
 * that is how an operator lets a machine that lost its key come back, and nothing that a node may do itself.
 */
export class StoreNodeClaims implements NodeClaims {
  readonly #store: Pick<Store, 'get' | 'commit'>;
  readonly #now: () => Date;

  constructor(store: Pick<Store, 'get' | 'commit'>, now: () => Date = () => new Date()) {
    this.#store = store;
    this.#now = now;
  }

  async claim(node: string, publicKey: string): Promise<boolean> {
    const key = { ...resource, namespace: '', name: node };
    for (;;) {
      const current = (await this.#store.get(key)) as NodeClaim | undefined;
      if (current?.publicKey === publicKey) return true;
      if (current !== undefined && !(await this.#isFree(node, current))) return false;
      const object = this.#claimOf(node, publicKey);
      const [result] = await this.#store.commit([
        current === undefined
          ? { type: 'create', key, object }
          : {
              type: 'update',
              key,
              object,
              preconditions: { resourceVersion: current.metadata.resourceVersion ?? '' },
            },
      ]);
      if (result?.ok) return true;
      // Somebody was faster: look again.
      if (result !== undefined && !['AlreadyExists', 'NotFound', 'Conflict'].includes(result.refusal.reason))
        throw new StatusError('InternalError', `the claim of node ${node} was refused: ${result.refusal.reason}`);
    }
  }

  async #isFree(node: string, claim: NodeClaim): Promise<boolean> {
    if (this.#now().getTime() - Date.parse(claim.claimedAt) < SETTLE_MS) return false;
    return (await this.#store.get({ ...nodes, namespace: '', name: node })) === undefined;
  }

  #claimOf(node: string, publicKey: string): NodeClaim {
    return {
      apiVersion: 'kubus.io/v1',
      kind: 'NodeClaim',
      metadata: { name: node },
      publicKey,
      claimedAt: this.#now().toISOString(),
    };
  }
}
