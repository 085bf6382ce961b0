import type { JetStreamManager } from 'nats';

/** Gives a stream that is there as many copies as the setting says now. Throws where the servers are too few. */
export async function keepReplicas(manager: JetStreamManager, stream: string, replicas: number): Promise<void> {
  const { config } = await manager.streams.info(stream);
  if (config.num_replicas !== replicas) await manager.streams.update(stream, { ...config, num_replicas: replicas });
}
