import { connect, StorageType } from 'nats';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually, type NatsCluster, startNatsCluster } from './index.ts';

let cluster: NatsCluster;
beforeAll(async () => {
  cluster = await startNatsCluster();
});
afterAll(() => cluster?.stop());

it('keeps three copies of a stream, chooses another leader when that of one is cut off, and is whole again afterwards', async () => {
  const connection = await connect({ servers: [...cluster.urls], maxReconnectAttempts: -1, reconnectTimeWait: 50 });
  const manager = await connection.jetstreamManager({ checkAPI: false });
  const { cluster: made } = await manager.streams.add({
    name: 'S',
    subjects: ['s'],
    num_replicas: 3,
    storage: StorageType.File,
  });
  const leader = Number(made?.leader?.slice(1));
  for (const wire of cluster.wiresOf(leader)) wire.cut();
  const publish = () => connection.jetstream({ timeout: 1_000 }).publish('s', 'x');
  await eventually(publish, 30_000);
  const after = await eventually(() => manager.streams.info('S'), 30_000);
  expect(after.cluster?.leader).not.toBe(made?.leader);
  for (const wire of cluster.wiresOf(leader)) wire.mend();
  await cluster.settled();
  await connection.close();
});
