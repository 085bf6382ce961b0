import { randomBytes } from 'node:crypto';
import type { Change } from '../changelog/contract.ts';
import type { ObjectKey } from '../object/index.ts';
import { Connection, type ConnectionOptions } from './connection.ts';
import { objectKey, parseResource, type StoreKeys, storeKeys } from './keys.ts';
import { Script } from './script.ts';

/** A committed change as the outbox holds it. */
export interface OutboxEntry {
  revision: number;
  key: ObjectKey;
  type: Change['type'];
  previousRevision: number;
  /** Names the commit; two histories of revisions never hold the same one. */
  commit: string;
  /** The object's JSON, passed on as it is: in UTF-8 as it was read, or the text of what this process has committed. */
  object: Uint8Array | string;
}

export interface OutboxState {
  /** Last revision committed. */
  revision: number;
  /** Revision of the first entry; `revision + 1` when there is none. */
  first: number;
  /** Names this history of revisions. */
  epoch: string;
}

export interface OutboxOptions extends ConnectionOptions {
  /** As in RedisStoreOptions. */
  tag?: string;
}

type RawEntry = [id: Buffer, fields: Buffer[]];
/** A list under RESP2, a map of streams under RESP3. */
type RawStreams = [key: Buffer, entries: RawEntry[]][] | null;

/** The outbox of the commit script, as the relay uses it: two connections, one of which waits for entries. */
export class Outbox {
  readonly #keys: StoreKeys;
  readonly #commands: Connection;
  readonly #tail: Connection;
  readonly #release = new Script('./release.lua');
  readonly #renew = new Script('./renew.lua');

  constructor(options: OutboxOptions) {
    this.#keys = storeKeys(options.tag);
    this.#commands = new Connection(options);
    // It waits for entries on purpose; a silence is only suspect well after that.
    this.#tail = new Connection({ ...options, answerMs: 15_000 });
  }

  /** Entries after a revision, in order; waits for one for up to `blockMs` (below 10,000). */
  async read(after: number, count: number, blockMs: number): Promise<OutboxEntry[]> {
    const streams = (await this.#tail.run((redis) =>
      redis.xreadBuffer('COUNT', count, 'BLOCK', blockMs, 'STREAMS', this.#keys.outbox, `${after}-0`),
    )) as RawStreams;
    return (streams?.[0]?.[1] ?? []).map(parseEntry);
  }

  /** The entry of one revision, if it has not been trimmed. */
  async entry(revision: number): Promise<OutboxEntry | undefined> {
    const id = `${revision}-0`;
    const entries = await this.#commands.run((redis) => redis.xrangeBuffer(this.#keys.outbox, id, id));
    const [entry] = entries as unknown as RawEntry[];
    return entry === undefined ? undefined : parseEntry(entry);
  }

  async state(): Promise<OutboxState> {
    const { revision, outbox, epoch } = this.#keys;
    const [[, last], [, entries], , [, name]] = (await this.#commands.run((redis) =>
      redis.multi().get(revision).xrange(outbox, '-', '+', 'COUNT', 1).set(epoch, newEpoch(), 'NX').get(epoch).exec(),
    )) as [[null, string | null], [null, [string, string[]][]], unknown, [null, string]];
    const first = entries[0]?.[0];
    return {
      revision: Number(last ?? 0),
      first: first === undefined ? Number(last ?? 0) + 1 : Number.parseInt(first, 10),
      epoch: name,
    };
  }

  /** Gives this history a new name, after revisions of it have been lost and given out again. */
  async beginEpoch(): Promise<void> {
    await this.#commands.run((redis) => redis.set(this.#keys.epoch, newEpoch()));
  }

  /** Removes entries before a revision: only ever what has been published. */
  async trim(before: number): Promise<void> {
    await this.#commands.run((redis) => redis.xtrim(this.#keys.outbox, 'MINID', `${before}-0`));
  }

  /** Takes, or keeps, the lock that says which relay is active. It saves work; correctness does not rest on it. */
  async lead(id: string, ttlMs: number): Promise<boolean> {
    const reply = await this.#commands.run((redis) => this.#renew.run(redis, [this.#keys.relay], [id, ttlMs]));
    return reply === 1;
  }

  async resign(id: string): Promise<void> {
    await this.#commands.run((redis) => this.#release.run(redis, [this.#keys.relay], [id]));
  }

  close(): void {
    this.#commands.close();
    this.#tail.close();
  }
}

function newEpoch(): string {
  return randomBytes(8).toString('hex');
}

/** By the verbs of the commit script. */
export const changeTypes: ReadonlyMap<string, Change['type']> = new Map<string, Change['type']>([
  ['c', 'created'],
  ['u', 'updated'],
  ['d', 'deleted'],
]);

function parseEntry([id, fields]: RawEntry): OutboxEntry {
  const [, resource, , member, , about, , object] = fields as [
    Buffer,
    Buffer,
    Buffer,
    Buffer,
    Buffer,
    Buffer,
    Buffer,
    Buffer,
  ];
  const [verb = '', previous = '', commit = ''] = about.toString('latin1').split(' ');
  const type = changeTypes.get(verb);
  if (type === undefined) throw new Error(`the outbox holds an entry of another form at ${id.toString('latin1')}`);
  return {
    revision: Number.parseInt(id.toString('latin1'), 10),
    key: objectKey(parseResource(resource.toString()), member.toString()),
    type,
    previousRevision: Number(previous),
    commit,
    object,
  };
}
