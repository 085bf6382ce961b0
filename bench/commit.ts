/**
 * `node bench/commit.ts`: the floors under every write and watch. The bare rate of the commit script, 64 in flight, beside a plain SET of the same
 * bytes; and the time from a commit to its event in a change reader, at 500 commits per second, over Redis, relay and NATS.
 */
import { fork } from 'node:child_process';
import { inspect } from 'node:util';
import { JetStreamChangeReader } from '@kubus/shared/changelog';
import type { KubeObject } from '@kubus/shared/object';
import { type Operation, Outbox, RedisStore } from '@kubus/shared/store';
import { eventually, startNats, startRedis } from '@kubus/testkit';
import { Redis } from 'ioredis';
import { connect } from 'nats';
import { Relay } from '../services/api/src/relay/index.ts';

const IN_FLIGHT = 64;
const pods = { group: '', resource: 'pods' };

/** About 1.5 KB, as the floors in docs were measured with. */
function object(name: string): KubeObject & { spec: unknown } {
  return {
    kind: 'Pod',
    apiVersion: 'v1',
    metadata: { name, namespace: 'default', uid: `00000000-0000-0000-0000-${name.padStart(12, '0')}` },
    spec: { filler: 'x'.repeat(1_350) },
  };
}

function creation(name: string): Operation {
  return { type: 'create', key: { ...pods, namespace: 'default', name }, object: object(name) };
}

/** Keeps `IN_FLIGHT` calls under way for `ms`; calls per second. */
async function rate(ms: number, call: (n: number) => Promise<unknown>): Promise<number> {
  let done = 0;
  let next = 0;
  const end = performance.now() + ms;
  const began = performance.now();
  const worker = async (): Promise<void> => {
    while (performance.now() < end) {
      await call(next++);
      done++;
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
  return Math.round((done / (performance.now() - began)) * 1_000);
}

interface CommitRate {
  appendfsync: 'no' | 'everysec' | 'always';
  commitsPerSecond: number;
  batchedPerSecond: number;
  setsPerSecond: number;
}

/** The script alone: no relay, no readers. */
async function commitRate(appendfsync: CommitRate['appendfsync'], ms = 3_000): Promise<CommitRate> {
  const server = await startRedis({ appendfsync });
  const store = await RedisStore.connect({ url: server.url });
  const redis = new Redis(server.url);
  try {
    await rate(500, (n) => store.commit([creation(`warm-${n}`)]));
    const commitsPerSecond = await rate(ms, (n) => store.commit([creation(`p-${n}`)]));
    const tens = await rate(ms / 2, (n) =>
      store.commit(
        Array.from({ length: 10 }, (_, i) => creation(`b-${n}-${i}`)),
        { atomic: false },
      ),
    );
    const text = JSON.stringify(object('plain'));
    const setsPerSecond = await rate(ms, (n) => redis.set(`plain-${n}`, text));
    return { appendfsync, commitsPerSecond, batchedPerSecond: tens * 10, setsPerSecond };
  } finally {
    redis.disconnect();
    await store.close();
    await server.stop();
  }
}

interface CommitLatency {
  perSecond: number;
  seen: number;
  p50: number;
  p99: number;
}

/** From just before the commit to the event in the reader, which runs in a process of its own; milliseconds. */
async function commitToReader(perSecond = 500, seconds = 5): Promise<CommitLatency> {
  const [redis, nats] = await Promise.all([startRedis({ appendfsync: 'everysec' }), startNats()]);
  const env = { ...process.env, BENCH_REDIS: redis.url, BENCH_NATS: nats.url };
  const relay = fork(import.meta.filename, ['relay'], { env });
  const reader = fork(import.meta.filename, ['reader'], { env });
  const ready = new Promise<void>((resolve) => reader.once('message', () => resolve()));
  const store = await RedisStore.connect({ url: redis.url });
  try {
    await store.commit([creation('warm')]);
    await ready;
    const began = new Map<number, number>();
    const arrived = new Map<number, number>();
    reader.on('message', (seen: [number, number][]) => {
      for (const [revision, at] of seen) arrived.set(revision, at);
    });
    await paced(perSecond, seconds, async (n) => {
      const at = wallClock();
      const [result] = await store.commit([creation(`p-${n}`)]);
      if (result?.ok === true) began.set(result.revision, at);
    });
    await eventually(() => {
      if (arrived.size < began.size) throw new Error(`${arrived.size} of ${began.size} changes arrived`);
    }, 30_000);
    const latencies = [...began]
      .map(([revision, at]) => (arrived.get(revision) ?? Number.NaN) - at)
      .sort((a, b) => a - b);
    const at = (q: number): number => Number((latencies[Math.floor(latencies.length * q)] ?? Number.NaN).toFixed(2));
    return { perSecond, seen: latencies.length, p50: at(0.5), p99: at(0.99) };
  } finally {
    relay.kill();
    reader.kill();
    await store.close();
    await Promise.all([redis.stop(), nats.stop()]);
  }
}

/** Comparable between processes of one machine. */
function wallClock(): number {
  return performance.timeOrigin + performance.now();
}

async function paced(perSecond: number, seconds: number, call: (n: number) => Promise<void>): Promise<void> {
  const began = performance.now();
  const calls: Promise<void>[] = [];
  const total = perSecond * seconds;
  while (calls.length < total) {
    const due = Math.min(total, Math.floor(((performance.now() - began) / 1_000) * perSecond));
    while (calls.length < due) calls.push(call(calls.length));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(calls);
}

const { BENCH_REDIS = '', BENCH_NATS = '' } = process.env;

async function runRelay(): Promise<void> {
  const log = {
    info: () => undefined,
    warn: (facts: object, message: string) => process.emitWarning(`${message} ${inspect(facts)}`),
  };
  const connection = await connect({ servers: BENCH_NATS });
  new Relay({ outbox: new Outbox({ url: BENCH_REDIS }), connection, log }).start();
}

async function runReader(): Promise<void> {
  const connection = await connect({ servers: BENCH_NATS });
  const store = await RedisStore.connect({ url: BENCH_REDIS, readOnly: true });
  const reader = new JetStreamChangeReader({ connection, store });
  let seen: [number, number][] = [];
  // Told now and then, so that the telling is not what is measured.
  setInterval(() => {
    if (seen.length > 0) process.send?.(seen);
    seen = [];
  }, 200);
  await reader.read(pods, 0, {
    onChange: ({ revision, object: { metadata } }) => {
      const at = wallClock();
      if (metadata.name === 'warm') process.send?.([]);
      else seen.push([revision, at]);
    },
    onProgress: () => undefined,
    onLost: (reason) => process.emitWarning(reason),
  });
}

async function main(): Promise<void> {
  const print = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);
  for (const appendfsync of ['no', 'everysec', 'always'] as const) print(await commitRate(appendfsync));
  print(await commitToReader(500));
  print(await commitToReader(5_000));
}

if (import.meta.main) {
  const role = process.argv[2];
  await (role === 'relay' ? runRelay() : role === 'reader' ? runReader() : main());
}
