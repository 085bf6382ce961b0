import { bootstrap } from '@kubus/shared/bootstrap';
import type { ClusterRecord, Layout } from './layout.ts';

/** Secrets and configuration of a local cluster; those that exist are kept. */
export async function prepareState(layout: Layout, record: ClusterRecord): Promise<void> {
  const redisUrl = process.env['REDIS_URL'];
  await bootstrap({
    dir: layout.state,
    apiUrl: `https://127.0.0.1:${record.apiPort}`,
    redisAddress: `127.0.0.1:${record.redisPort}`,
    ...(redisUrl === undefined ? {} : { redisUrl }),
    nats: { listen: `127.0.0.1:${record.natsPort}`, storeDir: layout.natsData },
    kubeconfig: layout.kubeconfig,
  });
}
