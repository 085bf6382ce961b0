import type { NatsConnection } from 'nats';
import type { Isolation } from '../bus/isolation.ts';
import type { GroupResource } from '../object/index.ts';
import type { KeyRing } from '../store/encryption.ts';
import type { Change, ChangeHandlers } from './contract.ts';
import { headOf, objectTextOf, parseChange, parseHead } from './message.ts';
import { OrderedConsumer } from './ordered-consumer.ts';
import type { OwnCommits } from './own-commits.ts';
import type { RecentChanges } from './recent-changes.ts';
import type { ChangeStream, ChangeStreamState } from './stream.ts';
import { changesOf, parseChangeSubject } from './subjects.ts';

export interface ChannelOptions {
  keyRing: KeyRing | undefined;
  /** Shared with another reader; only without a key ring. */
  recent: RecentChanges | undefined;
  own: OwnCommits | undefined;
  /** Told whether JetStream could be reached. */
  isolation: Isolation;
  /** As `Reading.trim`. */
  trim: boolean;
  heartbeatMs: number;
  /** Between attempts to reach the stream; milliseconds. */
  retryMs: number;
}

/** One who reads the channel. `last`: everything up to here has been given to it. */
export interface ChannelSubscriber {
  readonly handlers: ChangeHandlers;
  last: number;
}

/** The changes of one resource for one process: one consumer at a time, made anew when it breaks, shared by all subscribers. */
export class Channel {
  readonly #connection: NatsConnection;
  readonly #stream: ChangeStream;
  readonly #resource: GroupResource;
  readonly #options: ChannelOptions;
  readonly #subscribers = new Set<ChannelSubscriber>();
  #consumer: OrderedConsumer | undefined;
  /** The history that is being read; known from the first connection on. */
  #epoch: string | undefined;
  /** Every subscriber has been given every change of the resource up to here. */
  #delivered = 0;
  /** Where it was, behind what is committed, when it was last looked at. */
  #behindAt: number | undefined;
  /** Say so when `change` has been delivered: then everything up to `revision` has. */
  #target: { change: number; revision: number } | undefined;
  #run = 0;
  #retry: NodeJS.Timeout | undefined;

  constructor(connection: NatsConnection, stream: ChangeStream, resource: GroupResource, options: ChannelOptions) {
    this.#connection = connection;
    this.#stream = stream;
    this.#resource = resource;
    this.#options = options;
  }

  get resource(): GroupResource {
    return this.#resource;
  }

  get empty(): boolean {
    return this.#subscribers.size === 0;
  }

  /** One that begins before the others has the consumer begin again there; the others do not see changes twice. */
  add(subscriber: ChannelSubscriber): void {
    const first = this.empty;
    this.#subscribers.add(subscriber);
    if (first) this.#options.own?.follow(this.#resource);
    if (!first && subscriber.last >= this.#delivered) return;
    // At once, so that no progress is announced to one that has yet to be given what came before it.
    this.#delivered = subscriber.last;
    this.restart();
  }

  remove(subscriber: ChannelSubscriber): void {
    this.#subscribers.delete(subscriber);
    if (!this.empty) return;
    this.#options.own?.unfollow(this.#resource);
    this.stop();
  }

  /** Makes a new consumer that goes on where the slowest subscriber is. */
  restart(): void {
    this.stop();
    if (this.empty) return;
    void this.#connect(this.#run);
  }

  stop(): void {
    this.#run++;
    clearTimeout(this.#retry);
    const consumer = this.#consumer;
    this.#consumer = undefined;
    void consumer?.stop();
  }

  /**
   * What Redis says, read in one command: the last change of this resource and of the cluster. Once that change has been delivered, nothing of this
   * resource is missing up to the cluster's revision. It is the truth's own word, so it holds whatever the bus does.
   */
  progress(change: number, revision: number): void {
    if (change <= this.#delivered) this.#announce(revision);
    else if (this.#target === undefined || this.#target.revision < revision) this.#target = { change, revision };
  }

  /** Called from time to time with the last change committed: one that stays behind without a step forward begins again. One that is just beginning has time limits of its own. */
  checkStuck(change: number): void {
    if (change <= this.#delivered || this.#consumer === undefined) {
      this.#behindAt = undefined;
    } else if (this.#behindAt === this.#delivered) {
      this.#behindAt = undefined;
      this.restart();
    } else {
      this.#behindAt = this.#delivered;
    }
  }

  async #connect(run: number): Promise<void> {
    try {
      const state = await this.#stream.state();
      if (run !== this.#run) return;
      const lost = state === undefined ? undefined : this.#lostPlace(state);
      if (state === undefined) this.#retryLater();
      else if (lost !== undefined) this.#lose(lost);
      else await this.#consume(run, state.base);
    } catch {
      // JetStream is away or being restarted; the subscribers stay where they are meanwhile.
      this.#options.isolation.failed();
      if (run === this.#run) this.#retryLater();
    }
  }

  #lostPlace(state: ChangeStreamState): string | undefined {
    const before = this.#epoch;
    this.#epoch = state.epoch;
    if (before !== undefined && before !== state.epoch) return 'the change log was begun anew';
    const after = this.#slowest();
    return state.first > after + 1 ? `the change log begins at ${state.first}, after ${after + 1}` : undefined;
  }

  async #consume(run: number, base: number): Promise<void> {
    this.#delivered = this.#slowest();
    const handlers = {
      onMessage: (subject: string, sequence: number, data: Uint8Array) => {
        if (run === this.#run) this.#onMessage(subject, base + sequence, data);
      },
      onBroken: () => run === this.#run && this.restart(),
    };
    const options = {
      filter: changesOf(this.#resource),
      from: Math.max(this.#delivered + 1 - base, 1),
      heartbeatMs: this.#options.heartbeatMs,
    };
    const consumer = await OrderedConsumer.start(this.#connection, this.#stream, handlers, options);
    this.#options.isolation.worked();
    if (run === this.#run) this.#consumer = consumer;
    else await consumer.stop();
  }

  #onMessage(subject: string, revision: number, data: Uint8Array): void {
    if (revision <= this.#delivered) return;
    const key = parseChangeSubject(subject);
    const change = key === undefined ? undefined : this.#parse(key, revision, data);
    if (change === undefined) this.#lose(`change ${revision} does not carry its object`);
    else if (change.revision !== revision) this.#beginAgain();
    else if (change.previousRevision > this.#delivered) this.#lose(`changes before ${revision} are missing`);
    else this.#deliver(change);
  }

  #parse(key: Change['key'], revision: number, data: Uint8Array): Change | undefined {
    const { keyRing, recent, own, trim } = this.#options;
    if (own !== undefined && keyRing?.covers(key) !== true) return this.#unlessOwn(own, key, revision, data);
    if (recent !== undefined && keyRing === undefined) return recent.parse(key, data);
    try {
      return parseChange(key, data, { keyRing, trim });
    } catch {
      // A key that this process does not have: the readable part is what it may see.
      return parseChange(key, data, { trim });
    }
  }

  /** Readable as it lies: neither sealed nor to be trimmed. */
  #unlessOwn(own: OwnCommits, key: Change['key'], revision: number, data: Uint8Array): Change | undefined {
    const known = own.take(revision);
    const head = headOf(data);
    if (head === undefined) return undefined;
    const text = objectTextOf(data, head);
    if (known !== undefined) {
      const { commit, type, previousRevision, revision: stated } = parseHead(head);
      if (commit === known.commit) return { type, key, revision: stated, previousRevision, object: known.object, text };
    }
    const change = parseChange(key, data, {});
    return change === undefined ? undefined : { ...change, text };
  }

  #deliver(change: Change): void {
    this.#delivered = change.revision;
    for (const subscriber of this.#subscribers) {
      if (change.revision <= subscriber.last) continue;
      subscriber.last = change.revision;
      subscriber.handlers.onChange(change);
    }
    const target = this.#target;
    if (target === undefined || target.change > this.#delivered) return;
    this.#target = undefined;
    this.#announce(target.revision);
  }

  #announce(revision: number): void {
    for (const subscriber of this.#subscribers) {
      subscriber.last = Math.max(subscriber.last, revision);
      subscriber.handlers.onProgress(subscriber.last);
    }
  }

  #lose(reason: string): void {
    this.stop();
    const lost = [...this.#subscribers];
    this.#subscribers.clear();
    this.#epoch = undefined;
    this.#target = undefined;
    for (const subscriber of lost) subscriber.handlers.onLost(reason);
  }

  #slowest(): number {
    return Math.min(...[...this.#subscribers].map((subscriber) => subscriber.last));
  }

  /** The stream was made anew after it was looked at. */
  #beginAgain(): void {
    this.stop();
    this.#retryLater();
  }

  #retryLater(): void {
    this.#retry = setTimeout(() => this.restart(), this.#options.retryMs);
    this.#retry.unref();
  }
}
