import { eventually } from '@kubus/testkit';
import { afterAll, beforeAll, expect, it, onTestFailed } from 'vitest';
import { type Cluster, run, startCluster } from './harness/index.ts';
import { describeFault, idleConsumers, nodes, type Programs, planFaults, RandomRun } from './harness/random/index.ts';

// KUBUS_FAULTS_SECONDS: how long faults are done. KUBUS_FAULTS_SEED: the seed of a run that is to come again. KUBUS_FAULTS_LOGS: where the logs of a run go that failed.
const seconds = Number(process.env['KUBUS_FAULTS_SECONDS'] ?? 60);
const seed = Number(process.env['KUBUS_FAULTS_SEED'] ?? Date.now() % 1_000_000);
const logs = process.env['KUBUS_FAULTS_LOGS'];
const settleMs = 120_000;

const programs: Programs = {
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

let cluster: Cluster;

beforeAll(async () => {
  const replicas = ['--api', '2', '--scheduler', '2', '--controller-manager', '2'];
  cluster = await startCluster({
    args: ['--runtime', 'sim', '--nodes', `${nodes}`, ...replicas],
    env: { KUBUS_SIM_START_DELAY: '50ms', KUBUS_SIM_STOP_DELAY: '50ms', KUBUS_REDIS_APPENDFSYNC: 'always' },
  });
});
afterAll(async () => {
  await cluster?.destroy();
});

it(
  'keeps every promise while processes are killed, paused and restarted at random, and comes to rest afterwards',
  async () => {
    // Files may go meanwhile.
    if (logs !== undefined)
      onTestFailed(async () => void (await run('cp', ['-a', cluster.stateDir, `${logs}/${seed}`])));
    const faults = planFaults(seed, seconds * 1000, programs);
    const game = await RandomRun.prepare({ cluster, seed, faults, durationMs: seconds * 1000, settleMs }, 2);
    const { violations, summary } = await game.play();
    process.stdout.write(`seed ${seed}: ${JSON.stringify(summary)}\n`);
    // What was killed has left readers behind, which the server forgets after their time.
    const leaked = await eventually(async () => {
      const idle = await idleConsumers(cluster);
      if (idle.length > 0) throw new Error(`nobody reads from ${idle.length} consumers: ${idle.join(', ')}`);
    }, 120_000).catch((error: Error) => [error.message]);
    const found = [...new Set([...violations, ...(leaked ?? [])])];
    const schedule = `KUBUS_FAULTS_SEED=${seed} KUBUS_FAULTS_SECONDS=${seconds}\n${faults.map(describeFault).join('\n')}`;
    expect(found, `${found.slice(0, 50).join('\n')}\n${schedule}`).toEqual([]);
  },
  (seconds + 600) * 1000,
);
