import {
  DiscardPolicy,
  type JetStreamManager,
  type NatsConnection,
  NatsError,
  nanos,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
  type StreamInfo,
} from 'nats';
import { StatusError } from '../errors/index.ts';
import { allChanges } from './subjects.ts';

export const changeStream = 'KUBUS_CHANGES';

export interface ChangeStreamOptions {
  /** Oldest changes are dropped beyond this size; default 1 GiB. */
  maxBytes?: number;
  /** Changes are dropped at this age; milliseconds, default a day. */
  maxAgeMs?: number;
  /** Copies in a NATS cluster; default 1. */
  replicas?: number;
}

export interface ChangeStreamState {
  /** A message's revision less its sequence; fixed for the life of the stream. */
  base: number;
  /** The history of revisions that the stream copies; '' when it was not made by a relay. */
  epoch: string;
  /** Revision of the first message held; `last + 1` when there is none. */
  first: number;
  /** Revision of the last message, or, before the first message, the revision before it. */
  last: number;
}

const STREAM_NOT_FOUND = 10059;

/**
 * The JetStream stream that carries the changes. Revision and sequence differ by a fixed number: the stream's description says which revision its
 * first message has, and every publish demands the sequence before its own. So a watch from a revision begins at a known sequence.
 */
export class ChangeStream {
  readonly #connection: NatsConnection;
  readonly #options: ChangeStreamOptions;
  #manager: JetStreamManager | undefined;

  constructor(connection: NatsConnection, options: ChangeStreamOptions = {}) {
    this.#connection = connection;
    this.#options = options;
  }

  async manager(): Promise<JetStreamManager> {
    this.#manager ??= await this.#connection.jetstreamManager({ checkAPI: false, timeout: 5_000 });
    return this.#manager;
  }

  /** Undefined when there is no such stream. Throws ServiceUnavailable when JetStream does not answer. */
  async state(): Promise<ChangeStreamState | undefined> {
    const info = await this.#info();
    if (info === undefined) return undefined;
    const { first_seq, last_seq, messages } = info.state;
    const { epoch, base } = parseDescription(info.config.description);
    return { base, epoch, first: base + (messages === 0 ? last_seq + 1 : first_seq), last: base + last_seq };
  }

  /** The bytes of one message, if the stream holds it. */
  async payload(revision: number, { base }: ChangeStreamState): Promise<Uint8Array | undefined> {
    if (revision <= base) return undefined;
    try {
      const message = await (await this.manager()).streams.getMessage(changeStream, { seq: revision - base });
      return message.data;
    } catch (error) {
      if (error instanceof NatsError && error.code === '404') return undefined;
      throw unavailable(error);
    }
  }

  /** Makes the stream anew, empty; its first message is to have this revision. */
  async create(epoch: string, firstRevision: number): Promise<ChangeStreamState> {
    const base = firstRevision - 1;
    try {
      const { streams } = await this.manager();
      if ((await this.#info()) !== undefined) await streams.delete(changeStream);
      await streams.add({ ...this.#config(), description: formatDescription(epoch, base) });
      return { base, epoch, first: firstRevision, last: base };
    } catch (error) {
      throw error instanceof StatusError ? error : unavailable(error);
    }
  }

  /** Applies changed limits to the stream that is there. */
  async update(): Promise<void> {
    const info = await this.#info();
    if (info === undefined) return;
    const { max_bytes, max_age, num_replicas } = this.#config();
    const { config } = info;
    if (config.max_bytes === max_bytes && config.max_age === max_age && config.num_replicas === num_replicas) return;
    await (await this.manager()).streams.update(changeStream, { ...config, max_bytes, max_age, num_replicas });
  }

  /** Has the servers of a NATS cluster choose another one to lead the stream. Rejects when the leader does not answer, or is the only one that has it. */
  async stepDown(): Promise<void> {
    const subject = `$JS.API.STREAM.LEADER.STEPDOWN.${changeStream}`;
    const { error } = (await this.#connection.request(subject)).json<{ error?: { description: string } }>();
    if (error !== undefined) throw new StatusError('ServiceUnavailable', `JetStream: ${error.description}`);
  }

  async #info(): Promise<StreamInfo | undefined> {
    try {
      return await (await this.manager()).streams.info(changeStream);
    } catch (error) {
      if (error instanceof NatsError && error.api_error?.err_code === STREAM_NOT_FOUND) return undefined;
      throw unavailable(error);
    }
  }

  #config() {
    return {
      name: changeStream,
      subjects: [allChanges],
      storage: StorageType.File,
      retention: RetentionPolicy.Limits,
      discard: DiscardPolicy.Old,
      max_bytes: this.#options.maxBytes ?? 1024 ** 3,
      max_age: nanos(this.#options.maxAgeMs ?? 24 * 3600 * 1000),
      num_replicas: this.#options.replicas ?? 1,
      duplicate_window: nanos(100),
      allow_direct: true,
    } satisfies Partial<StreamConfig>;
  }
}

function formatDescription(epoch: string, base: number): string {
  return `Changes of all objects, derived from Redis; epoch ${epoch} from revision ${base + 1}`;
}

function parseDescription(description: string | undefined): { epoch: string; base: number } {
  const [, epoch = '', from = '1'] = /; epoch (\w+) from revision (\d+)$/.exec(description ?? '') ?? [];
  return { epoch, base: Number(from) - 1 };
}

function unavailable(cause: unknown): StatusError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new StatusError('ServiceUnavailable', `JetStream: ${why}`, { retryAfterSeconds: 1 }, { cause });
}
