import type { NatsConnection } from 'nats';
import type { Isolation } from '../bus/isolation.ts';
import type { GroupResource, ObjectKey } from '../object/index.ts';
import type { Change, ChangeHandlers } from './contract.ts';
import { OrderedConsumer } from './ordered-consumer.ts';
import { type ChangeReading, readChange } from './read-change.ts';
import type { RelayedChange, RelayedChanges, RelayedListener } from './relayed-changes.ts';
import type { ChangeStream, ChangeStreamState } from './stream.ts';
import { changesOf, parseChangeSubject } from './subjects.ts';

export interface ChannelOptions extends ChangeReading {
  relayed: RelayedChanges | undefined;
  /** Told whether JetStream could be reached. */
  isolation: Isolation;
  heartbeatMs: number;
  /** Between attempts to reach the stream; milliseconds. */
  retryMs: number;
}

/** One who reads the channel. `last`: everything up to here has been given to it. */
export interface ChannelSubscriber {
  readonly handlers: ChangeHandlers;
  last: number;
}

/** Changes that the relay has handed out and that have yet to be reached, at most: beyond, it is waited for those that come then. */
const mostAhead = 1_000;
const begunAnew = 'the change log was begun anew';

/**
 * The changes of one resource for one process: one consumer at a time, made anew when it breaks, shared by all subscribers; or none, while the relay of this
 * process hands out what it copies. It goes over from one to the other where each change names the one before it as delivered.
 */
export class Channel implements RelayedListener {
  readonly #connection: NatsConnection;
  readonly #stream: ChangeStream;
  readonly #resource: GroupResource;
  readonly #options: ChannelOptions;
  readonly #subscribers = new Set<ChannelSubscriber>();
  #consumer: OrderedConsumer | undefined;
  /** All that comes after `#delivered` is handed out by the relay; there is no consumer. */
  #fed = false;
  /** The latest that the relay has handed out, without a gap, while what comes before it is missing here. */
  #ahead: RelayedChange[] = [];
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
    this.#settle();
    this.#subscribers.add(subscriber);
    if (first) {
      this.#options.own?.follow(this.#resource);
      this.#options.relayed?.follow(this.#resource, this);
    }
    if (!first && subscriber.last >= this.#delivered) return;
    // At once, so that no progress is announced to one that has yet to be given what came before it.
    this.#delivered = subscriber.last;
    this.restart();
  }

  remove(subscriber: ChannelSubscriber): void {
    this.#subscribers.delete(subscriber);
    if (!this.empty) return;
    this.#options.own?.unfollow(this.#resource);
    this.#options.relayed?.unfollow(this.#resource);
    this.stop();
  }

  /** Goes on where the slowest subscriber is: with a new consumer, unless the relay will hand out all that follows. */
  restart(): void {
    this.stop();
    if (this.empty || this.#joinFrom(this.#slowest())) return;
    void this.#connect(this.#run);
  }

  stop(): void {
    this.#settle();
    this.#fed = false;
    this.#ahead = [];
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
    if (change <= this.#delivered) {
      this.#announce(revision);
      if (!this.#fed && this.#ahead.length === 0) this.#joinFrom(revision);
    } else if (this.#target === undefined || this.#target.revision < revision) {
      this.#target = { change, revision };
    }
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

  begin(): void {
    if (!this.empty) this.#joinFrom(this.#slowest());
  }

  take(change: RelayedChange): void {
    const { key, revision, previousRevision, message } = change;
    if (this.empty) return;
    if (previousRevision > this.#delivered && !this.#fed) {
      if (this.#ahead.length === mostAhead) this.#ahead = [];
      this.#ahead.push(change);
      return;
    }
    // Nothing is missing before this change, which the consumer may even have delivered, and what follows comes from there too.
    if (!this.#fed) this.#join();
    if (this.#fed) this.#onMessage(key, revision, message);
  }

  end(position: number): void {
    this.#ahead = [];
    if (!this.#fed) return;
    this.#reach(position);
    this.restart();
  }

  /** Goes over to the relay if that hands out all that comes after a revision, up to which nothing is missing here. */
  #joinFrom(revision: number): boolean {
    const place = this.#options.relayed?.place;
    return place !== undefined && place.position <= revision && this.#join();
  }

  /** True: nothing more is to be done to be given what follows. */
  #join(): boolean {
    const epoch = this.#options.relayed?.place?.epoch;
    if (this.#epoch !== undefined && this.#epoch !== epoch) {
      this.#lose(begunAnew);
    } else {
      this.stop();
      this.#epoch = epoch;
      this.#fed = true;
      this.#options.isolation.worked();
    }
    return true;
  }

  /** What the relay was ahead with follows on what the consumer has delivered. */
  #catchUp(): void {
    const ahead = this.#ahead;
    if (ahead[0] === undefined || ahead[0].previousRevision > this.#delivered) return;
    this.#join();
    for (const change of ahead) this.take(change);
  }

  /** One that is fed has all that the relay has handed out, of whatever resource it was. */
  #settle(): void {
    const place = this.#options.relayed?.place;
    if (this.#fed && place !== undefined) this.#reach(place.position);
  }

  #reach(revision: number): void {
    this.#delivered = Math.max(this.#delivered, revision);
    for (const subscriber of this.#subscribers) subscriber.last = Math.max(subscriber.last, revision);
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
    if (before !== undefined && before !== state.epoch) return begunAnew;
    const after = this.#slowest();
    return state.first > after + 1 ? `the change log begins at ${state.first}, after ${after + 1}` : undefined;
  }

  async #consume(run: number, base: number): Promise<void> {
    this.#delivered = this.#slowest();
    const handlers = {
      onMessage: (subject: string, sequence: number, data: Uint8Array) => {
        if (run !== this.#run) return;
        this.#onMessage(parseChangeSubject(subject), base + sequence, data);
        this.#catchUp();
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

  #onMessage(key: ObjectKey | undefined, revision: number, data: Uint8Array): void {
    if (revision <= this.#delivered) return;
    const change = key === undefined ? undefined : readChange(this.#options, key, revision, data);
    if (change === undefined) this.#lose(`change ${revision} does not carry its object`);
    else if (change.revision !== revision) this.#beginAgain();
    else if (change.previousRevision > this.#delivered) this.#lose(`changes before ${revision} are missing`);
    else this.#deliver(change);
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
