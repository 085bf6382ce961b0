import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Change, ChangeStream, JetStreamChangeReader, RelayedChanges } from '@kubus/shared/changelog';
import type { KubeObject } from '@kubus/shared/object';
import { Outbox, OwnEntries, RedisStore } from '@kubus/shared/store';
import { eventually, startNats, startRedis, type TestServer } from '@kubus/testkit';
import { connect, DiscardPolicy, type NatsConnection } from 'nats';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Relay, type RelayOptions } from './index.ts';

const pods = { group: '', resource: 'pods' };
const maps = { group: '', resource: 'configmaps' };
const quiet = { info: () => undefined, warn: () => undefined };

let redis: TestServer;
let nats: TestServer;
let store: RedisStore;
let connection: NatsConnection;
const closing: (() => void | Promise<void>)[] = [];

beforeEach(async () => {
  [redis, nats] = await Promise.all([startRedis(), startNats()]);
  [store, connection] = await Promise.all([
    RedisStore.connect({ url: redis.url, waitMs: 10_000 }),
    connect({ servers: nats.url, maxReconnectAttempts: -1, reconnectTimeWait: 50 }),
  ]);
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  await store.close();
  await connection.close();
  await Promise.all([redis.stop(), nats.stop()]);
});

function relay(options: Partial<RelayOptions> = {}): Relay {
  const outbox = new Outbox({ url: redis.url });
  const made = new Relay({ outbox, connection, log: quiet, leaseMs: 300, ...options });
  made.start();
  closing.push(async () => {
    await made.stop();
    outbox.close();
  });
  return made;
}

/** Follows a resource; what was seen and how often the place was lost. */
async function follow(resource = pods, after = 0, from: { relayed?: RelayedChanges } = {}) {
  const often = { progressMs: 200, heartbeatMs: 200, retryMs: 50 };
  const reader = new JetStreamChangeReader({ connection, store, ...often, ...from });
  closing.push(() => reader.close());
  const seen: Change[] = [];
  const state = { seen, lost: [] as string[], progress: 0, reader, refresh: (): void => undefined };
  const subscription = await reader.read(resource, after, {
    onChange: (change) => void seen.push(change),
    onProgress: (revision) => {
      state.progress = revision;
    },
    onLost: (reason) => void state.lost.push(reason),
  });
  state.refresh = () => subscription.refresh();
  return state;
}

function object(name: string, more: object = {}): KubeObject {
  return { kind: 'Pod', apiVersion: 'v1', metadata: { namespace: 'default', name, uid: name }, ...more };
}

async function create(name: string, resource = pods, more: object = {}, by = store): Promise<number> {
  const key = { ...resource, namespace: 'default', name };
  const [result] = await by.commit([{ type: 'create', key, object: object(name, more) }]);
  if (result?.ok !== true) throw new Error(`not created: ${name}`);
  return result.revision;
}

const revisionsOf = (seen: readonly Change[]) => seen.map((change) => change.revision);

it('delivers every change once, in order, with the object and the change before', async () => {
  relay();
  const following = await follow();
  await create('a');
  await create('m', maps);
  await create('b');
  const key = { ...pods, namespace: 'default', name: 'a' };
  await store.commit([{ type: 'update', key, object: object('a', { spec: 1 }) }]);
  await store.commit([{ type: 'delete', key }]);
  await eventually(() => expect(following.seen).toHaveLength(4));
  expect(following.seen.map((c) => [c.type, c.key.name, c.revision, c.previousRevision])).toEqual([
    ['created', 'a', 1, 0],
    ['created', 'b', 3, 1],
    ['updated', 'a', 4, 3],
    ['deleted', 'a', 5, 4],
  ]);
  expect(following.seen[3]?.object).toMatchObject({ spec: 1, metadata: { name: 'a', resourceVersion: '5' } });
});

it('tells a reader of a quiet resource how far the cluster is', async () => {
  relay();
  const following = await follow();
  await create('a');
  await create('m', maps);
  await create('n', maps);
  following.refresh();
  await eventually(() => expect(following.progress).toBe(3));
  expect(revisionsOf(following.seen)).toEqual([1]);
});

it('never falters while it trims, and keeps the latest changes in the outbox', async () => {
  const warnings: string[] = [];
  const { published } = relay({
    keep: 600,
    leaseMs: 20_000,
    log: { ...quiet, warn: (_, message) => void warnings.push(message) },
  });
  expect(published).toBe(0);
  const following = await follow();
  for (let i = 0; i < 14; i++) await Promise.all(Array.from({ length: 64 }, (_, n) => create(`p${i}-${n}`)));
  await eventually(() => expect(following.seen).toHaveLength(14 * 64));
  const outbox = new Outbox({ url: redis.url });
  closing.push(() => outbox.close());
  await eventually(async () => expect((await outbox.state()).first).toBeGreaterThan(1));
  expect((await outbox.state()).first).toBeLessThanOrEqual(14 * 64 - 600 + 1);
  expect(warnings).toEqual(['change log is made anew']);
});

it('lets two readers of a resource share, each from its own place', async () => {
  relay();
  const following = await follow(pods, 0);
  await create('a');
  await create('b');
  await eventually(() => expect(following.seen).toHaveLength(2));
  const later: string[] = [];
  const subscription = await following.reader.read(pods, 1, {
    onChange: (change) => void later.push(`change ${change.revision}`),
    onProgress: (revision) => void later.push(`progress ${revision}`),
    onLost: () => undefined,
  });
  // Asked for at once, while the other reader is ahead: not before this one has its changes.
  subscription.refresh();
  await eventually(() => expect(later.slice(0, 2)).toEqual(['change 2', 'progress 2']));
  await create('c');
  await eventually(() => expect(later).toContain('change 3'));
  await eventually(() => expect(revisionsOf(following.seen)).toEqual([1, 2, 3]));
});

it('gives a reader that begins late all there is, faster than it can take it', async () => {
  relay();
  const more = { spec: 'x'.repeat(50_000) };
  for (let i = 0; i < 10; i++)
    await Promise.all(Array.from({ length: 64 }, (_, n) => create(`p${i}-${n}`, pods, more)));
  await eventually(async () => expect((await new ChangeStream(connection).state())?.last).toBe(640));
  const following = await follow();
  await eventually(() => expect(following.seen).toHaveLength(640));
  expect(revisionsOf(following.seen)).toEqual(Array.from({ length: 640 }, (_, i) => i + 1));
  expect(following.lost).toEqual([]);
});

it('notices by itself that a change is missing', async () => {
  relay();
  for (const name of ['a', 'b', 'c']) await create(name);
  await eventually(async () => expect((await new ChangeStream(connection).state())?.last).toBe(3));
  await (await connection.jetstreamManager()).streams.deleteMessage('KUBUS_CHANGES', 2);
  const following = await follow();
  await eventually(() => expect(following.lost).toEqual(['changes before 3 are missing']));
  expect(revisionsOf(following.seen)).toEqual([1]);
});

it('goes on after its consumer was taken from it', async () => {
  relay();
  const following = await follow();
  await create('a');
  await eventually(() => expect(following.seen).toHaveLength(1));
  const { consumers } = await connection.jetstreamManager();
  for await (const { name } of consumers.list('KUBUS_CHANGES')) await consumers.delete('KUBUS_CHANGES', name);
  await create('b');
  await eventually(() => expect(revisionsOf(following.seen)).toEqual([1, 2]));
  expect(following.lost).toEqual([]);
});

it('leaves no consumer behind', async () => {
  relay();
  const following = await follow();
  await create('a');
  await eventually(() => expect(following.seen).toHaveLength(1));
  const info = async () => (await (await connection.jetstreamManager()).streams.info('KUBUS_CHANGES')).state;
  await eventually(async () => expect((await info()).consumer_count).toBe(1));
  following.reader.close();
  await eventually(async () => expect((await info()).consumer_count).toBe(0));
});

it('hands over when the active relay stops, and when it dies', async () => {
  const first = relay();
  await eventually(() => expect(first.leading).toBe(true));
  const second = relay();
  const following = await follow();
  await create('a');
  await first.stop();
  await create('b');
  await eventually(() => expect(second.leading).toBe(true));
  await create('c');
  await eventually(() => expect(revisionsOf(following.seen)).toEqual([1, 2, 3]));
});

it('writes no change twice or out of order with several relays active at once', async () => {
  // The same id holds the lock for all of them.
  const relays = [1, 2, 3].map(() => relay({ id: 'same' }));
  await eventually(() => expect(relays.every((r) => r.leading)).toBe(true));
  const following = await follow();
  for (let i = 0; i < 20; i++) await Promise.all(Array.from({ length: 16 }, (_, n) => create(`p${i}-${n}`)));
  await eventually(() => expect(following.seen).toHaveLength(320));
  expect(revisionsOf(following.seen)).toEqual(Array.from({ length: 320 }, (_, i) => i + 1));
  expect(await new ChangeStream(connection).state()).toMatchObject({ first: 1, last: 320 });
  expect(following.lost).toEqual([]);
});

it('loses nothing when NATS is killed while changes are written', async () => {
  relay();
  const following = await follow();
  await create('before');
  await nats.kill();
  await Promise.all(Array.from({ length: 50 }, (_, i) => create(`p${i}`)));
  await nats.restart();
  await create('after');
  await eventually(() => expect(following.seen).toHaveLength(52));
  expect(revisionsOf(following.seen)).toEqual(Array.from({ length: 52 }, (_, i) => i + 1));
});

it('waits for a change log that has no room, and loses nothing', async () => {
  relay();
  const following = await follow();
  await create('before');
  await eventually(() => expect(following.seen).toHaveLength(1));
  const { streams } = await connection.jetstreamManager();
  const { config } = await streams.info('KUBUS_CHANGES');
  await streams.update('KUBUS_CHANGES', { ...config, discard: DiscardPolicy.New, max_msgs: 1 });
  await Promise.all(Array.from({ length: 20 }, (_, i) => create(`p${i}`)));
  await streams.update('KUBUS_CHANGES', { ...config, discard: DiscardPolicy.New, max_msgs: 11 });
  await eventually(() => expect(following.seen.length).toBe(11));
  await streams.update('KUBUS_CHANGES', config);
  await create('after');
  await eventually(() => expect(following.seen).toHaveLength(22));
  expect(revisionsOf(following.seen)).toEqual(Array.from({ length: 22 }, (_, i) => i + 1));
  expect(following.lost).toEqual([]);
});

it('rebuilds the change log when NATS has lost its data, and readers that were up to date go on', async () => {
  relay();
  const following = await follow();
  await Promise.all(Array.from({ length: 20 }, (_, i) => create(`p${i}`)));
  await eventually(() => expect(following.seen).toHaveLength(20));
  await nats.kill();
  await rm(join(nats.dataDir, 'jetstream'), { recursive: true, force: true });
  await create('while-away');
  await nats.restart();
  await create('after');
  await eventually(() => expect(following.seen).toHaveLength(22));
  expect(following.lost).toEqual([]);
  expect(await new ChangeStream(connection).state()).toMatchObject({ last: 22 });
});

it('tells readers to list again when the change log no longer holds what they need', async () => {
  const first = relay({ keep: 0 });
  for (let i = 0; i < 16; i++) await Promise.all(Array.from({ length: 32 }, (_, n) => create(`p${i}-${n}`)));
  await eventually(() => expect(first.published).toBe(512));
  await first.stop();
  await new Outbox({ url: redis.url }).trim(500);
  await (await connection.jetstreamManager()).streams.delete('KUBUS_CHANGES');
  relay();
  const late = await follow(pods, 100);
  await eventually(() => expect(late.lost).toHaveLength(1));
  expect(late.seen).toEqual([]);
  const current = await follow(pods, 512);
  await create('after');
  await eventually(() => expect(revisionsOf(current.seen)).toEqual([513]));
});

it('publishes what its own process and others commit at the same time, in order', async () => {
  const own = new OwnEntries();
  relay({ own });
  const mine = await RedisStore.connect({ url: redis.url, ownEntries: own });
  closing.push(() => mine.close());
  const following = await follow();
  for (let i = 0; i < 20; i++) {
    const both = [store, mine].flatMap((by, which) =>
      Array.from({ length: 8 }, (_, n) => create(`p${i}-${which}-${n}`, pods, {}, by)),
    );
    await Promise.all(both);
  }
  await eventually(() => expect(following.seen).toHaveLength(320));
  expect(revisionsOf(following.seen)).toEqual(Array.from({ length: 320 }, (_, i) => i + 1));
  expect(following.lost).toEqual([]);
  const { items } = await store.list(pods);
  const seen = new Map(following.seen.map(({ key, object }) => [key.name, object]));
  expect(items.map(({ metadata }) => seen.get(metadata.name))).toEqual(items);
});

it('begins a new history when Redis loses what its own process is committing', async () => {
  const own = new OwnEntries();
  const relayed = new RelayedChanges();
  relay({ own, relayed });
  const onState = (state: 'ready' | 'lost'): void => {
    if (state === 'lost') own.interrupt();
  };
  const mine = await RedisStore.connect({ url: redis.url, ownEntries: own, onState, waitMs: 10_000 });
  closing.push(() => mine.close());
  const following = await follow();
  const beside = await follow(pods, 0, { relayed });
  let stop = false;
  let acknowledged = 0;
  const writers = Array.from({ length: 8 }, async (_, w) => {
    for (let i = 0; !stop; i++) {
      const done = await create(`p${w}-${i}`, pods, {}, mine).catch(() => undefined);
      if (done !== undefined) acknowledged++;
    }
  });
  await eventually(() => expect(following.seen.length).toBeGreaterThan(100));
  await redis.kill();
  await rm(join(redis.dataDir, 'appendonlydir'), { recursive: true, force: true });
  await redis.restart();
  const before = acknowledged;
  await eventually(() => expect(acknowledged).toBeGreaterThan(before + 50));
  stop = true;
  await Promise.all(writers);
  await eventually(() => expect([following.lost, beside.lost].map((lost) => lost.length)).toEqual([1, 1]));
  const again = await follow(pods, 0);
  const { items } = await store.list(pods);
  await eventually(() =>
    expect(again.seen.map((c) => c.object.metadata.uid).toSorted()).toEqual(
      items.map((o) => o.metadata.uid).toSorted(),
    ),
  );
});

it('begins a new history when Redis has lost acknowledged writes', async () => {
  relay();
  const following = await follow();
  await create('a');
  await create('b');
  await eventually(() => expect(following.seen).toHaveLength(2));
  await redis.kill();
  await rm(join(redis.dataDir, 'appendonlydir'), { recursive: true, force: true });
  await redis.restart();
  await create('other');
  await eventually(() => expect(following.lost).toHaveLength(1));
  const again = await follow(pods, 0);
  await eventually(() => expect(again.seen.map((c) => c.key.name)).toEqual(['other']));
});

it('publishes what is too large for the bus without its object, and readers list again', async () => {
  const small = await startNats({ config: 'max_payload: 100KB' });
  closing.push(() => small.stop());
  const narrow = await connect({ servers: small.url });
  closing.push(() => narrow.close());
  connection = narrow;
  relay();
  const following = await follow();
  await create('big', pods, { spec: 'x'.repeat(200_000) });
  await eventually(() => expect(following.lost).toHaveLength(1));
  const next = await follow(pods, 1);
  await create('small');
  await eventually(() => expect(revisionsOf(next.seen)).toEqual([2]));
});
