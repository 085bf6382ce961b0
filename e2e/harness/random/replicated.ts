import type { Programs } from './schedule.ts';

/** Names of the programs of a simulated cluster with two replicas of each service. */
export const replicatedPrograms: Programs = {
  services: {
    api: ['api', 'api-2'],
    scheduler: ['scheduler', 'scheduler-2'],
    'controller-manager': ['controller-manager', 'controller-manager-2'],
  },
  servers: ['nats', 'redis'],
  agents: ['node-agent'],
  // Simulated containers live in the agent.
  killAgents: false,
};

/** How it is started, with so many simulated nodes: every acknowledged write is on the disk. */
export const replicatedCluster = (nodes: number) => ({
  args: ['--runtime', 'sim', '--nodes', `${nodes}`, '--api', '2', '--scheduler', '2', '--controller-manager', '2'],
  env: { KUBUS_SIM_START_DELAY: '50ms', KUBUS_SIM_STOP_DELAY: '50ms', KUBUS_REDIS_APPENDFSYNC: 'always' },
});
