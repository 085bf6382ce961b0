import { bootstrap } from '@kubus/shared/bootstrap';
import type { ClusterRecord, Layout } from './layout.ts';
import type { ServerProgram } from './prerequisites.ts';
import { redisSocket } from './programs.ts';

/** Secrets and configuration of a local cluster; those that exist are kept. `redis`: how its own Redis is run, if it has one. */
export async function prepareState(
  layout: Layout,
  record: ClusterRecord,
  redis: ServerProgram | undefined,
): Promise<void> {
  const redisUrl = process.env['REDIS_URL'];
  await bootstrap({
    dir: layout.state,
    apiUrl: `https://127.0.0.1:${record.apiPort}`,
    redisAddress: `127.0.0.1:${record.redisPort}`,
    redisSocket: redis?.kind === 'path' ? redisSocket(layout) : undefined,
    ...(redisUrl === undefined ? {} : { redisUrl }),
    nats: { listen: `127.0.0.1:${record.natsPort}`, storeDir: layout.natsData },
    kubeconfig: layout.kubeconfig,
  });
}
