import { Lifecycle, type Service, type ServiceContext } from '@kubus/shared/lifecycle';
import type { NatsConnection } from 'nats';
import { connect, startOnBus } from './node-on-bus.ts';
import { type Node, startPods } from './node-pods.ts';
import type { AgentSettings } from './settings.ts';
import { shutDown } from './shutdown/shut-down.ts';

/**
 * The agent of one node on a Docker Engine. Gives back the service as soon as the pods that the checkpoint knows are looked after; the bus is
 * joined whenever it is there. The instance is ready when its health says so.
 */
export async function startDockerNode(settings: AgentSettings, context: ServiceContext): Promise<Service> {
  const lifecycle = new Lifecycle(context.log);
  let connection: NatsConnection | undefined;
  let stopping = false;
  lifecycle.onStop('bus', () => connection?.drain());
  const node = await startPods(settings, context, lifecycle);
  const join = async () => {
    connection = await connect(settings, context);
    if (stopping) await connection.close();
    else await startOnBus(node, connection, context, lifecycle);
  };
  join().catch((error: unknown) => {
    if (!stopping) context.fatal(error);
  });
  return {
    stop: async () => {
      stopping = true;
      await endPods(settings, node, context.log);
      await lifecycle.stop();
    },
  };
}

/** Only when it is configured: a stop of the agent leaves pods running. */
async function endPods(settings: AgentSettings, node: Node, log: ServiceContext['log']): Promise<void> {
  const periods = settings.KUBUS_SHUTDOWN_GRACE_BY_PRIORITY;
  if (periods.length === 0) return;
  const { manager, runtime } = node;
  node.shuttingDown = true;
  await node.announce().catch((err: unknown) => log.warn({ err }, 'The shutdown of the node could not be announced'));
  await shutDown({
    ...{ periods, runtime, log },
    pods: () => manager.pods(),
    doom: (uid, doom) => manager.doom(uid, doom),
  });
}
