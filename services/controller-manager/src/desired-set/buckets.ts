import {
  type DesiredSetKey,
  desiredBucket,
  formatDesiredKey,
  keepReplicas,
  parseDesiredKey,
  statusBucket,
} from '@kubus/shared/bus';
import { type JetStreamManager, type KV, type KvEntry, type NatsConnection, StorageType } from 'nats';
import type { SetStatus } from './status.ts';

export interface BucketOptions {
  connection: NatsConnection;
  /** Copies in a NATS cluster; default 1. */
  replicas?: number;
}

/** What is published under a key now. */
export type Published = { revision: number; deleted: false; manifest: string } | { revision: number; deleted: true };

export interface Noted {
  status: SetStatus;
  /** Of the entry in the bucket; 0 when there is none. */
  entry: number;
}

/** Revisions of a set that are kept for people to look back at. */
const history = 10;

/** The key-value buckets of desired sets and of their outcomes. Made where they are missing, at any time. */
export class DesiredBuckets {
  readonly #options: BucketOptions;
  #open: Promise<{ desired: KV; status: KV }> | undefined;

  constructor(options: BucketOptions) {
    this.#options = options;
  }

  /** Makes the buckets. Throws when JetStream cannot be reached. */
  async ensure(): Promise<void> {
    this.#open = undefined;
    await this.#buckets();
  }

  /** Undefined for a key that was never published, or of which nothing is known any more. */
  async published(set: DesiredSetKey): Promise<Published | undefined> {
    const { desired } = await this.#buckets();
    const entry = await this.#get(desired, formatDesiredKey(set));
    if (entry === null) return undefined;
    const { revision, operation } = entry;
    return operation === 'PUT' ? { revision, deleted: false, manifest: entry.string() } : { revision, deleted: true };
  }

  async status(set: DesiredSetKey): Promise<Noted | undefined> {
    const { status } = await this.#buckets();
    const entry = await this.#get(status, formatDesiredKey(set));
    if (entry === null || entry.operation !== 'PUT') return undefined;
    return { status: entry.json<SetStatus>(), entry: entry.revision };
  }

  /** Throws when somebody else wrote since `before` was read; gives the new entry. */
  async writeStatus(set: DesiredSetKey, status: SetStatus, before: Noted | undefined): Promise<Noted> {
    const buckets = await this.#buckets();
    const key = formatDesiredKey(set);
    const text = JSON.stringify(status);
    // create() also takes the place of a deleted entry.
    const entry =
      before === undefined
        ? await buckets.status.create(key, text)
        : await buckets.status.update(key, text, before.entry);
    return { status, entry };
  }

  /** Of all sets that are published, or of which there is an outcome. */
  async keys(): Promise<DesiredSetKey[]> {
    await this.ensure();
    const { desired, status } = await this.#buckets();
    const names = new Set<string>();
    for (const bucket of [desired, status]) for await (const name of await bucket.keys()) names.add(name);
    return [...names].map(parseDesiredKey).filter((key) => key !== undefined);
  }

  async #get(bucket: KV, key: string): Promise<KvEntry | null> {
    try {
      return await bucket.get(key);
    } catch (error) {
      // The bucket may be gone: made anew at the next try.
      this.#open = undefined;
      throw error;
    }
  }

  #buckets(): Promise<{ desired: KV; status: KV }> {
    this.#open ??= this.#create().catch((error: unknown) => {
      this.#open = undefined;
      throw error;
    });
    return this.#open;
  }

  async #create(): Promise<{ desired: KV; status: KV }> {
    const { connection, replicas = 1 } = this.#options;
    const manager: JetStreamManager = await connection.jetstreamManager({ checkAPI: false });
    const { views } = manager.jetstream();
    // Reads come from the leader: one that lags could give the value before the one that a job is about.
    const options = { replicas, storage: StorageType.File, allow_direct: false };
    const [desired, status] = await Promise.all([
      views.kv(desiredBucket, {
        ...options,
        history,
        description: 'Desired sets: <namespace>.<name> holds a manifest',
      }),
      views.kv(statusBucket, { ...options, history: 1, description: 'What became of desired sets' }),
    ]);
    for (const bucket of [desiredBucket, statusBucket]) await keepReplicas(manager, `KV_${bucket}`, replicas);
    return { desired, status };
  }
}
