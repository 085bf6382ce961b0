import { eventually, startRedis, type TestServer } from '@kubus/testkit';
import { Queue, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { connectQueueRedis, KeyQueue, KeyWorker, type KeyWorkerOptions } from './internal.ts';
import { silentLog } from './log.ts';

let server: TestServer;
let redis: Redis;
let queue: KeyQueue;
const workers: KeyWorker[] = [];
const opened: Redis[] = [];

beforeAll(async () => {
  server = await startRedis({ appendfsync: 'no' });
});
afterAll(() => server.stop());
beforeEach(async () => {
  redis = connect();
  await redis.flushall();
  queue = new KeyQueue('test', redis);
});
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.close(5_000)));
  await queue.close();
  for (const connection of opened.splice(0)) connection.disconnect();
});

function connect(): Redis {
  const connection = connectQueueRedis(server.url, silentLog);
  opened.push(connection);
  return connection;
}

const key = (name: string) => ({ namespace: 'a', name });

interface Runs {
  /** Names in the order in which they began. */
  began: string[];
  ended: string[];
  /** Most runs of one key at the same time. */
  most: number;
}

function runs(): Runs {
  return { began: [], ended: [], most: 0 };
}

function work(
  seen: Runs,
  body: (name: string) => Promise<number | undefined> | number | undefined,
  options: Partial<KeyWorkerOptions> = {},
): KeyWorker {
  const connection = connect();
  const own = new KeyQueue('test', connection);
  const now = new Map<string, number>();
  const worker = new KeyWorker({
    controller: 'test',
    redis: connection,
    concurrency: 8,
    log: silentLog,
    run: async ({ name }) => {
      seen.began.push(name);
      now.set(name, (now.get(name) ?? 0) + 1);
      seen.most = Math.max(seen.most, now.get(name) ?? 0);
      try {
        return await body(name);
      } finally {
        now.set(name, (now.get(name) ?? 0) - 1);
        seen.ended.push(name);
      }
    },
    runAgain: (again, delayMs) => own.addAfter(again, delayMs),
    crashed: async () => 1,
    ...options,
  });
  workers.push(worker);
  return worker;
}

/** Takes a job, as a worker of another process does, and is never heard of again. */
async function dieOverAJob(): Promise<void> {
  const worker = new Worker('test', null, { connection: connect(), lockDuration: 50, autorun: false });
  worker.on('error', () => undefined);
  await eventually(async () => expect(await worker.getNextJob('token', { block: false })).toBeDefined());
  await worker.close(true);
}

/** Back in the list of those who wait. */
async function stalledIsNoticed(): Promise<void> {
  const worker = new Worker('test', null, {
    connection: connect(),
    autorun: false,
    stalledInterval: 50,
    maxStalledCount: 2,
  });
  worker.on('error', () => undefined);
  await worker.startStalledCheckTimer();
  await eventually(async () => expect(await queue.state()).toMatchObject({ waiting: 1, active: 0 }));
  await worker.close(true);
}

/** A gate that runs wait at. */
function gate() {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { wait: promise, open: resolve };
}

describe('a queue of keys', () => {
  it('runs a key once however often it was added before it began', async () => {
    const seen = runs();
    await queue.add([key('x'), key('y'), key('x')]);
    await queue.add([key('x')]);
    work(seen, () => undefined);
    await eventually(() => expect(seen.ended.sort()).toEqual(['x', 'y']));
    await eventually(async () => expect(await queue.state()).toMatchObject({ waiting: 0, active: 0, delayed: 0 }));
    expect(seen.ended).toHaveLength(2);
  });

  it('runs a key once more when it is added while it runs, not at the same time, however many workers there are', async () => {
    const seen = runs();
    const first = gate();
    for (let i = 0; i < 3; i++)
      work(seen, () => (seen.began.length === 1 ? first.wait.then(() => undefined) : undefined));
    await queue.add([key('x')]);
    await eventually(() => expect(seen.began).toHaveLength(1));
    await queue.add([key('x')]);
    await queue.add([key('x')]);
    await queue.add([key('other')]);
    await eventually(() => expect(seen.ended).toEqual(['other']));
    first.open();
    await eventually(() => expect(seen.ended).toEqual(['other', 'x', 'x']));
    await eventually(async () => expect(await queue.state()).toMatchObject({ waiting: 0, active: 0 }));
    expect(seen.ended).toHaveLength(3);
  });

  it('loses no change and never runs a key twice at once under load from several processes', async () => {
    // The truth a reconcile would read: versions per key; each run notes the version that it saw.
    const versions = new Map<string, number>();
    const noted = new Map<string, number>();
    const seen = runs();
    const busy = new Set<string>();
    let overlaps = 0;
    for (let i = 0; i < 3; i++) {
      work(seen, async (name) => {
        if (busy.has(name)) overlaps++;
        busy.add(name);
        const version = versions.get(name) ?? 0;
        await new Promise((resolve) => setImmediate(resolve));
        noted.set(name, version);
        busy.delete(name);
        return version % 7 === 0 ? 20 : undefined;
      });
    }
    for (let round = 1; round <= 150; round++) {
      const names = Array.from({ length: 5 }, (_, i) => `k${(round * 7 + i * 3) % 11}`);
      for (const name of names) versions.set(name, round);
      await queue.add(names.map(key));
    }
    await eventually(() => expect(noted).toEqual(versions));
    expect(overlaps).toBe(0);
  });

  it('runs a key that waits for its time at once when it changes', async () => {
    const seen = runs();
    await queue.addAfter(key('x'), 600_000);
    work(seen, () => undefined);
    await queue.add([key('x')]);
    await eventually(() => expect(seen.ended).toEqual(['x']));
    expect(await queue.state()).toMatchObject({ delayed: 0 });
  });

  it('keeps the earlier of two times, whichever came first', async () => {
    const seen = runs();
    await queue.addAfter(key('late-then-early'), 600_000);
    await queue.addAfter(key('late-then-early'), 5);
    await queue.addAfter(key('early-then-late'), 5);
    await queue.addAfter(key('early-then-late'), 600_000);
    // Not before: the early one might be over when the late one comes.
    work(seen, () => undefined);
    await eventually(() => expect(seen.ended.sort()).toEqual(['early-then-late', 'late-then-early']));
    expect(await queue.state()).toMatchObject({ delayed: 0, waiting: 0 });
  });

  it('does not put off a key that waits to run now, or runs, for a later time', async () => {
    const seen = runs();
    const first = gate();
    await queue.add([key('x')]);
    await queue.addAfter(key('x'), 600_000);
    work(seen, () => (seen.began.length === 1 ? first.wait.then(() => undefined) : undefined));
    await eventually(() => expect(seen.began).toEqual(['x']));
    await queue.add([key('x')]);
    await queue.addAfter(key('x'), 600_000);
    first.open();
    await eventually(() => expect(seen.ended).toEqual(['x', 'x']));
    expect(await queue.state()).toMatchObject({ delayed: 0, waiting: 0 });
  });

  it('runs a key again after the time that its run asked for', async () => {
    const seen = runs();
    work(seen, () => (seen.began.length < 3 ? 10 : undefined));
    await queue.add([key('x')]);
    await eventually(() => expect(seen.ended).toEqual(['x', 'x', 'x']));
  });

  it('leaves nothing behind in Redis but its own bookkeeping', async () => {
    const seen = runs();
    work(seen, () => undefined);
    await queue.add(Array.from({ length: 300 }, (_, i) => key(`k${i}`)));
    await eventually(() => expect(seen.ended).toHaveLength(300));
    await eventually(async () => {
      const left = (await redis.keys('bull:test:*')).map((name) => name.slice('bull:test:'.length)).sort();
      expect(['events', 'id', 'marker', 'meta', 'stalled-check']).toEqual(expect.arrayContaining(left));
    });
    // Trimmed approximately, in whole nodes of 100 entries.
    expect(await redis.xlen('bull:test:events')).toBeLessThan(400);
  });

  it('is found to be lost by one caller alone, and keeps its log of events short from then on', async () => {
    await queue.add([key('a')]);
    await redis.flushall();
    expect(await queue.claimCanary()).toBe(true);
    expect(await redis.hget('bull:test:meta', 'opts.maxLenEvents')).toBe('100');
    expect(await new KeyQueue('test', connect()).claimCanary()).toBe(false);
  });

  it('ignores a job that it did not write', async () => {
    const seen = runs();
    work(seen, () => undefined);
    const foreign = new Queue('test', { connection: redis });
    await foreign.add('x', { some: 'thing' });
    await foreign.add('x', { controller: 'other', namespace: 'a', name: 'b' });
    await queue.add([key('after')]);
    await eventually(() => expect(seen.ended).toEqual(['after']));
    await eventually(async () => expect(await queue.state()).toMatchObject({ waiting: 0, active: 0 }));
    await foreign.close();
  });

  it('frees keys whose jobs fell out of every list when keys were deleted one by one', async () => {
    const seen = runs();
    await queue.add([key('x')]);
    await redis.del('bull:test:wait');
    await queue.add([key('x')]);
    expect(await queue.state()).toMatchObject({ waiting: 0 });
    expect(await queue.sweepOrphans()).toBe(1);
    await queue.add([key('x')]);
    work(seen, () => undefined);
    await eventually(() => expect(seen.ended).toEqual(['x']));
  });

  it('runs a key again whose process died over it, with the changes of the meantime', async () => {
    await queue.add([key('x')]);
    await dieOverAJob();
    await queue.add([key('x')]);
    const seen = runs();
    work(seen, () => undefined, { lockMs: 1_000 });
    await eventually(() => expect(seen.ended).toEqual(['x', 'x']));
    expect(seen.most).toBe(1);
  });

  it('sets a key aside for a while over which one process after the other dies', async () => {
    await queue.add([key('x')]);
    const seen = runs();
    const crashed: string[] = [];
    for (let deaths = 0; deaths < 3; deaths++) {
      await dieOverAJob();
      await stalledIsNoticed();
    }
    work(seen, () => undefined, {
      lockMs: 1_000,
      crashed: async ({ name }) => {
        crashed.push(name);
        return 20;
      },
    });
    await eventually(() => expect(crashed).toEqual(['x']));
    await eventually(() => expect(seen.ended).toEqual(['x']));
  });

  it('counts failures in a row, over processes', async () => {
    const other = new KeyQueue('test', connect());
    expect(await queue.countFailure(key('x'))).toBe(1);
    expect(await other.countFailure(key('x'))).toBe(2);
    await queue.forgetFailures(key('x'));
    expect(await other.countFailure(key('x'))).toBe(1);
    await other.close();
  });
});
