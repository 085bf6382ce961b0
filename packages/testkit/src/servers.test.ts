import { Redis } from 'ioredis';
import { connect } from 'nats';
import { expect, it } from 'vitest';
import { startNats, startRedis } from './index.ts';

it('starts a Redis that keeps what it acknowledged over kill -9', async () => {
  const server = await startRedis();
  const redis = new Redis(server.url);
  await redis.set('a', '1');
  await server.restart();
  expect(await redis.get('a')).toBe('1');
  redis.disconnect();
  await server.stop();
});

it('starts a NATS with JetStream', async () => {
  const server = await startNats();
  const nc = await connect({ servers: server.url });
  const info = await (await nc.jetstreamManager()).getAccountInfo();
  expect(info.streams).toBe(0);
  await nc.close();
  await server.stop();
});
