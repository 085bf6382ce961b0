import { eventually, startRedis, type TestServer } from '@kubus/testkit';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { StatusError } from '../errors/index.ts';
import type { KubeObject } from '../object/index.ts';
import { type Operation, RedisStore } from './index.ts';

let server: TestServer;
const open: { close(): Promise<void> }[] = [];
let tags = 0;

beforeAll(async () => {
  server = await startRedis();
});
afterEach(async () => {
  server.resume();
  for (const each of open.splice(0)) await each.close();
});
afterAll(() => server.stop());

async function connect(options: { tag: string; answerMs?: number; patienceMs?: number }): Promise<RedisStore> {
  const store = await RedisStore.connect({ url: server.url, ...options });
  open.push(store);
  return store;
}

const tag = () => `late-${++tags}`;
const key = (name: string) => ({ group: '', resource: 'pods', namespace: 'n', name });
const create = (name: string, until?: number): Operation => {
  const object: KubeObject = { kind: 'Pod', apiVersion: 'v1', metadata: { namespace: 'n', name, uid: name } };
  return { type: 'create', key: key(name), object, until };
};
const failure = (promise: Promise<unknown>): Promise<StatusError> =>
  promise.then(
    () => expect.unreachable('it succeeded'),
    (error) => error as StatusError,
  );

/** Time as the store tells it. */
async function passed(store: RedisStore, moment: number): Promise<void> {
  await eventually(() => expect(store.now() ?? 0).toBeGreaterThan(moment));
}

describe('a commit after its time', () => {
  it('is not done, says so, and leaves those that travel with it alone', async () => {
    const store = await connect({ tag: tag() });
    const now = store.now() ?? Number.NaN;
    const [late, inTime] = await Promise.allSettled([
      store.commit([create('late', now - 1)]),
      store.commit([create('in-time', now + 60_000)]),
    ]);
    expect(late).toMatchObject({ status: 'rejected', reason: { reason: 'ServiceUnavailable' } });
    expect(inTime).toMatchObject({ status: 'fulfilled', value: [{ ok: true }] });
    expect(await store.get(key('late'))).toBeUndefined();
    expect(await store.revisions([])).toMatchObject({ cluster: 1 });
  });

  it('is not done in part when only one of its operations had an end', async () => {
    const store = await connect({ tag: tag() });
    const now = store.now() ?? Number.NaN;
    const error = await failure(store.commit([create('a'), create('b', now - 1), create('c')], { atomic: false }));
    expect(error.reason).toBe('ServiceUnavailable');
    expect(await store.getMany([key('a'), key('b'), key('c')])).toEqual([undefined, undefined, undefined]);
  });

  it('is not done when Redis was stopped meanwhile and goes on', async () => {
    const store = await connect({ tag: tag(), answerMs: 60_000 });
    await server.pause();
    const until = (store.now() ?? Number.NaN) + 300;
    const held = failure(store.commit([create('held', until)]));
    await passed(store, until + 100);
    server.resume();
    expect((await held).reason).toBe('ServiceUnavailable');
    expect(await store.get(key('held'))).toBeUndefined();
  });

  it('is not done by a Redis that had been given up, though nobody said until when it was wanted', async () => {
    const shared = tag();
    const store = await connect({ tag: shared, answerMs: 1_000, patienceMs: 30_000 });
    await server.pause();
    expect((await failure(store.commit([create('given-up')]))).reason).toBe('Timeout');
    server.resume();
    // It answers those first that came first.
    const other = await connect({ tag: shared, answerMs: 60_000 });
    await other.commit([create('after')]);
    expect(await other.getMany([key('given-up'), key('after')])).toEqual([undefined, expect.anything()]);
  });

  it('is not done by a Redis that was given up soon after it was sent, for a read that it had owed for longer', async () => {
    const shared = tag();
    const store = await connect({ tag: shared, answerMs: 2_000, patienceMs: 30_000 });
    // So that Redis knows the script.
    await store.commit([create('before')]);
    await server.pause();
    const sentAt = store.now() ?? Number.NaN;
    const read = failure(store.get(key('late')));
    await passed(store, sentAt + 1_600);
    const commit = failure(store.commit([create('late')]));
    expect([(await read).reason, (await commit).reason]).toEqual(['Timeout', 'Timeout']);
    server.resume();
    const other = await connect({ tag: shared, answerMs: 60_000 });
    await other.commit([create('after')]);
    expect(await other.getMany([key('late'), key('after')])).toEqual([undefined, expect.anything()]);
  });
});

it('the time of the store is that of Redis', async () => {
  const redis = new Redis(server.url);
  open.push({ close: async () => redis.disconnect() });
  const time = async () => {
    const [seconds, microseconds] = await redis.time();
    return Number(seconds) * 1_000 + Number(microseconds) / 1_000;
  };
  const before = await time();
  const now = (await connect({ tag: tag() })).now();
  expect(now).toBeGreaterThanOrEqual(Math.floor(before));
  expect(now).toBeLessThanOrEqual(await time());
});
