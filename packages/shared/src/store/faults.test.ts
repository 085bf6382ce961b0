import { mkdir, rmdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { eventually, freePort, startRedis, type TestServer } from '@kubus/testkit';
import { Redis } from 'ioredis';
import { afterEach, expect, it, onTestFinished } from 'vitest';
import { StatusError } from '../errors/index.ts';
import type { KubeObject } from '../object/index.ts';
import { Connection } from './connection.ts';
import { type Operation, RedisStore } from './index.ts';
import { checkCounter, checkServer } from './startup.ts';

const pods = { group: '', resource: 'pods' };
const open: { stop(): Promise<void> }[] = [];

afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.stop();
});

async function redis(...args: Parameters<typeof startRedis>): Promise<TestServer> {
  const server = await startRedis(...args);
  open.push(server);
  return server;
}

async function connect(url: string, options: object = {}): Promise<RedisStore> {
  const store = await RedisStore.connect({ url, ...options });
  open.push({ stop: () => store.close() });
  return store;
}

const key = (name: string) => ({ ...pods, namespace: 'n', name });
const create = (name: string): Operation => {
  const object: KubeObject = { kind: 'Pod', apiVersion: 'v1', metadata: { namespace: 'n', name, uid: name } };
  return { type: 'create', key: key(name), object };
};
const reasonOf = (error: unknown) => (error instanceof StatusError ? error.reason : error);

it('loses no acknowledged write when Redis is killed under load', async () => {
  const server = await redis({ appendfsync: 'always' });
  const store = await connect(server.url);
  const acknowledged: string[] = [];
  const refused = new Set<unknown>();
  let stop = false;
  const writers = Array.from({ length: 16 }, async (_, w) => {
    for (let i = 0; !stop; i++) {
      try {
        await store.commit([create(`${w}-${i}`)]);
        acknowledged.push(`${w}-${i}`);
      } catch (error) {
        refused.add(reasonOf(error));
      }
    }
  });
  for (let kills = 0; kills < 3; kills++) {
    const target = acknowledged.length + 200;
    await eventually(() => expect(acknowledged.length).toBeGreaterThan(target));
    await server.kill();
    await server.restart();
  }
  stop = true;
  await Promise.all(writers);
  const found = await store.getMany(acknowledged.map(key));
  expect(found.filter((object) => object === undefined)).toEqual([]);
  // What was under way is reported as such; what could not be sent as refused.
  expect([...refused].filter((reason) => reason !== 'Timeout' && reason !== 'ServiceUnavailable')).toEqual([]);
  const { items, revision } = await store.list(pods);
  expect(revision).toBe(items.length);
});

it('fails what waits for an answer of a Redis that hangs, and goes on when it is back', async () => {
  const server = await redis({ appendfsync: 'no' });
  const store = await connect(server.url, { answerMs: 200, waitMs: 300 });
  const other = new Redis(server.url);
  await other.call('CLIENT', 'PAUSE', '4000', 'ALL');
  other.disconnect();
  expect(reasonOf(await store.commit([create('a')]).catch((e: unknown) => e))).toBe('Timeout');
  expect(reasonOf(await store.get(key('a')).catch((e: unknown) => e))).toMatch(/Timeout|ServiceUnavailable/);
  await eventually(async () => expect((await store.commit([create('b')])).map((r) => r.ok)).toEqual([true]));
});

it('keeps the connection over a time in which this process stood still, and takes the answers that lie in it', async () => {
  const server = await redis({ appendfsync: 'no' });
  const states: string[] = [];
  const connection = new Connection({ url: server.url, answerMs: 200, onState: (state) => states.push(state) });
  open.push({ stop: async () => connection.close() });
  await connection.run((redis) => redis.ping());
  // Redis answers while nothing of this process runs.
  const answer = connection.run((redis) => redis.blpop('nothing', 0.1));
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000);
  expect(await answer).toBeNull();
  expect(await connection.run((redis) => redis.ping())).toBe('PONG');
  expect(states).toEqual(['ready']);
});

it('lets only so many wait for a Redis that is away, and for so long', async () => {
  const server = await redis({ appendfsync: 'no' });
  const store = await connect(server.url, { waitMs: 1_000, maxWaiting: 13 });
  const warnings: Error[] = [];
  const onWarning = (warning: Error) => void warnings.push(warning);
  process.on('warning', onWarning);
  onTestFinished(() => void process.off('warning', onWarning));
  await server.kill();
  await eventually(async () =>
    expect(reasonOf(await store.get(key('x')).catch((e: unknown) => e))).toBe('ServiceUnavailable'),
  );
  const failures: unknown[] = [];
  const waits = Array.from({ length: 20 }, () => store.resources().catch((e: unknown) => failures.push(reasonOf(e))));
  await new Promise((resolve) => setImmediate(resolve));
  expect(failures).toHaveLength(7);
  await Promise.all(waits);
  expect(failures).toEqual(Array.from({ length: 20 }, () => 'ServiceUnavailable'));
  expect(warnings.filter(({ name }) => name === 'MaxListenersExceededWarning')).toEqual([]);
  await server.restart();
  await eventually(async () => expect(await store.get(key('a'))).toBeUndefined());
});

it('gives a server that forgot the scripts their text again', async () => {
  const server = await redis({ appendfsync: 'no' });
  const store = await connect(server.url);
  await store.commit([create('a')]);
  const other = new Redis(server.url);
  await other.script('FLUSH');
  other.disconnect();
  expect((await store.commit([create('b')])).map((r) => r.ok)).toEqual([true]);
  expect((await store.list(pods)).items).toHaveLength(2);
});

it('says that Redis is full, and writes again when there is room', async () => {
  const server = await redis({ appendfsync: 'no' });
  const store = await connect(server.url);
  const other = new Redis(server.url);
  await other.config('SET', 'maxmemory', '1mb');
  const error = await store.commit([create('a')]).catch((e: unknown) => e);
  expect(reasonOf(error)).toBe('ServiceUnavailable');
  expect((error as StatusError).message).toMatch(/OOM/);
  await other.config('SET', 'maxmemory', '0');
  expect((await store.commit([create('a')])).map((r) => r.ok)).toEqual([true]);
  expect(await store.revisions([pods])).toEqual({ cluster: 1, resources: [1] });
  other.disconnect();
});

it('says that Redis cannot save to its disk, and writes again when it can', async () => {
  const server = await redis({ appendfsync: 'no' });
  const store = await connect(server.url);
  const other = new Redis(server.url);
  const lastSave = async () => /rdb_last_bgsave_status:(\w+)/.exec(await other.info('persistence'))?.[1];
  await other.config('SET', 'save', '3600 1');
  // A folder lies where the file is to go.
  await mkdir(join(server.dataDir, 'dump.rdb'));
  await other.bgsave();
  await eventually(async () => expect(await lastSave()).toBe('err'));
  const error = await store.commit([create('a')]).catch((e: unknown) => e);
  expect(reasonOf(error)).toBe('ServiceUnavailable');
  expect((error as StatusError).message).toMatch(/MISCONF/);
  expect(await store.get(key('a'))).toBeUndefined();
  await rmdir(join(server.dataDir, 'dump.rdb'));
  await other.bgsave();
  await eventually(async () => expect(await lastSave()).toBe('ok'));
  expect((await store.commit([create('a')])).map((r) => r.ok)).toEqual([true]);
  expect(await store.revisions([pods])).toEqual({ cluster: 1, resources: [1] });
  other.disconnect();
});

it('refuses a server that may forget', async () => {
  const server = await redis({ appendfsync: 'no', args: ['--maxmemory-policy', 'allkeys-lru'] });
  await expect(RedisStore.connect({ url: server.url })).rejects.toThrow(
    'set maxmemory-policy to noeviction (it is allkeys-lru)',
  );
});

it('refuses an old server, and keys that do not belong together', () => {
  const info = (version: string) =>
    new Map([
      ['redis_version', version],
      ['maxmemory_policy', 'noeviction'],
    ]);
  expect(() => checkServer(info('6.2.14'))).toThrow('Redis 7 or newer is needed for the state, this server is 6.2.14');
  expect(() => checkServer(info('7.0.15'))).not.toThrow();
  expect(() => checkServer(new Map())).toThrow('unknown');
  expect(() => checkCounter(7, '9-0')).toThrow('the outbox in Redis ends at revision 9, the counter stands at 7');
  expect(() => checkCounter(9, '9-0')).not.toThrow();
  expect(() => checkCounter(0, undefined)).not.toThrow();
});

it('asks for the counter after the outbox when it is opened: what replicas commit in between is no sign of lost keys', async () => {
  const server = await redis({ appendfsync: 'no' });
  const observer = new Redis(server.url);
  const monitor = await observer.monitor();
  open.push({ stop: async () => [observer, monitor].forEach((one) => void one.disconnect()) });
  const asked: string[] = [];
  monitor.on('monitor', (_time, [, key = '']: string[]) => asked.push(key));
  await connect(server.url);
  await eventually(() => {
    const [outbox, revision] = ['{kubus}:outbox', '{kubus}:revision'].map((name) => asked.indexOf(name));
    expect(outbox).toBeGreaterThanOrEqual(0);
    expect(revision).toBeGreaterThan(outbox as number);
  });
});

it('reports how durable the server is', async () => {
  const [always, never] = await Promise.all([redis({ appendfsync: 'always' }), redis({ appendfsync: 'no' })]);
  expect((await connect(always.url)).durability).toEqual({ aof: true, fsync: 'always' });
  expect((await connect(never.url)).durability).toMatchObject({ aof: false });
});

it('gives up connecting to nobody, and to one who does not answer', async () => {
  const port = await freePort();
  await expect(RedisStore.connect({ url: `redis://127.0.0.1:${port}`, waitMs: 200 })).rejects.toThrow(
    'Redis cannot be reached',
  );
  const mute = createServer().listen(0, '127.0.0.1');
  await eventually(() => expect(mute.address()).not.toBeNull());
  const address = mute.address() as { port: number };
  await expect(RedisStore.connect({ url: `redis://127.0.0.1:${address.port}`, waitMs: 200 })).rejects.toThrow(
    'Redis cannot be reached',
  );
  mute.close();
});

it('waits for a Redis that is not there yet, as long as its patience lasts', async () => {
  const server = await redis({ appendfsync: 'no' });
  await server.kill();
  await expect(connect(server.url, { waitMs: 50 })).rejects.toMatchObject({ reason: 'ServiceUnavailable' });
  const waiting = connect(server.url, { waitMs: 500, patienceMs: 30_000 });
  await server.restart();
  expect(await (await waiting).revisions([])).toMatchObject({ resources: [] });
});

it('does not wait for a Redis that is there and must not be used', async () => {
  const evicting = await redis({ args: ['--maxmemory-policy', 'allkeys-lru'] });
  await expect(connect(evicting.url, { patienceMs: 30_000 })).rejects.toMatchObject({
    reason: 'InternalError',
    message: expect.stringContaining('set maxmemory-policy to noeviction'),
  });
});
