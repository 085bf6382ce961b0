import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bootstrap } from '@kubus/shared/bootstrap';
import type { Service } from '@kubus/shared/lifecycle';
import { parseSettings } from '@kubus/shared/settings';
import { type Logger, silentLogger } from '@kubus/shared/telemetry';
import { freePort, startNats, startRedis, type TestServer } from '@kubus/testkit';
import { Kubectl } from '../http/testing/kubectl.ts';
import { apiSettings, start } from '../index.ts';

export interface TestApi {
  url: string;
  redis: TestServer;
  nats: TestServer;
  /** State folder, as the bootstrap writes it. */
  dir: string;
  kubeconfig: string;
  /** As kubernetes-admin. */
  kubectl: Kubectl;
  /** Further replicas of the api, over the same state; gives its URL. */
  replica(): Promise<string>;
  stop(): Promise<void>;
}

export interface TestApiOptions {
  /** Further settings. */
  env?: Record<string, string>;
  /** Default: nothing is logged. */
  log?: Logger;
}

/** The whole api service over real servers with all of their authentication on, from a bootstrapped folder. */
export async function startApi(options: TestApiOptions = {}): Promise<TestApi> {
  const dir = await mkdtemp(join(tmpdir(), 'kubus-api-'));
  const port = await freePort();
  const url = `https://127.0.0.1:${port}`;
  await bootstrap({
    dir,
    apiUrl: url,
    redisAddress: '127.0.0.1:6379',
    nats: { listen: '127.0.0.1:4222', storeDir: dir },
  });
  const [redis, nats] = await Promise.all([
    startRedis({ appendfsync: 'everysec', args: ['--aclfile', join(dir, 'redis', 'users.acl')] }),
    startNats({ config: await authorityOf(dir) }),
  ]);
  const services: Service[] = [];
  const replica = async (at: number): Promise<string> => {
    const own = `https://127.0.0.1:${at}`;
    services.push(await startReplica({ dir, redis, nats, port: at, ...options }));
    return own;
  };
  await replica(port);
  const kubeconfig = join(dir, 'cli', 'kubeconfig');
  return {
    url,
    redis,
    nats,
    dir,
    kubeconfig,
    kubectl: Kubectl.over(kubeconfig),
    replica: async () => replica(await freePort()),
    stop: async () => {
      for (const service of services.reverse()) await service.stop();
      await Promise.all([redis.stop(), nats.stop()]);
      await rm(dir, { recursive: true, force: true, maxRetries: 10 });
    },
  };
}

function startReplica(
  at: { dir: string; redis: TestServer; nats: TestServer; port: number } & TestApiOptions,
): Promise<Service> {
  const settings = parseSettings(apiSettings, {
    KUBUS_STATE_DIR: join(at.dir, 'services', 'api'),
    KUBUS_REDIS_ADDRESS: `127.0.0.1:${at.redis.port}`,
    NATS_URL: at.nats.url,
    KUBUS_API_LISTEN: `127.0.0.1:${at.port}`,
    ...at.env,
  });
  const fatal = (error: unknown): void => {
    throw error;
  };
  return start(settings, { service: 'api', instance: `test-${at.port}`, log: at.log ?? silentLogger(), fatal });
}

/** The part of nats-server's configuration that says who may do what; address and store are the test's own. */
async function authorityOf(dir: string): Promise<string> {
  const config = await readFile(join(dir, 'nats', 'nats.conf'), 'utf8');
  return config
    .split('\n')
    .filter((line) => !/^(listen|jetstream|max_payload)\b/.test(line))
    .join('\n');
}
