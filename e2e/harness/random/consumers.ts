import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connectBus } from '@kubus/shared/bus';
import type { JetStreamManager } from 'nats';
import type { Cluster } from '../cluster.ts';

/** Consumers of the change log that nobody is subscribed to, with how many messages wait for each. */
export function idleConsumers(cluster: Cluster): Promise<string[]> {
  return withJetStream(cluster, async (manager) => {
    const idle: string[] = [];
    for await (const info of manager.consumers.list('KUBUS_CHANGES')) {
      const { name, config, push_bound: bound, num_pending: waiting } = info;
      if (bound !== true) idle.push(`${name} ${config.filter_subject} (${waiting} wait)`);
    }
    return idle;
  });
}

/** Asks the cluster's JetStream, as its api may. */
export async function withJetStream<T>(cluster: Cluster, ask: (manager: JetStreamManager) => Promise<T>): Promise<T> {
  const record = await readFile(join(cluster.stateDir, 'cluster.json'), 'utf8');
  const { natsPort } = JSON.parse(record) as { natsPort: number };
  const connection = await connectBus({
    servers: `nats://127.0.0.1:${natsPort}`,
    creds: await readFile(join(cluster.stateDir, 'state/services/api/nats.creds'), 'utf8'),
    identity: { kind: 'service', name: 'api' },
  });
  try {
    return await ask(await connection.jetstreamManager({ checkAPI: false }));
  } finally {
    await connection.close();
  }
}
