import { once } from 'node:events';
import { connect } from 'node:net';
import { startNats } from '@kubus/testkit';
import { expect, it } from 'vitest';
import { natsConfig, redisConfig } from './server-config.ts';

it('a client that has stopped is taken off the bus after half a minute, not six, whatever it had subscribed to', async () => {
  // Here in a tenth of the time.
  const trust = { operatorJwt: '', accounts: [], systemAccount: '' };
  const config = natsConfig(trust, { listen: '', storeDir: '' })
    .split('\n')
    .filter((line) => /^ping_/.test(line))
    .map((line) => line.replace(/^ping_interval: "10s"$/, 'ping_interval: "1s"'));
  expect(config).toEqual(['ping_interval: "1s"', 'ping_max: 2']);
  const server = await startNats({ config: config.join('\n') });
  const stopped = connect(server.port, '127.0.0.1');
  try {
    stopped.on('error', () => undefined).resume();
    stopped.write('CONNECT {}\r\nSUB kubus.api.> api 1\r\n');
    const [hadError] = await once(stopped, 'close', { signal: AbortSignal.timeout(100_000) });
    expect(hadError).toBe(false);
  } finally {
    stopped.destroy();
    await server.stop();
  }
});

it('Redis keeps everything, and rewrites its file from 256 MB on', () => {
  const lines = redisConfig({ aclFile: '/acl', dir: '/data', bind: '0.0.0.0', port: 6379 }).split('\n');
  expect(lines).toEqual(
    expect.arrayContaining(['appendonly yes', 'auto-aof-rewrite-min-size 256mb', 'maxmemory-policy noeviction']),
  );
});
