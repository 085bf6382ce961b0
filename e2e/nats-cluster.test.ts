import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bootstrap } from '@kubus/shared/bootstrap';
import { eventually, type NatsCluster, startNatsCluster } from '@kubus/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Cluster, startCluster } from './harness/index.ts';

let nats: NatsCluster;
let cluster: Cluster;

/** The servers are started before the cluster that uses them, on what its bootstrap has written. */
beforeAll(async () => {
  const stateDir = await mkdtemp(join(tmpdir(), 'kubus-e2e-'));
  const state = join(stateDir, 'state');
  await bootstrap({
    dir: state,
    apiUrl: 'https://127.0.0.1:6443',
    redisAddress: '127.0.0.1:6379',
    nats: { listen: '127.0.0.1:4222', storeDir: stateDir },
  });
  const written = await readFile(join(state, 'nats', 'nats.conf'), 'utf8');
  const own = /^(listen|server_name|jetstream)\b/;
  const config = written.split('\n').filter((line) => !own.test(line));
  nats = await startNatsCluster({ config: config.join('\n') });
  cluster = await startCluster({
    stateDir,
    args: ['--runtime', 'sim', '--nodes', '3', '--api', '2', '--controller-manager', '2'],
    env: {
      NATS_URL: nats.urls.join(),
      KUBUS_NATS_REPLICAS: '3',
      KUBUS_SIM_START_DELAY: '50ms',
      KUBUS_SIM_STOP_DELAY: '50ms',
    },
  });
  await cluster.kubectl('create', 'deployment', 'web', '--image=web:1', '--replicas=6');
  await cluster.kubectl('rollout', 'status', 'deploy/web', '--timeout=120s');
});
afterAll(async () => {
  await cluster?.destroy();
  await nats?.stop();
});

/** More of them where random faults are asked to last longer. */
const long = Number(process.env['KUBUS_FAULTS_SECONDS'] ?? 0) > 60;
let round = 0;

/** A rollout goes through, whatever goes on meanwhile. */
async function rollsOut(): Promise<void> {
  round++;
  await eventually(() => cluster.kubectl('set', 'env', 'deploy/web', `ROUND=${round}`), 120_000, 500);
  await eventually(() => cluster.kubectl('rollout', 'status', 'deploy/web', '--timeout=20s'), 200_000, 500);
  const pods = await eventually(() => cluster.kubectl('get', 'pods', '-l', 'app=web', '-o', 'json'), 60_000, 500);
  const { items } = JSON.parse(pods) as { items: { spec: { containers: { env?: { value?: string }[] }[] } }[] };
  expect(items.filter((pod) => pod.spec.containers[0]?.env?.[0]?.value === `${round}`)).toHaveLength(6);
}

it.each(long ? [0, 1, 2] : [0])('a rollout goes through while server %i of the bus is killed, and once it is back', {
  timeout: 900_000,
}, async (server) => {
  await nats.servers[server]?.kill();
  await rollsOut();
  await nats.servers[server]?.restart();
  await nats.settled();
  await rollsOut();
});

it('a rollout goes through while a server is cut off from the others, and its clients know nothing of that', {
  timeout: 900_000,
}, async () => {
  const wires = nats.wiresOf(0).filter((wire) => nats.routes.includes(wire));
  for (const wire of wires) wire.cut();
  await rollsOut();
  for (const wire of wires) wire.mend();
  await nats.settled();
  await rollsOut();
});
