import { randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';
import { isAway, StatusError } from '../errors/index.ts';
import type { GroupResource, KubeObject, ObjectKey } from '../object/index.ts';
import { CommitEncoder, committedObject, committedText, type EncodedOperation } from './commit-args.ts';
import { type Called, CommitQueue } from './commit-queue.ts';
import { Connection, type ConnectionOptions } from './connection.ts';
import { anyRevision, expiredContinue, formatContinue, parseContinue, type TokenScope } from './continue-token.ts';
import type { CommitResult, ListPage, ListQuery, Operation, Store } from './contract.ts';
import { withRevision } from './encode.ts';
import type { KeyRing } from './encryption.ts';
import { formatMember, formatResource, memberRange, parseResource, type StoreKeys, storeKeys } from './keys.ts';
import type { OwnEntries } from './own-entries.ts';
import { ReadQueue } from './read-queue.ts';
import { isLate, parseResult, type ScriptResult } from './results.ts';
import { Script } from './script.ts';
import { ServerClock } from './server-clock.ts';
import { checkCounter, checkServer, type Durability, parseInfo } from './startup.ts';

export interface RedisStoreOptions extends ConnectionOptions {
  /** Hash tag of all keys; several clusters may share a server. Default 'kubus'. */
  tag?: string;
  /** Seals what is written and opens what is read. Without it sealed objects are given out as they are: readable metadata only. */
  keyRing?: KeyRing;
  /** For users of Redis that may only read. A list in pages then expires as soon as its resource changes. */
  readOnly?: boolean;
  /** How long a list in pages can be continued; milliseconds, default 300,000 (etcd's compaction interval under Kubernetes). */
  continueMs?: number;
  /** Writes to one resource during lists in pages of it after which the older lists expire; default 10,000. */
  maxUndo?: number;
  /** Told of each object that was created or updated and is not sealed; it is shared, and must not be changed. */
  onCommitted?: (commit: string, revision: number, resource: GroupResource, object: KubeObject) => void;
  /** Where the relay of this process finds what this process commits. */
  ownEntries?: OwnEntries;
  /** How long `connect` tries again while there is no server; milliseconds, default 0: one attempt of `waitMs`. */
  patienceMs?: number;
  /** Default: random. Part of the id of each commit. */
  instance?: string;
}

type ListReply = [revision: Buffer, remaining: number, last: Buffer, values: Buffer[]];

/** The cluster's state in Redis. */
export class RedisStore implements Store {
  readonly durability: Durability;
  readonly #connection: Connection;
  readonly #clock: ServerClock;
  readonly #keys: StoreKeys;
  readonly #options: RedisStoreOptions;
  readonly #encoder: CommitEncoder;
  readonly #commits = new CommitQueue((operations) => this.#callCommit(operations));
  readonly #reads = new ReadQueue((hash, members) => this.#connection.run((redis) => redis.hmget(hash, ...members)));
  readonly #scripts = {
    commit: new Script('./commit.lua'),
    list: new Script('./list.lua'),
    listAt: new Script('./list-at.lua'),
    retain: new Script('./retain.lua'),
  };

  /**
   * Connects and checks the server. Throws ServiceUnavailable or Timeout when it cannot be reached within `patienceMs`, and at once InternalError when it must
   * not be used.
   */
  static async connect(options: RedisStoreOptions): Promise<RedisStore> {
    const deadline = performance.now() + (options.patienceMs ?? 0);
    for (;;) {
      const connection = new Connection(options);
      try {
        return await open(connection, storeKeys(options.tag), options);
      } catch (error) {
        connection.close();
        if (!isAway(error) || performance.now() >= deadline) throw error;
      }
    }
  }

  /** Use `connect`. */
  constructor(
    connection: Connection,
    clock: ServerClock,
    keys: StoreKeys,
    options: RedisStoreOptions,
    durability: Durability,
  ) {
    this.#connection = connection;
    this.#clock = clock;
    this.#keys = keys;
    this.#options = options;
    this.#encoder = new CommitEncoder(keys.prefix, {
      instance: options.instance ?? randomBytes(6).toString('hex'),
      maxUndo: options.maxUndo ?? 10_000,
      ...(options.keyRing === undefined ? {} : { keyRing: options.keyRing }),
    });
    this.durability = durability;
  }

  async commit(operations: readonly Operation[], options?: { atomic?: boolean }): Promise<CommitResult[]> {
    if (operations.length === 0) return [];
    const encoded = this.#encoder.operations(operations, options?.atomic ?? true, this.#lastMoment(operations));
    const { commit, results } = await this.#commits.commit(encoded);
    if (results.some(isLate)) throw this.#tooLate();
    return operations.map((operation, i) =>
      this.#result(commit, operation, results[i] as ScriptResult, encoded[i] as EncodedOperation),
    );
  }

  now(): number | undefined {
    return this.#clock.now();
  }

  /** A server that is silent for longer is taken for dead: when it goes on, it must not do what everybody has given up. */
  #lastMoment(operations: readonly Operation[]): number {
    let until = (this.#clock.now() ?? Number.MAX_SAFE_INTEGER) + this.#connection.patienceMs;
    for (const operation of operations) until = Math.min(until, operation.until ?? until);
    return Math.floor(until);
  }

  /** All operations of a commit have the same time, and all are judged at one moment. */
  #tooLate(): StatusError {
    // Its clock may have been set.
    void this.#clock.refresh().catch(() => undefined);
    return new StatusError('ServiceUnavailable', 'the request came to Redis too late; it was not done', {
      retryAfterSeconds: 1,
    });
  }

  async #callCommit(operations: readonly EncodedOperation[]): Promise<Called> {
    const { commit, args } = this.#encoder.call(operations);
    const { ownEntries } = this.#options;
    let results: ScriptResult[] | undefined;
    ownEntries?.called();
    try {
      const run = (redis: Redis) => this.#scripts.commit.run(redis, [this.#keys.revision], args);
      results = (await this.#connection.run(run)) as ScriptResult[];
      return { commit, results };
    } finally {
      ownEntries?.answered(commit, operations, results);
    }
  }

  #result(commit: string, operation: Operation, reply: ScriptResult, encoded: EncodedOperation): CommitResult {
    const outcome = parseResult(reply);
    if ('refusal' in outcome) return { ok: false, refusal: outcome.refusal };
    const { revision, json } = outcome.accepted;
    if (operation.type === 'delete') return { ok: true, revision, object: this.#decode(operation.key, json ?? 'null') };
    if (this.#options.keyRing?.covers(operation.key) === true)
      return { ok: true, revision, object: withRevision(operation.object, String(revision)) };
    const object = committedObject(encoded, revision);
    this.#options.onCommitted?.(commit, revision, operation.key, object);
    return { ok: true, revision, object, text: committedText(encoded, revision) };
  }

  async get(key: ObjectKey): Promise<KubeObject | undefined> {
    const json = await this.#reads.get(this.#keys.objects(key), formatMember(key));
    return json === null ? undefined : this.#decode(key, json);
  }

  getMany(keys: readonly ObjectKey[]): Promise<(KubeObject | undefined)[]> {
    return Promise.all(keys.map((key) => this.get(key)));
  }

  async list(query: ListQuery): Promise<ListPage> {
    const { limit = 0 } = query;
    if (!Number.isSafeInteger(limit) || limit < 0) throw new StatusError('BadRequest', `limit is not valid: ${limit}`);
    const reply = query.continue === undefined ? await this.#firstPage(query, limit) : await this.#laterPage(query);
    const [revision, remaining, lastMember, values] = reply;
    const last = lastMember.toString();
    const scope = { resource: query, namespace: query.namespace ?? '' };
    const rest =
      last === ''
        ? {}
        : { continue: formatContinue(scope, { revision: Number(revision), last }), remaining: Math.max(remaining, 1) };
    return this.#page(query, values, { revision: Number(revision), ...rest });
  }

  #page(query: ListQuery, values: readonly Buffer[], place: Omit<ListPage, 'items' | 'texts'>): ListPage {
    if (this.#options.keyRing?.covers(query) === true) {
      return { items: values.map((json) => this.#decodeOf(query, json.toString())), ...place };
    }
    let items: KubeObject[] | undefined;
    return {
      get items() {
        items ??= values.map((json) => JSON.parse(json.toString()) as KubeObject);
        return items;
      },
      texts: values,
      ...place,
    };
  }

  #firstPage(query: ListQuery, limit: number): Promise<ListReply> {
    const { min, max } = memberRange(query.namespace);
    return this.#pageFrom(query, min, max, limit);
  }

  /** What is there at this moment. */
  async #pageFrom(query: ListQuery, min: string, max: string, limit: number): Promise<ListReply> {
    const retention = this.#options.readOnly === true ? '' : (this.#options.continueMs ?? 300_000);
    const args = [this.#keys.prefix, formatResource(query), min, max, limit, retention];
    const reply = await this.#connection.run((redis) =>
      this.#options.readOnly === true
        ? this.#scripts.list.readForBytes(redis, [this.#keys.revision], args)
        : this.#scripts.list.runForBytes(redis, [this.#keys.revision], args),
    );
    return reply as ListReply;
  }

  async #laterPage(query: ListQuery): Promise<ListReply> {
    const namespace = query.namespace ?? '';
    const scope: TokenScope = { resource: query, namespace };
    const { revision, last } = parseContinue(scope, query.continue ?? '');
    const { min, max } = memberRange(namespace);
    if (namespace !== '' && !last.startsWith(min.slice(1)))
      throw new StatusError('BadRequest', 'continue key is not valid');
    if (revision === anyRevision) return this.#pageFrom(query, `(${last}\x01`, max, query.limit ?? 0);
    // No limit on a later page: all that is left.
    const limit = query.limit === undefined || query.limit === 0 ? 1e9 : query.limit;
    const args = [this.#keys.prefix, formatResource(query), `(${last}\x01`, max, limit, revision];
    const reply = await this.#connection.run((redis) =>
      this.#scripts.listAt.readForBytes(redis, [this.#keys.revision], args),
    );
    if ((reply as unknown[])[0] === -1) throw expiredContinue(scope, last);
    return reply as ListReply;
  }

  async retain(resource: GroupResource, revision: number): Promise<boolean> {
    const args = [this.#keys.prefix, formatResource(resource), revision, this.#options.continueMs ?? 300_000];
    return (await this.#connection.run((redis) => this.#scripts.retain.run(redis, [this.#keys.revision], args))) === 1;
  }

  async revisions(resources: readonly GroupResource[]): Promise<{ cluster: number; resources: number[] }> {
    const keys = resources.map((resource) => this.#keys.last(resource));
    const [cluster, ...rest] = await this.#connection.run((redis) => redis.mget(this.#keys.revision, ...keys));
    return { cluster: Number(cluster ?? 0), resources: rest.map((revision) => Number.parseInt(revision ?? '0', 10)) };
  }

  async resources(): Promise<GroupResource[]> {
    const known = (await this.#connection.run((redis) => redis.smembers(this.#keys.resources))).toSorted();
    const held = await this.#connection.run((redis) =>
      Promise.all(known.map((name) => redis.hlen(this.#keys.objects(parseResource(name))))),
    );
    return known.filter((_, i) => (held[i] ?? 0) > 0).map(parseResource);
  }

  /** Ends the connection; what is under way fails. */
  async close(): Promise<void> {
    this.#clock.stop();
    this.#connection.close();
  }

  isOutdated(object: KubeObject): boolean {
    return this.#options.keyRing?.isOutdated(object) ?? false;
  }

  #decode(key: ObjectKey, json: string): KubeObject {
    const object = JSON.parse(json) as KubeObject;
    return this.#options.keyRing?.open(key, object) ?? object;
  }

  #decodeOf(resource: GroupResource, json: string): KubeObject {
    const object = JSON.parse(json) as KubeObject;
    const { keyRing } = this.#options;
    if (keyRing === undefined || !keyRing.covers(resource)) return object;
    const { namespace = '', name } = object.metadata;
    return keyRing.open({ group: resource.group, resource: resource.resource, namespace, name }, object);
  }
}

async function open(connection: Connection, keys: StoreKeys, options: RedisStoreOptions): Promise<RedisStore> {
  const info = parseInfo(await connection.run((redis) => redis.info()));
  checkServer(info);
  // In this order: replicas commit meanwhile, and the counter must not be the older of the two.
  const [last, revision] = await connection.run((redis) =>
    Promise.all([redis.xrevrange(keys.outbox, '+', '-', 'COUNT', 1), redis.get(keys.revision)]),
  );
  checkCounter(Number(revision ?? 0), last[0]?.[0]);
  const fsync = await connection.run((redis) => redis.config('GET', 'appendfsync')).catch(() => undefined);
  const durability = { aof: info.get('aof_enabled') === '1', fsync: fsyncOf(fsync) };
  const clock = new ServerClock(connection);
  if (options.readOnly !== true) await clock.start();
  return new RedisStore(connection, clock, keys, options, durability);
}

/** The reply is a list under RESP2 and a map under RESP3. */
function fsyncOf(reply: unknown): string | undefined {
  const value = Array.isArray(reply) ? reply[1] : reply instanceof Map ? reply.get('appendfsync') : undefined;
  return typeof value === 'string' ? value : undefined;
}
