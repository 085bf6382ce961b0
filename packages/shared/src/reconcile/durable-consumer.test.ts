import { eventually, startNats, type TestServer } from '@kubus/testkit';
import { connect, type NatsConnection } from 'nats';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { DurableConsumer, type DurableConsumerOptions } from './durable-consumer.ts';
import { silentLog } from './log.ts';

let server: TestServer;
let nc: NatsConnection;
const open: DurableConsumer[] = [];
const connections: NatsConnection[] = [];

beforeEach(async () => {
  server = await startNats();
  nc = await dial();
  await addStream();
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((consumer) => consumer.stop()));
  await Promise.all(connections.splice(0).map((connection) => connection.close()));
  await server.stop();
});

async function dial(): Promise<NatsConnection> {
  const connection = await connect({ servers: server.url, reconnectTimeWait: 50, maxReconnectAttempts: -1 });
  connections.push(connection);
  return connection;
}

async function addStream(): Promise<void> {
  await (await nc.jetstreamManager()).streams.add({ name: 'S', subjects: ['s.>'] });
}

async function consume(got: string[], options: Partial<DurableConsumerOptions> = {}): Promise<DurableConsumer> {
  const consumer = new DurableConsumer({
    connection: await dial(),
    stream: 'S',
    name: 'c',
    filter: 's.a.>',
    log: silentLog,
    retryMs: 20,
    onMessages: async (messages) => {
      got.push(...messages.map((message) => message.string()));
    },
    onCreated: () => undefined,
    ...options,
  });
  await consumer.start();
  open.push(consumer);
  return consumer;
}

async function publish(from: number, to: number): Promise<string[]> {
  const texts = Array.from({ length: to - from }, (_, i) => `${from + i}`);
  await Promise.all(texts.map((text) => nc.jetstream({ timeout: 5_000 }).publish(`s.a.${text}`, text)));
  return texts;
}

const numerically = (a: string, b: string) => Number(a) - Number(b);

it('gives each message to one of those who share the consumer', async () => {
  const one: string[] = [];
  const two: string[] = [];
  await consume(one);
  await consume(two);
  const sent = await publish(0, 1000);
  await nc.jetstream().publish('s.other', 'x');
  await eventually(() => expect([...one, ...two].sort(numerically)).toEqual(sent));
  expect(Math.min(one.length, two.length)).toBeGreaterThan(0);
});

it('goes on where it was left', async () => {
  const got: string[] = [];
  const first = await consume(got);
  await publish(0, 10);
  await eventually(() => expect(got).toHaveLength(10));
  await first.stop();
  await publish(10, 20);
  await consume(got);
  await eventually(() => expect(got.sort(numerically).at(-1)).toBe('19'));
  expect(new Set(got).size).toBe(20);
});

it('brings messages again that could not be handled', async () => {
  const got: string[] = [];
  let failures = 1;
  await consume(got, {
    onMessages: async (messages) => {
      if (failures-- > 0) throw new Error('not now');
      got.push(...messages.map((message) => message.string()));
    },
  });
  await publish(0, 1);
  await eventually(() => expect(got).toEqual(['0']));
});

it('goes on when the handling of some never ends, and brings those again', async () => {
  const got: string[] = [];
  let calls = 0;
  await consume(got, {
    ackWaitMs: 500,
    onMessages: async (messages) => {
      if (calls++ === 0) await new Promise(() => undefined);
      got.push(...messages.map((message) => message.string()));
    },
  });
  await publish(0, 1);
  await eventually(() => expect(calls).toBe(1));
  await publish(1, 2);
  await eventually(() => expect(new Set(got)).toEqual(new Set(['0', '1'])));
});

it('survives a restart of the server', async () => {
  const got: string[] = [];
  await consume(got);
  await publish(0, 5);
  await eventually(() => expect(got).toHaveLength(5));
  await server.restart();
  await eventually(() => publish(5, 10));
  await eventually(() => expect(new Set(got).size).toBe(10));
});

it('says so and makes a new consumer when the stream was deleted, and when there is none yet', async () => {
  const got: string[] = [];
  let created = 0;
  const { streams } = await nc.jetstreamManager();
  await streams.delete('S');
  await consume(got, { onCreated: () => created++ });
  expect(created).toBe(0);
  await addStream();
  await eventually(() => expect(created).toBe(1));
  await publish(0, 1);
  await eventually(() => expect(got).toEqual(['0']));
  await streams.delete('S');
  await addStream();
  await eventually(() => expect(created).toBe(2));
  await publish(1, 2);
  await eventually(() => expect(got).toEqual(['0', '1']));
});
