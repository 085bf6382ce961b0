import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connectBus } from '@kubus/shared/bus';
import type { Cluster } from '../cluster.ts';

/** How many consumers the change log has, durable ones and those of readers. */
export async function countConsumers(cluster: Cluster): Promise<number> {
  const record = await readFile(join(cluster.stateDir, 'cluster.json'), 'utf8');
  const { natsPort } = JSON.parse(record) as { natsPort: number };
  const connection = await connectBus({
    servers: `nats://127.0.0.1:${natsPort}`,
    creds: await readFile(join(cluster.stateDir, 'state/services/api/nats.creds'), 'utf8'),
    identity: { kind: 'service', name: 'api' },
  });
  try {
    const manager = await connection.jetstreamManager({ checkAPI: false });
    return (await manager.streams.info('KUBUS_CHANGES')).state.consumer_count;
  } finally {
    await connection.close();
  }
}
