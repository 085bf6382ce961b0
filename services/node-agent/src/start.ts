import type { Service, ServiceContext } from '@kubus/shared/lifecycle';
import type { AgentSettings } from './settings.ts';

/** Starts the agent of one node on Docker, or of many simulated ones. */
export async function start(settings: AgentSettings, context: ServiceContext): Promise<Service> {
  if (settings.KUBUS_RUNTIME === 'sim') {
    const { startSimNodes } = await import('./sim/index.ts');
    return startSimNodes(settings, context);
  }
  const { startDockerNode } = await import('./docker-node.ts');
  return startDockerNode(settings, context);
}
