import { startRedis, type TestServer } from '@kubus/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { KubeObject } from '../object/index.ts';
import { KeyRing, type Operation, Outbox, type OutboxEntry, OwnEntries, RedisStore } from './index.ts';

const pods = { group: '', resource: 'pods' };
const leases = { group: 'coordination.k8s.io', resource: 'leases' };

let server: TestServer;
let own: OwnEntries;
let store: RedisStore;
let other: RedisStore;
let outbox: Outbox;
let tag = 0;

beforeAll(async () => {
  server = await startRedis({ appendfsync: 'no' });
});
afterAll(() => server.stop());

beforeEach(async () => {
  own = new OwnEntries();
  const at = { url: server.url, tag: `t${++tag}` };
  const keyRing = new KeyRing([{ id: 'k', secret: Buffer.alloc(32, 1) }], [leases]);
  [store, other] = await Promise.all([
    RedisStore.connect({ ...at, ownEntries: own, keyRing }),
    RedisStore.connect({ ...at }),
  ]);
  outbox = new Outbox(at);
});
afterEach(async () => {
  outbox.close();
  await Promise.all([store.close(), other.close()]);
});

function put(type: 'create' | 'update', name: string, resource = pods, more: object = {}): Operation {
  const object: KubeObject = { kind: 'X', apiVersion: 'v1', metadata: { namespace: 'n/1', name, uid: name }, ...more };
  return { type, key: { ...resource, namespace: 'n/1', name }, object };
}

const remove = (name: string): Operation => ({ type: 'delete', key: { ...pods, namespace: 'n/1', name } });
const inText = (entries: readonly OutboxEntry[]) =>
  entries.map((entry) => ({ ...entry, object: Buffer.from(entry.object).toString() }));
const revisionsOf = (entries: readonly OutboxEntry[]) => entries.map(({ revision }) => revision);

it('are what the outbox holds', async () => {
  own.follow();
  await store.commit([put('create', 'a'), put('create', 'l', leases, { spec: 'ä€😀' })]);
  await store.commit([put('update', 'a', pods, { spec: 'ä€😀' })]);
  await store.commit([put('create', 'a'), remove('none')], { atomic: false });
  await store.commit([remove('a')]);
  const entries = await own.after(0);
  expect(entries.map(({ type, previousRevision }) => [type, previousRevision])).toEqual([
    ['created', 0],
    ['created', 0],
    ['updated', 1],
    ['deleted', 3],
  ]);
  expect(inText(entries)).toEqual(inText(await outbox.read(0, 10, 1)));
});

it('leave out what was refused or came too late, and nothing beside it', async () => {
  own.follow();
  await store.commit([put('create', 'a')]);
  // Made in one turn, so that one call of the script carries all.
  const late = store.commit([{ ...put('create', 'late'), until: 1 }]);
  const some = store.commit([put('create', 'a'), put('create', 'b')], { atomic: false });
  await expect(late).rejects.toMatchObject({ reason: 'ServiceUnavailable' });
  expect((await some).map(({ ok }) => ok)).toEqual([false, true]);
  const entries = await own.after(0);
  expect(revisionsOf(entries)).toEqual([1, 2]);
  expect(inText(entries)).toEqual(inText(await outbox.read(0, 10, 1)));
});

it('end where another process has committed, and go on after it', async () => {
  own.follow();
  await store.commit([put('create', 'a')]);
  await other.commit([put('create', 'b')]);
  await store.commit([put('create', 'c')]);
  expect(revisionsOf(await own.after(0))).toEqual([1]);
  expect(revisionsOf(await own.after(1))).toEqual([]);
  expect(revisionsOf(await own.after(2))).toEqual([3]);
});

it('are waited for while a commit is under way, and not beyond its answer', async () => {
  own.follow();
  expect(await own.after(0)).toEqual([]);
  const committing = store.commit([put('create', 'a')]);
  await Promise.resolve();
  const waiting = own.after(0);
  await committing;
  expect(revisionsOf(await waiting)).toEqual([1]);
  const refused = store.commit([put('create', 'a')]);
  await Promise.resolve();
  const none = own.after(1);
  await refused;
  expect(await none).toEqual([]);
});

it('are not kept when nobody follows, nor more of them than memory is meant for', async () => {
  await store.commit([put('create', 'a')]);
  own.follow();
  expect(await own.after(0)).toEqual([]);
  const large = { spec: 'x'.repeat(2_900_000) };
  for (const name of ['b', 'c', 'd']) await store.commit([put('create', name, pods, large)]);
  await store.commit([put('create', 'e')]);
  expect(revisionsOf(await own.after(1))).toEqual([]);
  expect(revisionsOf(await own.after(4))).toEqual([5]);
  await store.commit([put('create', 'f')]);
  own.unfollow();
  expect(await own.after(5)).toEqual([]);
});

it('end with the connection, until somebody follows anew', async () => {
  own.follow();
  await store.commit([put('create', 'a')]);
  own.interrupt();
  await expect(own.after(0)).rejects.toThrow('the connection to Redis was lost');
  await store.commit([put('create', 'b')]);
  await expect(own.after(1)).rejects.toThrow('the connection to Redis was lost');
  own.follow();
  await store.commit([put('create', 'c')]);
  expect(revisionsOf(await own.after(2))).toEqual([3]);
});
