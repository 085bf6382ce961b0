import type { GroupResource, KubeObject, ObjectKey } from '../object/index.ts';

/**
 * The seam between the API and Redis. One commit is one Lua script: all preconditions are checked, one revision per
 * operation is taken, objects, ledger and outbox are written together or not at all.
 */
export interface Store {
  /**
   * Commits operations. With `atomic` (the default) one refused operation refuses all, and nothing is written; without it each
   * stands for itself (batch binding). Results are in the order of the operations. Never throws for a refusal: a refusal is data.
   * Throws only when Redis cannot be reached or refuses writes, or takes the commit up too late: ServiceUnavailable says that nothing was written.
   */
  commit(operations: readonly Operation[], options?: { atomic?: boolean }): Promise<CommitResult[]>;
  /** The time that `until` of operations is judged by: that of Redis, in milliseconds, never ahead of it. Undefined for who only reads. */
  now(): number | undefined;
  /** Linearizable read of one object; undefined when it does not exist. `resourceVersion` is filled in. */
  get(key: ObjectKey): Promise<KubeObject | undefined>;
  getMany(keys: readonly ObjectKey[]): Promise<(KubeObject | undefined)[]>;
  /** A page of a list in key order (namespace, name), read at one revision. */
  list(query: ListQuery): Promise<ListPage>;
  /**
   * From now on a list in pages that began elsewhere, at this revision, can be continued here (see `list`). False when the resource has changed since, and
   * what it was then cannot be shown any more.
   */
  retain(resource: GroupResource, revision: number): Promise<boolean>;
  /** Last revision committed in the cluster, and the last revision at which any of the resources changed. */
  revisions(resources: readonly GroupResource[]): Promise<{ cluster: number; resources: number[] }>;
  /** Whether an object that was read here is to be written again even if nothing of it changes: its encryption key is an old one. */
  isOutdated?(object: KubeObject): boolean;
  /** Names of all resources that hold at least one object; used to rebuild the change log. */
  resources(): Promise<GroupResource[]>;
}

/**
 * A claim on a shared account, checked and booked by the commit script: a pod charges `node/<name>` with its requests. The charges
 * of an object replace those it had before; deleting it gives them back. Of what an account named `unique/...` is charged with there is one each: the charge
 * says which (an address, a port), and one object at most can hold it. Amounts are integers (millicores, bytes, counts) under 2^53.
 */
export interface Charge {
  account: string;
  amounts: Record<string, number>;
  /** Refuse the operation when the account has no limit set for an amount, or not that much left. Else book without asking. */
  enforce: boolean;
}

/** What an account may hold in all; a node sets its own account's limits to its allocatable. */
export interface AccountLimit {
  account: string;
  limits: Record<string, number>;
}

export interface Preconditions {
  uid?: string;
  /** Optimistic lock: the object must still be at this revision. */
  resourceVersion?: string;
}

export interface Footprint {
  charges?: readonly Charge[];
  limits?: readonly AccountLimit[];
}

export type Operation =
  | ({ type: 'create'; key: ObjectKey; object: KubeObject } & Footprint & Lifetime)
  | ({ type: 'update'; key: ObjectKey; object: KubeObject; preconditions?: Preconditions } & Footprint & Lifetime)
  | ({ type: 'delete'; key: ObjectKey; preconditions?: Preconditions } & Lifetime);

export interface Lifetime {
  /** After this (see `Store.now`) it must not be done any more, wherever it has waited: who asked for it has given up. */
  until?: number | undefined;
}

export type CommitResult = Committed | { ok: false; refusal: Refusal };

export interface Committed {
  ok: true;
  revision: number;
  object: KubeObject;
  /** The JSON of what was created or updated, in parts; absent where it is sealed. */
  text?: readonly string[];
}

export type Refusal =
  | { reason: 'AlreadyExists' }
  | { reason: 'NotFound' }
  /** `current` is the revision of the object now. */
  | { reason: 'Conflict'; current: number; field: 'uid' | 'resourceVersion' }
  /** `revision` is the cluster revision to catch up to before trying again. */
  | {
      reason: 'Insufficient';
      account: string;
      amount: string;
      requested: number;
      used: number;
      limit: number;
      revision: number;
    }
  /** Another operation of the same atomic batch was refused. */
  | { reason: 'Aborted' };

export interface ListQuery extends GroupResource {
  /** '' or absent for all namespaces. */
  namespace?: string;
  limit?: number;
  /** From a former page. */
  continue?: string;
}

export interface ListPage {
  /** Made when first asked for. */
  readonly items: KubeObject[];
  /** The JSON of each item as it was read, in UTF-8; absent where it is sealed. */
  texts?: readonly Uint8Array[];
  /** Revision of the first page of this list. */
  revision: number;
  continue?: string;
  remaining?: number;
}
