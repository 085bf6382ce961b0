import { randomUUID } from 'node:crypto';
import { Isolation } from '@kubus/shared/bus';
import {
  ChangePublisher,
  ChangeStream,
  type ChangeStreamOptions,
  type ChangeStreamState,
  commitOf,
  formatChange,
  formatChangeSubject,
  formatChangeWithoutObject,
  type RelayedChanges,
} from '@kubus/shared/changelog';
import type { Outbox, OutboxEntry, OwnEntries } from '@kubus/shared/store';
import type { NatsConnection } from 'nats';
import { planResume } from './plan.ts';
import { Succession } from './succession.ts';

interface RelayLog {
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
}

export interface RelayOptions {
  outbox: Outbox;
  connection: NatsConnection;
  log: RelayLog;
  /** What this process commits. Default: everything is read from the outbox. */
  own?: OwnEntries;
  /** Where readers of this process get what is in the change log. Default: they do not get it from here. */
  relayed?: RelayedChanges;
  stream?: ChangeStreamOptions;
  /** Default: random. */
  id?: string;
  /** A relay that says nothing for this long is replaced; milliseconds, default 3,000. */
  leaseMs?: number;
  /** Published changes that stay in the outbox, in case NATS loses its latest messages; default 1,000. */
  keep?: number;
}

const BATCH = 512;
const BLOCK_MS = 500;
/** Trimming after every change would be one more command each. */
const TRIM_EVERY = 256;
/** What comes to a change's size on the bus: its headers, generously. */
const HEADER_BYTES = 1_024;

/**
 * Copies the outbox to the change log, in order. Every replica of the api has one; a lock in Redis keeps all but one from doing the same work twice. Should
 * two be active at once, the stream's expected sequence lets only one of two equal messages in, and the other looks again where the stream is.
 */
export class Relay {
  readonly #options: RelayOptions;
  readonly #stream: ChangeStream;
  readonly #id: string;
  readonly #leaseMs: number;
  readonly #isolation: Isolation;
  readonly #succession: Succession;
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;
  #leading = false;
  #published = 0;
  #trimmed = 0;

  constructor(options: RelayOptions) {
    this.#options = options;
    this.#stream = new ChangeStream(options.connection, options.stream);
    this.#isolation = new Isolation(options.connection);
    this.#succession = new Succession({
      connection: options.connection,
      log: options.log,
      replicas: options.stream?.replicas ?? 1,
      stepDown: () => this.#stream.stepDown(),
    });
    this.#id = options.id ?? randomUUID();
    this.#leaseMs = options.leaseMs ?? 3_000;
  }

  /** This one is active. */
  get leading(): boolean {
    return this.#leading;
  }

  /** Last revision that this relay knows to be in the change log. */
  get published(): number {
    return this.#published;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Publishes what it has read, and hands over at once. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { outbox, log } = this.#options;
    let failures = 0;
    while (!this.#stopping.signal.aborted) {
      const before = this.#published;
      try {
        if (await outbox.lead(this.#id, this.#leaseMs)) {
          await this.#lead();
          failures = 0;
        } else {
          await this.#pause(this.#leaseMs / 3);
        }
      } catch (err) {
        log.warn({ err }, 'relay begins again');
        if (this.#published > before) failures = 0;
        if (failures++ === 0) this.#isolation.worked();
        this.#isolation.failed();
        await this.#succession.failed(err, failures);
        await this.#makeRoom(failures);
      }
    }
    await outbox.resign(this.#id).catch((err: unknown) => log.warn({ err }, 'relay could not hand over'));
  }

  /** One that fails again and again may be the only one that does, at a server that is cut off: the others, who look every third of a lease, are to have their turn. */
  async #makeRoom(failures: number): Promise<void> {
    if (failures > 3) await this.#options.outbox.resign(this.#id).catch(() => undefined);
    const wait = Math.min(50 * 2 ** (failures - 1), 1_000);
    await this.#pause(failures > 3 ? Math.max(wait, this.#leaseMs / 2) : wait);
  }

  async #lead(): Promise<void> {
    const { own } = this.#options;
    this.#leading = true;
    const renewal = setInterval(() => void this.#renew(), this.#leaseMs / 3);
    // Before it is looked where the stream is: a connection that is lost after that is not to be missed.
    own?.follow();
    try {
      const stream = await this.#resume();
      this.#options.log.info({ revision: stream.last }, 'relay is active');
      await this.#follow(stream);
    } finally {
      this.#leading = false;
      own?.unfollow();
      clearInterval(renewal);
    }
  }

  async #renew(): Promise<void> {
    try {
      this.#leading &&= await this.#options.outbox.lead(this.#id, this.#leaseMs);
    } catch (err) {
      this.#options.log.warn({ err }, 'relay could not renew its lease');
    }
  }

  /** Brings the stream to where it can be followed. */
  async #resume(): Promise<ChangeStreamState> {
    const { outbox, log } = this.#options;
    const [state, held] = await Promise.all([this.#stream.state(), outbox.state()]);
    const resume = planResume(state, held, state && (await this.#sameCommit(state)));
    if (resume.action === 'follow') {
      await this.#stream.update();
      return resume.stream;
    }
    log.warn({ from: resume.from, reason: resume.reason }, 'change log is made anew');
    if (resume.newEpoch) await outbox.beginEpoch();
    const { epoch } = resume.newEpoch ? await outbox.state() : held;
    return this.#stream.create(epoch, resume.from);
  }

  async #sameCommit(stream: ChangeStreamState): Promise<boolean | undefined> {
    const [entry, payload] = await Promise.all([
      this.#options.outbox.entry(stream.last),
      this.#stream.payload(stream.last, stream),
    ]);
    if (entry === undefined || payload === undefined) return undefined;
    return entry.commit === commitOf(payload);
  }

  async #follow(stream: ChangeStreamState): Promise<void> {
    const { connection, relayed } = this.#options;
    const publisher = new ChangePublisher(connection, stream, {
      onAcked: (revision) => relayed?.acknowledged(revision),
    });
    let position = stream.last;
    relayed?.begin({ epoch: stream.epoch, position });
    this.#trimmed = position;
    try {
      while (this.#leading && !this.#stopping.signal.aborted) {
        const entries = await this.#next(position);
        for (const entry of entries) {
          if (entry.revision !== position + 1)
            throw new Error(`the outbox goes on with revision ${entry.revision} after ${position}`);
          const message = this.#payload(entry);
          publisher.publish(formatChangeSubject(entry.key), message, entry === entries.at(-1));
          const { key, revision, previousRevision } = entry;
          relayed?.sent({ key, revision, previousRevision, message });
          position = revision;
        }
        await publisher.room();
        this.#published = publisher.acked;
        await this.#trim();
      }
      await publisher.flush();
    } finally {
      this.#published = publisher.acked;
      publisher.stop();
      relayed?.end();
    }
  }

  /** What this process has just committed is at hand; everything else is read. */
  async #next(position: number): Promise<OutboxEntry[]> {
    const { own, outbox } = this.#options;
    const entries = (await own?.after(position)) ?? [];
    return entries.length > 0 ? entries : outbox.read(position, BATCH, BLOCK_MS);
  }

  async #trim(): Promise<void> {
    const { outbox, keep = 1_000 } = this.#options;
    if (this.#published - this.#trimmed < TRIM_EVERY) return;
    this.#trimmed = this.#published;
    const before = this.#published - keep + 1;
    if (before > 1) await outbox.trim(before);
  }

  /** Readers of a change that is too large for the bus list again; without it the log would have to end here. */
  #payload(entry: OutboxEntry): Uint8Array {
    const { info } = this.#options.connection;
    const payload = formatChange(entry, entry.object);
    const bytes = payload.length + HEADER_BYTES;
    if (info === undefined || bytes <= info.max_payload) return payload;
    this.#options.log.warn({ ...entry.key, revision: entry.revision, bytes }, 'change is too large for the bus');
    return formatChangeWithoutObject(entry);
  }

  async #pause(ms: number): Promise<void> {
    const { signal } = this.#stopping;
    if (signal.aborted) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal.addEventListener('abort', done);
    });
  }
}
