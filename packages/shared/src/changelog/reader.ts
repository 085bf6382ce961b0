import { Events, type NatsConnection } from 'nats';
import { Isolation } from '../bus/isolation.ts';
import { type GroupResource, groupResourceName } from '../object/index.ts';
import { SharedSpecs } from '../object/shared-specs.ts';
import type { Store } from '../store/contract.ts';
import type { KeyRing } from '../store/encryption.ts';
import { Channel, type ChannelSubscriber } from './channel.ts';
import type { Change, ChangeHandlers, ChangeRange, ChangeReader, ChangeSubscription } from './contract.ts';
import type { OwnCommits } from './own-commits.ts';
import type { RelayedChanges } from './relayed-changes.ts';
import { ChangeStream } from './stream.ts';

export interface ChangeReaderOptions {
  connection: NatsConnection;
  /** Where progress is read: the revisions in Redis. */
  store: Pick<Store, 'revisions'>;
  /** Opens sealed objects; without it they are delivered as they are. */
  keyRing?: KeyRing;
  /** What this process commits; it then gets changes with their texts. Not together with `trim`. */
  own?: OwnCommits;
  /** What the relay of this process hands out: while it is active, nothing is read from JetStream. */
  relayed?: RelayedChanges;
  /** Objects come without managedFields, unless somebody has applied them, and share their specs. */
  trim?: boolean;
  /** Progress is looked up this often without being asked for; milliseconds, default 5,000. */
  progressMs?: number;
  /** How often the server says that it is there; milliseconds, default 2,000. Silence two and a half times as long means: begin again. */
  heartbeatMs?: number;
  /** Between attempts to reach a stream that is away; milliseconds, default 250. */
  retryMs?: number;
}

/** Reads KUBUS_CHANGES: one consumer per resource, however many subscribe. */
export class JetStreamChangeReader implements ChangeReader {
  readonly #options: ChangeReaderOptions;
  readonly #stream: ChangeStream;
  readonly #channels = new Map<string, Channel>();
  /** Of those who look back: a place that the log no longer holds must not be lost for those who follow. */
  readonly #lookingBack = new Set<Channel>();
  readonly #isolation: Isolation;
  readonly #tick: NodeJS.Timeout;
  #looking = false;
  #lookAgain = false;
  #closed = false;

  constructor(options: ChangeReaderOptions) {
    this.#options = options;
    this.#stream = new ChangeStream(options.connection);
    this.#isolation = new Isolation(options.connection);
    this.#tick = setInterval(() => void this.#look(true), options.progressMs ?? 5_000);
    this.#tick.unref();
    void this.#followConnection();
  }

  /** Resolves at once; a stream that is away is waited for. */
  async read(resource: GroupResource, after: number, handlers: ChangeHandlers): Promise<ChangeSubscription> {
    const channel = this.#channel(resource);
    const subscriber: ChannelSubscriber = { last: after, handlers: loudly(handlers) };
    channel.add(subscriber);
    return {
      refresh: () => void this.#look(false),
      stop: async () => channel.remove(subscriber),
    };
  }

  async between(resource: GroupResource, { after, until, most, waitMs }: ChangeRange): Promise<Change[] | undefined> {
    const channel = this.#newChannel(resource);
    const found = Promise.withResolvers<Change[] | undefined>();
    const changes: Change[] = [];
    const onChange = ({ text: _, ...change }: Change): void => {
      if (change.revision > until) found.resolve(changes);
      else if (changes.push(change) > most) found.resolve(undefined);
    };
    const onProgress = (revision: number): void => {
      if (revision >= until) found.resolve(changes);
    };
    const subscriber = { last: after, handlers: { onChange, onProgress, onLost: () => found.resolve(undefined) } };
    const late = setTimeout(() => found.resolve(undefined), waitMs);
    this.#lookingBack.add(channel);
    channel.add(subscriber);
    void this.#look(false);
    try {
      return await found.promise;
    } finally {
      clearTimeout(late);
      channel.remove(subscriber);
      this.#lookingBack.delete(channel);
    }
  }

  /** Ends all subscriptions, without a word to them. */
  close(): void {
    this.#closed = true;
    clearInterval(this.#tick);
    for (const channel of this.#all()) channel.stop();
    this.#channels.clear();
  }

  #all(): Channel[] {
    return [...this.#channels.values(), ...this.#lookingBack];
  }

  #channel(resource: GroupResource): Channel {
    const name = groupResourceName(resource);
    const known = this.#channels.get(name);
    if (known !== undefined) return known;
    const { own, relayed } = this.#options;
    const channel = this.#newChannel(resource, own, relayed);
    this.#channels.set(name, channel);
    return channel;
  }

  #newChannel(resource: GroupResource, own?: OwnCommits, relayed?: RelayedChanges): Channel {
    const { connection, keyRing, trim = false, heartbeatMs = 2_000, retryMs = 250 } = this.#options;
    const specs = trim ? new SharedSpecs() : undefined;
    const options = { keyRing, own, relayed, specs, heartbeatMs, retryMs, isolation: this.#isolation };
    return new Channel(connection, this.#stream, resource, options);
  }

  /** One look at Redis for all resources; calls while one is under way are answered by one more after it. */
  async #look(periodic: boolean): Promise<void> {
    if (this.#looking) {
      this.#lookAgain = true;
      return;
    }
    this.#looking = true;
    try {
      do {
        this.#lookAgain = false;
        await this.#lookOnce(periodic);
      } while (this.#lookAgain && !this.#closed);
    } catch {
      // Redis is away: those who wait are told by their own time limits, and the next look tries again.
    } finally {
      this.#looking = false;
    }
  }

  async #lookOnce(periodic: boolean): Promise<void> {
    const channels = this.#all().filter((channel) => !channel.empty);
    if (channels.length === 0) return;
    const { cluster, resources } = await this.#options.store.revisions(channels.map((channel) => channel.resource));
    for (const [i, channel] of channels.entries()) {
      const change = resources[i] ?? 0;
      channel.progress(change, cluster);
      if (periodic) channel.checkStuck(change);
    }
  }

  /** Consumers live in the server's memory: after a reconnection they may be gone. */
  async #followConnection(): Promise<void> {
    for await (const status of this.#options.connection.status()) {
      if (this.#closed) return;
      if (status.type === Events.Reconnect) for (const channel of this.#all()) channel.restart();
    }
  }
}

/** A handler that throws must not end the connection's reading; it is a fault of the program, and ends the process as such. */
function loudly(handlers: ChangeHandlers): ChangeHandlers {
  const guard =
    <A>(handle: (argument: A) => void) =>
    (argument: A): void => {
      try {
        handle(argument);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    };
  return {
    onChange: guard((change) => handlers.onChange(change)),
    onProgress: guard((revision) => handlers.onProgress(revision)),
    onLost: guard((reason) => handlers.onLost(reason)),
  };
}
