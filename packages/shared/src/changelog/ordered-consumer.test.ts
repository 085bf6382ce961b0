import { eventually, startNats, type TestServer } from '@kubus/testkit';
import { connect, type NatsConnection } from 'nats';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { OrderedConsumer } from './ordered-consumer.ts';
import { ChangeStream, changeStream } from './stream.ts';

const subject = 'kubus.changes.core.pods.default.web';

let nats: TestServer;
let connection: NatsConnection;
beforeAll(async () => {
  nats = await startNats();
  connection = await connect({ servers: nats.url });
});
afterAll(async () => {
  await connection?.close();
  await nats?.stop();
});

let stream: ChangeStream;
let seen: [sequence: number, text: string][];
let broken: string[];
beforeEach(async () => {
  [seen, broken] = [[], []];
  stream = new ChangeStream(connection);
  await (await stream.manager()).streams.delete(changeStream).catch(() => undefined);
  await stream.create('e', 1);
});
afterEach(() => vi.restoreAllMocks());

const handlers = {
  onMessage: (_: string, sequence: number, data: Uint8Array) =>
    void seen.push([sequence, Buffer.from(data).toString()]),
  onBroken: (reason: string) => void broken.push(reason),
};
const options = { filter: 'kubus.changes.core.pods.>', from: 2, heartbeatMs: 60_000 };

async function publish(...texts: string[]): Promise<void> {
  for (const text of texts) await connection.jetstream().publish(subject, text);
}

it('delivers from a sequence on, each message once and in order', async () => {
  await publish('a', 'b');
  const consumer = await OrderedConsumer.start(connection, stream, handlers, options);
  await publish('c');
  await eventually(() =>
    expect(seen).toEqual([
      [2, 'b'],
      [3, 'c'],
    ]),
  );
  await consumer.stop();
  expect(broken).toEqual([]);
});

it('is broken, once, when the server has fallen silent', async () => {
  await OrderedConsumer.start(connection, stream, handlers, { ...options, heartbeatMs: 100 });
  const { consumers } = await stream.manager();
  for await (const { name } of consumers.list(changeStream)) await consumers.delete(changeStream, name);
  await eventually(() => expect(broken).toEqual(['no heartbeat']));
});

it('that is broken while it starts listens for no heartbeat, and says so no second time', async () => {
  const manager = await stream.manager();
  const add = manager.consumers.add.bind(manager.consumers);
  vi.spyOn(manager.consumers, 'add').mockImplementation(async (name, config) => {
    const made = await add(name, config);
    connection.publish(String(config.deliver_subject), 'from nobody');
    await eventually(() => expect(broken).toEqual(['missed a delivery']));
    return made;
  });
  const timers = vi.spyOn(globalThis, 'setInterval');
  const consumer = await OrderedConsumer.start(connection, stream, handlers, options);
  expect(timers.mock.calls.filter(([, delay]) => delay === options.heartbeatMs / 2)).toEqual([]);
  await publish('a', 'b');
  await consumer.stop();
  expect([seen, broken]).toEqual([[], ['missed a delivery']]);
  expect(await manager.consumers.list(changeStream).next()).toEqual([]);
});
