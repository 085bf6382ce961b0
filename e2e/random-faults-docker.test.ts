import { eventually } from '@kubus/testkit';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { HttpApi } from './harness/http.ts';
import { type Cluster, run, type SecondEngine, startCluster, startSecondEngine } from './harness/index.ts';
import {
  describeFault,
  EngineFaults,
  type Programs,
  planFaults,
  Random,
  RandomRun,
  readAll,
} from './harness/random/index.ts';

// As e2e/random-faults.test.ts, which tells of the settings; agents and their engine are harmed too.
const seconds = Number(process.env['KUBUS_FAULTS_SECONDS'] ?? 30);
const seed = Number(process.env['KUBUS_FAULTS_SEED'] ?? Date.now() % 1_000_000);
const logs = process.env['KUBUS_FAULTS_LOGS'];
/** Containers that were killed again and again wait for up to 80 seconds each. */
const settleMs = 300_000;

const programs: Programs = {
  services: { api: ['api', 'api-2'], scheduler: ['scheduler'], 'controller-manager': ['controller-manager'] },
  servers: ['nats', 'redis'],
  agents: ['node-1', 'node-2'],
  killAgents: true,
  engine: true,
};

let engine: SecondEngine;
let cluster: Cluster;

beforeAll(async () => {
  engine = await startSecondEngine('kubus-faults', ['busybox:1.36']);
  await EngineFaults.provideImages(engine);
  cluster = await startCluster({
    args: ['--nodes', '2', '--api', '2'],
    env: { DOCKER_HOST: engine.host, KUBUS_REDIS_APPENDFSYNC: 'always' },
  });
});
afterAll(async () => {
  await cluster?.destroy();
  await engine?.stop();
});

it(
  'keeps every promise while agents and the engine are killed and hang, and containers die, and leaves nothing over',
  async () => {
    // Files may go meanwhile.
    if (logs !== undefined)
      onTestFinished(async () => void (await run('cp', ['-a', cluster.stateDir, `${logs}/${seed}`])));
    const faults = planFaults(seed, seconds * 1000, programs);
    const onEngine = new EngineFaults(engine, new Random(seed * 31));
    const options = { cluster, seed, faults, durationMs: seconds * 1000, settleMs, nodes: 2, engine: onEngine };
    const game = await RandomRun.prepare(options, 2);
    onEngine.watch();
    const { violations, summary } = await game.play();
    process.stdout.write(`seed ${seed}: ${JSON.stringify(summary)}\n`);
    const left = await eventually(async () => {
      const pods = (await readAll(await HttpApi.open(cluster.kubeconfig, 0))).get('pods') ?? [];
      const found = await onEngine.leftovers(pods);
      if (found.length > 0) throw new Error(found.join('\n'));
    }, 120_000).catch((error: Error) => [error.message]);
    const found = [...new Set([...violations, ...(left ?? []), ...(await onEngine.end())])];
    const schedule = `KUBUS_FAULTS_SEED=${seed} KUBUS_FAULTS_SECONDS=${seconds}\n${faults.map(describeFault).join('\n')}`;
    expect(found, `${found.slice(0, 50).join('\n')}\n${schedule}`).toEqual([]);
  },
  (seconds + 800) * 1000,
);
