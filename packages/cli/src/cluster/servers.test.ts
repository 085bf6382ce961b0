import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { freePort } from '@kubus/testkit';
import { describe, expect, it } from 'vitest';
import { createProgress } from './progress.ts';
import { natsAddress, redisAddress, waitAloud, waitForServer } from './servers.ts';

const record = { natsPort: 14_222, redisPort: 16_379 };

describe('where a server is', () => {
  it('is what the environment says, else the cluster, without credentials', () => {
    const texts = (env: NodeJS.ProcessEnv) => [natsAddress(record, env).text, redisAddress(record, env).text];
    expect(texts({})).toEqual(['NATS at 127.0.0.1:14222', 'Redis at 127.0.0.1:16379']);
    expect(texts({ NATS_URL: 'nats://token@bus:5000, nats://b', REDIS_URL: 'rediss://me:secret@[::1]/2' })).toEqual([
      'NATS at bus:5000 and others (NATS_URL)',
      'Redis at [::1]:6379 (REDIS_URL)',
    ]);
    expect(texts({ NATS_URL: 'bus', REDIS_URL: 'state:7000' })).toEqual([
      'NATS at bus:4222 (NATS_URL)',
      'Redis at state:7000 (REDIS_URL)',
    ]);
  });

  it('is refused when the setting names none, without saying what it holds', () => {
    expect(() => redisAddress(record, { REDIS_URL: 'redis://:secret' })).toThrow(
      'REDIS_URL names no server: expected redis://HOST:PORT',
    );
    expect(() => natsAddress(record, { NATS_URL: '' })).toThrow('NATS_URL names no server: expected nats://HOST:PORT');
  });
});

it('says what is waited for when it takes long, and goes on waiting', async () => {
  let said = '';
  const late = Promise.withResolvers<string>();
  const progress = createProgress((text) => {
    said += text;
    late.resolve('it came');
  });
  expect(await waitAloud(() => 'NATS at bus:4222', progress, late.promise, 0)).toBe('it came');
  expect(await waitAloud(() => 'Redis', progress, Promise.resolve('at once'), 0)).toBe('at once');
  expect(said).toBe('  still waiting for NATS at bus:4222\n');
});

it('waits until a server takes connections, and no longer than it may', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const address = { host: '127.0.0.1', port, text: 'Redis at 127.0.0.1' };
  await waitForServer(address, Date.now() + 60_000);
  server.close();
  await expect(waitForServer({ ...address, port: await freePort() }, 0)).rejects.toThrow(
    'Redis at 127.0.0.1 cannot be reached',
  );
});
