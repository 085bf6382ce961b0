import { startNats, type TestServer } from '@kubus/testkit';
import { connect, type NatsConnection } from 'nats';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { ChangePublisher, PublishError } from './publisher.ts';
import { ChangeStream, type ChangeStreamState, changeStream } from './stream.ts';

const subject = 'kubus.changes.core.pods.default.web';

let nats: TestServer;
let connection: NatsConnection;
let stream: ChangeStreamState;

beforeAll(async () => {
  nats = await startNats();
  connection = await connect({ servers: nats.url });
});
afterAll(async () => {
  await connection.close();
  await nats.stop();
});

beforeEach(async () => {
  const changes = new ChangeStream(connection);
  const manager = await changes.manager();
  await manager.streams.delete(changeStream).catch(() => undefined);
  stream = await changes.create('e', 11);
});

function publish(publisher: ChangePublisher, revisions: number): void {
  for (let i = 1; i <= revisions; i++) publisher.publish(subject, Buffer.from(`{"n":${i}}`), i === revisions);
}

it('learns from the acknowledgement of the last of a burst that all of it was taken', async () => {
  const publisher = new ChangePublisher(connection, stream);
  publish(publisher, 50);
  await publisher.flush();
  expect(publisher.acked).toBe(stream.last + 50);
  expect(await new ChangeStream(connection).state()).toMatchObject({ last: stream.last + 50 });
  publisher.stop();
});

it('refuses a burst of which a message in the middle was lost', async () => {
  const publisher = new ChangePublisher(connection, stream);
  publisher.publish(subject, Buffer.from('{}'), false);
  publisher.publish('nobody.keeps.this', Buffer.from('{}'), false);
  publisher.publish(subject, Buffer.from('{}'), true);
  await expect(publisher.flush()).rejects.toThrow(PublishError);
  expect(publisher.acked).toBe(stream.last);
  publisher.stop();
});
