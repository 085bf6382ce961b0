import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type BootstrapOptions,
  bootstrap,
  createCreds,
  type NatsAuthority,
  type Principal,
} from '@kubus/shared/bootstrap';
import { connectBus } from '@kubus/shared/bus';
import type { NatsConnection } from 'nats';
import { startServer, type TestServer } from './servers.ts';

/** NATS and Redis as a bootstrapped cluster runs them: nobody gets in without credentials, and each only where its permissions let it. */
export interface SecuredServers {
  /** The state folder that the bootstrap wrote. */
  readonly dir: string;
  readonly nats: TestServer;
  readonly redis: TestServer;
  /** Content of a .creds file for a principal. */
  creds(principal: Principal): Promise<string>;
  /** A connection with a principal's own credentials; closed with the servers. */
  connect(principal: Principal): Promise<NatsConnection>;
  /** Redis as a service sees it. */
  redisUrl(service: 'api' | 'scheduler' | 'controller-manager'): Promise<string>;
  stop(): Promise<void>;
}

export async function startSecured(): Promise<SecuredServers> {
  const dir = await mkdtemp(join(tmpdir(), 'kubus-state-'));
  const options = (redisPort: number, natsPort: number, storeDir: string): BootstrapOptions => ({
    dir,
    apiUrl: 'https://127.0.0.1:6443',
    redisAddress: `127.0.0.1:${redisPort}`,
    nats: { listen: `127.0.0.1:${natsPort}`, storeDir },
  });
  const redis = await startServer('redis', async (port, data) => {
    await bootstrap(options(port, 0, data));
    const acl = ['--aclfile', join(dir, 'redis', 'users.acl')];
    const args = [
      '--port',
      `${port}`,
      '--bind',
      '127.0.0.1',
      '--dir',
      data,
      '--save',
      '',
      '--appendonly',
      'yes',
      ...acl,
    ];
    return { command: 'redis-server', args, url: `redis://127.0.0.1:${port}` };
  });
  const nats = await startServer('nats', async (port, data) => {
    await bootstrap(options(redis.port, port, data));
    return { command: 'nats-server', args: ['-c', join(dir, 'nats', 'nats.conf')], url: `nats://127.0.0.1:${port}` };
  });
  const authority = JSON.parse(await readFile(join(dir, 'authority', 'nats.json'), 'utf8')) as NatsAuthority;
  const open: NatsConnection[] = [];
  const creds = (principal: Principal) => createCreds(authority.accountSeed, principal);
  return {
    dir,
    nats,
    redis,
    creds,
    connect: async (principal) => {
      const connection = await connectBus({
        servers: nats.url,
        identity: principal,
        creds: await creds(principal),
        reconnectMs: 20,
      });
      open.push(connection);
      return connection;
    },
    redisUrl: async (service) => (await readFile(join(dir, 'services', service, 'redis.url'), 'utf8')).trim(),
    stop: async () => {
      for (const connection of open) await connection.close();
      await nats.stop();
      await redis.stop();
      await rm(dir, { recursive: true, force: true, maxRetries: 10 });
    },
  };
}
