import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  commonSettings,
  duration,
  flag,
  hostAndPort,
  parseSettings,
  resolveConnections,
  resolveStateConnections,
  SettingsError,
  wholeNumber,
} from './index.ts';

const schema = z.object({
  ...commonSettings,
  PERIOD: duration.default(40_000),
  NODES: wholeNumber(1, 10).optional(),
  ON: flag.optional(),
});

describe('settings', () => {
  it('take defaults for what is absent or empty', () => {
    const settings = parseSettings(schema, { NATS_URL: '', NODES: '3', ON: 'true', OTHER: 'x' });
    expect(settings).toMatchObject({
      NATS_URL: 'nats://127.0.0.1:4222',
      KUBUS_LOG_LEVEL: 'info',
      PERIOD: 40_000,
      NODES: 3,
      ON: true,
    });
    expect(settings).not.toHaveProperty('OTHER');
  });

  it('are refused with every problem at once, and without their values', () => {
    const bad = {
      KUBUS_LOG_LEVEL: 'loud',
      PERIOD: '3 fortnights',
      NODES: '11',
      ON: 'yes',
      KUBUS_REDIS_ADDRESS: 'secret',
    };
    const error = (() => {
      try {
        parseSettings(schema, bad);
      } catch (thrown) {
        return thrown;
      }
      return undefined;
    })();
    expect(error).toBeInstanceOf(SettingsError);
    const { message, problems } = error as SettingsError;
    expect(problems.map((problem) => problem.split(':')[0]).sort()).toEqual([
      'KUBUS_LOG_LEVEL',
      'KUBUS_REDIS_ADDRESS',
      'NODES',
      'ON',
      'PERIOD',
    ]);
    expect(message).not.toContain('secret');
  });

  it.each([
    ['40s', 40_000],
    ['1m30s', 90_000],
    ['300ms', 300],
    ['1.5h', 5_400_000],
  ])('read the duration %s', (text, ms) => expect(duration.parse(text)).toBe(ms));

  it('read addresses, also of IPv6', () => {
    expect(hostAndPort.parse('127.0.0.1:6443')).toEqual({ host: '127.0.0.1', port: 6443 });
    expect(hostAndPort.parse('[::1]:80')).toEqual({ host: '::1', port: 80 });
    for (const text of ['::1:80', 'host', 'host:99999', ':80']) expect(hostAndPort.safeParse(text).success).toBe(false);
  });
});

describe('connections', () => {
  it('come from the state folder, Redis at the address it has here', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'kubus-settings-'));
    await writeFile(join(dir, 'nats.creds'), 'creds');
    await writeFile(join(dir, 'redis.url'), 'redis://api:pw@127.0.0.1:1?path=%2Frun%2Fredis.sock\n');
    const settings = parseSettings(schema, {
      KUBUS_STATE_DIR: dir,
      KUBUS_REDIS_ADDRESS: 'redis:6379',
      NATS_URL: 'nats://a, nats://b',
    });
    expect(await resolveConnections(settings)).toEqual({
      natsUrls: ['nats://a', 'nats://b'],
      natsCreds: 'creds',
      redisUrl: 'redis://api:pw@redis:6379',
      queueRedisUrl: 'redis://api:pw@redis:6379',
    });
  });

  it('named outright go before the state folder', async () => {
    const settings = parseSettings(schema, {
      REDIS_URL: 'redis://x:1',
      KUBUS_REDIS_ADDRESS: 'y:2',
      KUBUS_QUEUE_REDIS_URL: 'redis://q:1',
    });
    expect(await resolveConnections(settings)).toMatchObject({ redisUrl: 'redis://x:1', queueRedisUrl: 'redis://q:1' });
  });

  it('are refused when a file that was named is not there', async () => {
    const settings = parseSettings(schema, { KUBUS_NATS_CREDS: '/nowhere/x.creds' });
    await expect(resolveConnections(settings)).rejects.toThrow('KUBUS_NATS_CREDS: /nowhere/x.creds does not exist');
    const unnamed = parseSettings(schema, { KUBUS_STATE_DIR: '/nowhere' });
    await expect(resolveConnections(unnamed)).resolves.toEqual({ natsUrls: ['nats://127.0.0.1:4222'] });
    await expect(resolveStateConnections(unnamed)).rejects.toThrow('REDIS_URL');
  });
});
