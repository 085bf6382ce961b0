import {
  type Change,
  ChangeStream,
  changeStream,
  JetStreamChangeReader,
  RelayedChanges,
} from '@kubus/shared/changelog';
import { Outbox, OwnEntries, RedisStore } from '@kubus/shared/store';
import { eventually, startNats, startRedis, type TestServer } from '@kubus/testkit';
import { connect, type NatsConnection } from 'nats';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { Relay } from './index.ts';

const pods = { group: '', resource: 'pods' };
const maps = { group: '', resource: 'configmaps' };
const quiet = { info: () => undefined, warn: () => undefined };

let redis: TestServer;
let nats: TestServer;
let connection: NatsConnection;
const closing: (() => void | Promise<void>)[] = [];

beforeAll(async () => {
  [redis, nats] = await Promise.all([startRedis({ appendfsync: 'no' }), startNats()]);
  connection = await connect({ servers: nats.url, maxReconnectAttempts: -1, reconnectTimeWait: 50 });
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});
afterAll(async () => {
  await connection?.close();
  await Promise.all([redis?.stop(), nats?.stop()]);
});

/** What an api has of the change log: it commits, relays while it is the one that does, and reads. */
class Replica {
  readonly seen: Change[] = [];
  /** Revisions that it has not seen and was told of: it listed again. */
  readonly missed = new Set<number>();
  readonly store: RedisStore;
  readonly #relayed = new RelayedChanges();
  readonly #own: OwnEntries;
  readonly #reader: JetStreamChangeReader;
  #relay: Relay | undefined;

  static async start(): Promise<Replica> {
    const own = new OwnEntries();
    const store = await RedisStore.connect({ url: redis.url, ownEntries: own, waitMs: 10_000 });
    const replica = new Replica(store, own);
    closing.push(async () => {
      replica.#reader.close();
      await replica.stopRelay();
      await store.close();
    });
    return replica;
  }

  private constructor(store: RedisStore, own: OwnEntries) {
    this.store = store;
    this.#own = own;
    const often = { progressMs: 100, heartbeatMs: 200, retryMs: 20 };
    this.#reader = new JetStreamChangeReader({ connection, store, relayed: this.#relayed, ...often });
  }

  get leads(): boolean {
    return this.#relay?.leading === true;
  }

  get isFed(): boolean {
    return this.#relayed.place !== undefined;
  }

  startRelay(): void {
    const outbox = new Outbox({ url: redis.url });
    const relay = new Relay({
      outbox,
      connection,
      log: quiet,
      own: this.#own,
      relayed: this.#relayed,
      leaseMs: 300,
      keep: 100_000,
    });
    relay.start();
    this.#relay = relay;
    closing.push(() => outbox.close());
  }

  async stopRelay(): Promise<void> {
    await this.#relay?.stop();
    this.#relay = undefined;
  }

  async follow(resource = pods, after = 0): Promise<void> {
    await this.#reader.read(resource, after, {
      onChange: (change) => void this.seen.push(change),
      onProgress: () => undefined,
      onLost: () => void this.#listAgain(resource),
    });
  }

  async #listAgain(resource: typeof pods): Promise<void> {
    const { cluster } = await this.store.revisions([]);
    for (let revision = (this.seen.at(-1)?.revision ?? 0) + 1; revision <= cluster; revision++)
      this.missed.add(revision);
    await this.follow(resource, cluster);
  }
}

let names = 0;
async function create(store: RedisStore, resource = pods): Promise<void> {
  const name = `o${++names}`;
  const object = { kind: 'Any', apiVersion: 'v1', metadata: { namespace: 'default', name, uid: name } };
  await store.commit([{ type: 'create', key: { ...resource, namespace: 'default', name }, object }]);
}

/** Bursts of changes by each of these, of other resources too, until it is stopped. */
function write(stores: readonly RedisStore[]): () => Promise<void> {
  let running = true;
  const done = (async () => {
    while (running) {
      const burst = stores.flatMap((store) => [create(store), create(store, maps), create(store)]);
      await Promise.all(burst);
      // Readers are to have their turn, however slow the machine: who stays a thousand changes behind does not go over.
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  })();
  const stop = () => {
    running = false;
    return done;
  };
  closing.push(stop);
  return stop;
}

/** Every change of pods, as the state has them. */
async function podRevisions(store: RedisStore, after: number): Promise<number[]> {
  const { items } = await store.list(pods);
  const revisions = items.map(({ metadata }) => Number(metadata.resourceVersion));
  return revisions.filter((revision) => revision > after).toSorted((a, b) => a - b);
}

async function consumers(): Promise<number> {
  const { streams } = await new ChangeStream(connection).manager();
  return (await streams.info(changeStream)).state.consumer_count;
}

const revisionsOf = ({ seen }: Replica) => seen.map((change) => change.revision);

it('who relays reads without a consumer, from its own relay, what it and others commit; everybody else from the log', async () => {
  const [a, b] = [await Replica.start(), await Replica.start()];
  a.startRelay();
  await eventually(() => expect(a.isFed).toBe(true));
  b.startRelay();
  const { cluster: before } = await a.store.revisions([]);
  await Promise.all([a.follow(pods, before), b.follow(pods, before)]);
  await eventually(async () => expect(await consumers()).toBe(1));
  const stop = write([a.store, b.store]);
  await eventually(() => expect(Math.min(a.seen.length, b.seen.length)).toBeGreaterThan(200));
  await a.stopRelay();
  const handedOverAt = b.seen.length;
  await eventually(() => expect(b.leads).toBe(true));
  await eventually(() => expect(b.seen.length).toBeGreaterThan(handedOverAt + 200));
  // While changes go on: the new one has gone over to its relay.
  await eventually(async () => expect(await consumers()).toBe(1));
  await stop();
  const all = await podRevisions(a.store, before);
  for (const replica of [a, b]) await eventually(() => expect(revisionsOf(replica)).toEqual(all));
  expect(a.missed.size + b.missed.size).toBe(0);
  expect(a.seen.map(({ object }) => object)).toEqual(b.seen.map(({ object }) => object));
});

it('who begins behind its relay reads the log up to there, and goes over without a gap while changes go on', async () => {
  const replica = await Replica.start();
  replica.startRelay();
  await eventually(() => expect(replica.isFed).toBe(true));
  const { cluster: before } = await replica.store.revisions([]);
  await Promise.all(Array.from({ length: 400 }, () => create(replica.store)));
  const stop = write([replica.store]);
  await replica.follow(pods, before);
  await eventually(() => expect(replica.seen.length).toBeGreaterThan(400));
  await eventually(async () => expect(await consumers()).toBe(0));
  await stop();
  const all = await podRevisions(replica.store, before);
  await eventually(() => expect(revisionsOf(replica)).toEqual(all));
  expect(replica.missed.size).toBe(0);
});

it('every change comes once and in order, whichever relay stops, however often the log is lost and whoever takes away consumers', async () => {
  const [a, b] = [await Replica.start(), await Replica.start()];
  const { streams, consumers: made } = await new ChangeStream(connection).manager();
  const both = [a, b];
  for (const replica of both) replica.startRelay();
  const { cluster: before } = await a.store.revisions([]);
  await Promise.all(both.map((replica) => replica.follow(pods, before)));
  const stop = write([a.store, b.store]);
  const faults = [
    () => a.stopRelay(),
    () => streams.delete(changeStream),
    () => a.startRelay(),
    () => b.stopRelay(),
    async () => {
      // One that a reader ends at this moment is not there any more.
      for await (const { name } of made.list(changeStream)) await made.delete(changeStream, name).catch(() => false);
    },
    () => nats.restart(),
  ];
  for (const fault of faults) {
    const so = both.map(({ seen }) => seen.at(-1)?.revision ?? 0);
    await fault();
    for (const [i, { seen }] of both.entries())
      await eventually(() => expect(seen.at(-1)?.revision ?? 0).toBeGreaterThan((so[i] as number) + 50), 60_000);
  }
  await stop();
  const all = await podRevisions(a.store, before);
  for (const replica of both) {
    const expected = () => all.filter((revision) => !replica.missed.has(revision));
    await eventually(() => expect(revisionsOf(replica)).toEqual(expected()));
  }
});
