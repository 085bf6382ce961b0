import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Change, changeStream, JetStreamChangeReader, OwnCommits, RelayedChanges } from '@kubus/shared/changelog';
import { isExpired } from '@kubus/shared/errors';
import { InformerSet, StoreSource } from '@kubus/shared/informer';
import type { KubeObject } from '@kubus/shared/object';
import { Outbox, RedisStore } from '@kubus/shared/store';
import { eventually, startNats, startRedis, type TestServer } from '@kubus/testkit';
import { connect } from 'nats';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Relay } from '../relay/index.ts';
import { ReplicaWatchCaches, type WatchCache, WatchQueue } from './index.ts';

const pods = { group: '', resource: 'pods' };
const maps = { group: '', resource: 'configmaps' };

let redis: TestServer;
let nats: TestServer;
let store: RedisStore;
const closing: (() => void | Promise<void>)[] = [];
let random = 1;

beforeEach(async () => {
  random = 1;
  [redis, nats] = await Promise.all([startRedis(), startNats()]);
  closing.push(async () => {
    await Promise.all([redis.stop(), nats.stop()]);
  });
  store = await openStore();
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function openStore(): Promise<RedisStore> {
  const opened = await RedisStore.connect({ url: redis.url, waitMs: 10_000 });
  closing.push(() => opened.close());
  return opened;
}

/** What one replica of the api has: connections, reader, relay and caches of its own. */
async function replica() {
  const connection = await connect({ servers: nats.url, maxReconnectAttempts: -1, reconnectTimeWait: 50 });
  closing.push(() => connection.close());
  const own = await openStore();
  const relayed = new RelayedChanges();
  const often = { progressMs: 200, heartbeatMs: 200, retryMs: 50 };
  const reader = new JetStreamChangeReader({ connection, store: own, relayed, ...often });
  const outbox = new Outbox({ url: redis.url });
  const log = { info: () => undefined, warn: () => undefined };
  const relay = new Relay({ outbox, connection, log, relayed, leaseMs: 300 });
  relay.start();
  const caches = new ReplicaWatchCaches({ store: own, reader, freshnessMs: 20_000, windowMs: 600_000 });
  closing.push(async () => {
    await caches.stop();
    reader.close();
    await relay.stop();
    outbox.close();
  });
  return { caches, reader, relay };
}

/** Repeatable, so that a failure is. */
function next(below: number): number {
  random = (random * 48_271) % 2_147_483_647;
  return random % below;
}

/** One write, of any kind, to one of a few objects. */
async function write(): Promise<void> {
  const name = `p${next(12)}`;
  const key = { ...(next(4) === 0 ? maps : pods), namespace: `n${next(2)}`, name };
  const labels = { app: next(2) === 0 ? 'web' : 'db', n: `${next(1_000)}` };
  const object: KubeObject = {
    kind: 'Pod',
    apiVersion: 'v1',
    metadata: { namespace: key.namespace, name, uid: name, labels },
  };
  const type = (['create', 'update', 'delete'] as const)[next(3)] ?? 'create';
  await store.commit([type === 'delete' ? { type, key } : { type, key, object }]);
}

async function create(name: string, resource = pods): Promise<void> {
  const object: KubeObject = { kind: 'Pod', apiVersion: 'v1', metadata: { namespace: 'n', name, uid: name } };
  const [result] = await store.commit([{ type: 'create', key: { ...resource, namespace: 'n', name }, object }]);
  expect(result?.ok).toBe(true);
}

/** Keeps a copy by list and watch, as a client does, and checks every event against it. */
async function mirror(cache: WatchCache, predicate?: (object: KubeObject) => boolean) {
  const copy = new Map<string, string | undefined>();
  const queue = new WatchQueue(100_000);
  const state = { copy, problems: [] as string[], expired: 0, last: 0 };
  const query = { from: 'initial' as const, freshness: 'latest' as const };
  await cache.watch(predicate === undefined ? query : { ...query, predicate }, queue);
  queue.opened();
  const follow = async (): Promise<void> => {
    for await (const item of queue) {
      if (!('event' in item)) continue;
      const { type, object, revision } = item.event;
      const { namespace = '', name, resourceVersion } = object.metadata;
      const key = `${namespace}/${name}`;
      if ((type === 'ADDED') === copy.has(key)) state.problems.push(`${type} ${key}@${revision}`);
      if (type === 'DELETED') copy.delete(key);
      else copy.set(key, resourceVersion);
      if (Number(resourceVersion) !== revision) state.problems.push(`${key}@${resourceVersion} at ${revision}`);
    }
  };
  follow().catch((error: unknown) => {
    if (isExpired(error)) state.expired++;
    else state.problems.push(String(error));
  });
  return state;
}

async function contents(predicate: (object: KubeObject) => boolean = () => true) {
  const { items } = await store.list(pods);
  return items
    .filter(predicate)
    .map((o): [string, string | undefined] => [
      `${o.metadata.namespace}/${o.metadata.name}`,
      o.metadata.resourceVersion,
    ]);
}

const sorted = (map: ReadonlyMap<string, string | undefined>) => [...map].sort(([a], [b]) => (a < b ? -1 : 1));
const web = (object: KubeObject) => object.metadata.labels?.app === 'web';

it('shows the same on two replicas, to readers and watchers, as the state holds', async () => {
  const [a, b] = await Promise.all([replica(), replica()]);
  for (let i = 0; i < 30; i++) await write();
  const [first, second] = await Promise.all([a.caches.of(pods), b.caches.of(pods)]);
  const all = await mirror(first);
  const some = await mirror(second, web);
  for (let i = 0; i < 60; i++) await Promise.all(Array.from({ length: 8 }, write));
  const lists = await Promise.all([first, second].map((cache) => cache.list({ freshness: 'latest' })));
  const { items, revision } = await store.list(pods);
  for (const list of lists) {
    expect(list).toMatchObject({ items, revision });
    expect([...list.texts()].map((text) => JSON.parse(Buffer.from(text).toString()))).toEqual(items);
  }
  const expected = await contents();
  const expectedWeb = await contents(web);
  await eventually(() => expect(sorted(all.copy)).toEqual(expected));
  await eventually(() => expect(sorted(some.copy)).toEqual(expectedWeb));
  expect([...all.problems, ...some.problems]).toEqual([]);
});

it('answers a read of the latest state with what was written before it, however quiet the resource', async () => {
  const { caches } = await replica();
  const cache = await caches.of(pods);
  for (let i = 0; i < 20; i++) {
    const key = { ...(i % 3 === 0 ? maps : pods), namespace: 'n', name: `p${i}` };
    const object: KubeObject = {
      kind: 'Pod',
      apiVersion: 'v1',
      metadata: { namespace: 'n', name: `p${i}`, uid: `${i}` },
    };
    const [result] = await store.commit([{ type: 'create', key, object }]);
    expect(result?.ok).toBe(true);
    const { items, revision } = await cache.list({ freshness: 'latest' });
    expect(revision).toBeGreaterThanOrEqual(i + 1);
    expect(items.some((o) => o.metadata.name === `p${i}`)).toBe(i % 3 !== 0);
    // The revision of the cluster, as a client has it from a list of another resource.
    await cache.list({ freshness: i + 1 });
  }
});

it('watches from a revision before anybody asked for the resource', async () => {
  const { caches } = await replica();
  for (let i = 1; i <= 3; i++) {
    await create(`p${i}`);
    await create(`m${i}`, maps);
  }
  const queue = new WatchQueue(100);
  await (await caches.of(pods)).watch({ from: 1 }, queue);
  await create('p4');
  const seen: string[] = [];
  queue.opened();
  for await (const item of queue) {
    if ('event' in item) seen.push(`${item.event.type} ${item.event.object.metadata.name}@${item.event.revision}`);
    if (seen.length === 3) break;
  }
  expect(seen).toEqual(['ADDED p2@3', 'ADDED p3@5', 'ADDED p4@7']);
});

it('says that a revision is too old when the log begins after it, and goes on for all others', async () => {
  const { caches } = await replica();
  for (let i = 1; i <= 3; i++) await create(`p${i}`);
  const cache = await caches.of(pods);
  const all = await mirror(cache);
  await cache.list({ freshness: 'latest' });
  const connection = await connect({ servers: nats.url });
  closing.push(() => connection.close());
  const { streams } = await connection.jetstreamManager();
  await eventually(async () => expect((await streams.info(changeStream)).state.last_seq).toBe(3));
  await streams.purge(changeStream, { seq: 3 });
  await expect(cache.watch({ from: 1 }, new WatchQueue(100))).rejects.toSatisfy(isExpired);
  await create('p4');
  const expected = await contents();
  await eventually(() => expect(sorted(all.copy)).toEqual(expected));
  expect(all).toMatchObject({ problems: [], expired: 0 });
});

it('keeps watchers without a gap while NATS is killed and started again', async () => {
  const { caches } = await replica();
  const cache = await caches.of(pods);
  const all = await mirror(cache);
  for (let i = 0; i < 20; i++) await write();
  await nats.kill();
  for (let i = 0; i < 20; i++) await write();
  await nats.restart();
  for (let i = 0; i < 20; i++) await write();
  const expected = await contents();
  await eventually(() => expect(sorted(all.copy)).toEqual(expected));
  expect(all).toMatchObject({ problems: [], expired: 0 });
});

it('tells watchers to list again when NATS has lost what they had not seen, and is right again', async () => {
  const { caches, relay } = await replica();
  const cache = await caches.of(pods);
  const all = await mirror(cache);
  for (let i = 0; i < 20; i++) await write();
  const before = await contents();
  await eventually(() => expect(sorted(all.copy)).toEqual(before));
  await nats.kill();
  await rm(join(nats.dataDir, 'jetstream'), { recursive: true, force: true });
  for (let i = 0; i < 10; i++) await create(`while-away-${i}`);
  // Someone trimmed what nobody had published.
  const outbox = new Outbox({ url: redis.url });
  await outbox.trim((await store.revisions([])).cluster - 2);
  outbox.close();
  await nats.restart();
  await eventually(() => expect(all.expired).toBe(1));
  await write();
  const { items } = await cache.list({ freshness: 'latest' });
  expect(items).toEqual((await store.list(pods)).items);
  expect(all.problems).toEqual([]);
  await eventually(() => expect(relay.leading).toBe(true));
});

it('brings informers back to the state after Redis has lost writes', async () => {
  const { reader } = await replica();
  const source = (resource: typeof pods) => new StoreSource({ resource, store, reader });
  const informers = new InformerSet({ resources: [pods, maps], source });
  await informers.start();
  closing.push(() => informers.stop());
  for (let i = 0; i < 30; i++) await write();
  await informers.catchUp(store, [pods, maps]);
  expect(informers.get(pods).list()).toHaveLength((await store.list(pods)).items.length);
  await redis.kill();
  await rm(join(redis.dataDir, 'appendonlydir'), { recursive: true, force: true });
  await redis.restart();
  for (let i = 0; i < 10; i++) await write();
  const { items } = await store.list(pods);
  const byKey = (objects: readonly KubeObject[]) =>
    objects.map((o) => `${o.metadata.namespace}/${o.metadata.name}@${o.metadata.resourceVersion}`).sort();
  await eventually(() => expect(byKey(informers.get(pods).list())).toEqual(byKey(items)));
  await informers.catchUp(store, [pods, maps]);
  expect(() => informers.get({ group: 'apps', resource: 'x' })).toThrow('does not follow x.apps');
});

it('ends watches of what is no longer served, and of a server that stops', async () => {
  const { caches } = await replica();
  const ends: string[] = [];
  const sink = (name: string) => ({ event: () => true, bookmark: () => true, end: () => void ends.push(name) });
  await (await caches.of(pods)).watch({ from: 'initial' }, sink('pods'));
  await (await caches.of(maps)).watch({ from: 'initial' }, sink('maps'));
  await caches.remove(pods);
  expect(ends).toEqual(['pods']);
  await caches.stop();
  expect(ends).toEqual(['pods', 'maps']);
  await expect(caches.of(pods)).rejects.toThrow('shutting down');
});

it('what a replica has committed comes back as the object that it has, all else is read; both with their text', async () => {
  const own = new OwnCommits();
  const ours = await RedisStore.connect({ url: redis.url, onCommitted: own.note.bind(own) });
  closing.push(() => ours.close());
  await replica();
  const connection = await connect({ servers: nats.url });
  closing.push(() => connection.close());
  const reader = new JetStreamChangeReader({ connection, store, own, retryMs: 50 });
  closing.push(() => reader.close());
  const seen: Change[] = [];
  const texts: string[] = [];
  await reader.read(pods, 0, {
    onChange: (change) => {
      seen.push(change);
      texts.push(Buffer.from(change.text ?? '').toString());
    },
    onProgress: () => undefined,
    onLost: (reason) => expect.unreachable(reason),
  });
  const key = { ...pods, namespace: 'n', name: 'a' };
  const metadata = { namespace: 'n', name: 'a', uid: 'a', resourceVersion: '' };
  const object: KubeObject & { spec: object } = { spec: { a: 1 }, metadata, apiVersion: 'v1', kind: 'Pod' };
  const [created] = await ours.commit([{ type: 'create', key, object }]);
  await store.commit([{ type: 'update', key, object }]);
  // Another history had another commit at this revision.
  own.note('of-another-history', 3, pods, { ...object, metadata: { name: 'wrong' } });
  await store.commit([{ type: 'delete', key }]);
  await eventually(() => expect(seen).toHaveLength(3));
  expect(seen.map(({ type, revision, previousRevision }) => [type, revision, previousRevision])).toEqual([
    ['created', 1, 0],
    ['updated', 2, 1],
    ['deleted', 3, 2],
  ]);
  expect(created?.ok === true && created.object === seen[0]?.object).toBe(true);
  expect(seen[2]?.object.metadata.name).toBe('a');
  // In the very words of the store, so that all replicas say the same.
  expect(texts).toEqual(seen.map((change) => JSON.stringify(change.object)));
});
