import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createCreds } from '@kubus/shared/bootstrap';
import { connectBus } from '@kubus/shared/bus';
import { Redis } from 'ioredis';
import type { TestApi } from './start-api.ts';

/** Everything in Redis whose key ends like this, as it lies there. */
export async function redisText(api: TestApi, of = ''): Promise<string> {
  const url = (await readFile(join(api.dir, 'services', 'api', 'redis.url'), 'utf8')).trim();
  const redis = new Redis(url.replace(/@.*$/, `@127.0.0.1:${api.redis.port}`));
  const texts: unknown[] = [];
  for (const key of await redis.keys(`*${of}`)) {
    const type = await redis.type(key);
    if (type === 'hash') texts.push(key, await redis.hgetall(key));
    else if (type === 'stream') texts.push(key, await redis.xrange(key, '-', '+'));
    else if (type === 'zset') texts.push(key, await redis.zrange(key, '0', '-1'));
    else if (type === 'set') texts.push(key, await redis.smembers(key));
    else if (type === 'string') texts.push(key, await redis.get(key));
    else texts.push(key, await redis.lrange(key, 0, -1));
  }
  redis.disconnect();
  return JSON.stringify(texts);
}

/** Everything that a JetStream stream holds, as it lies there. */
export async function streamText(api: TestApi, stream: string): Promise<string> {
  const seed = await readFile(join(api.dir, 'services', 'api', 'nats-account.seed'), 'utf8');
  const creds = await createCreds(seed, { kind: 'service', name: 'api' });
  const connection = await connectBus({ servers: api.nats.url, creds, identity: { kind: 'service', name: 'api' } });
  const texts: string[] = [];
  const manager = await connection.jetstreamManager();
  const { state } = await manager.streams.info(stream);
  for (let seq = state.first_seq; seq <= state.last_seq; seq++) {
    const message = await manager.streams.getMessage(stream, { seq }).catch(() => undefined);
    if (message !== undefined) texts.push(`${message.subject} ${message.string()}`);
  }
  await connection.close();
  return texts.join('\n');
}
