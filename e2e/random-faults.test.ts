import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@kubus/testkit';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { type Cluster, OtherVersion, run, startCluster } from './harness/index.ts';
import {
  describeFault,
  idleConsumers,
  Network,
  nodes,
  planFaults,
  planReplacements,
  replicatedPrograms as programs,
  RandomRun,
  replicatedCluster,
} from './harness/random/index.ts';

// KUBUS_FAULTS_SECONDS: how long faults are done. KUBUS_FAULTS_SEED: the seed of a run that is to come again. KUBUS_FAULTS_LOGS: where state and logs of the run are kept.
const seconds = Number(process.env['KUBUS_FAULTS_SECONDS'] ?? 60);
const seed = Number(process.env['KUBUS_FAULTS_SEED'] ?? Date.now() % 1_000_000);
const logs = process.env['KUBUS_FAULTS_LOGS'];
// KUBUS_FAULTS_FROM: a commit from which the cluster is started; the faults are that its services are replaced by these, and back.
const from = process.env['KUBUS_FAULTS_FROM'];
const settleMs = 120_000;

let cluster: Cluster;
let network: Network;
let other: OtherVersion | undefined;

beforeAll(async () => {
  other = from === undefined ? undefined : await OtherVersion.checkOut(from);
  const stateDir = await mkdtemp(join(tmpdir(), 'kubus-e2e-'));
  network = await Network.open(stateDir, [...Object.values(programs.services).flat(), ...programs.agents]);
  const { args, env } = replicatedCluster(nodes);
  const sources = other === undefined ? {} : { sources: other.root };
  cluster = await startCluster({ stateDir, ...sources, args, env: { ...env, ...network.env } });
  await other?.beginUpgrade(cluster);
});
afterAll(async () => {
  await cluster?.destroy();
  await network?.close();
  await other?.remove();
});

it(
  'keeps every promise while processes are killed, paused, restarted and cut off at random, and comes to rest afterwards',
  async () => {
    // Files may go meanwhile.
    if (logs !== undefined)
      onTestFinished(async () => void (await run('cp', ['-a', cluster.stateDir, `${logs}/${seed}`])));
    const durationMs = seconds * 1000;
    const faults =
      other === undefined
        ? planFaults(seed, durationMs, { ...programs, network: true })
        : planReplacements(durationMs, programs);
    const options = { cluster, network, seed, faults, durationMs, settleMs, ...(other === undefined ? {} : { other }) };
    const game = await RandomRun.prepare(options, 2);
    const { violations, summary } = await game.play();
    process.stdout.write(`seed ${seed}: ${JSON.stringify(summary)}\n`);
    const found = [...new Set([...violations, ...(await leakedConsumers())])];
    const schedule = `KUBUS_FAULTS_SEED=${seed} KUBUS_FAULTS_SECONDS=${seconds}\n${faults.map(describeFault).join('\n')}`;
    expect(found, `${found.slice(0, 50).join('\n')}\n${schedule}`).toEqual([]);
  },
  (seconds + 600) * 1000,
);

/** What was killed has left readers behind, which the server forgets after their time. Former versions had other readers, and keep them for a day. */
async function leakedConsumers(): Promise<string[]> {
  if (other !== undefined) return [];
  const none = eventually(async () => {
    const idle = await idleConsumers(cluster);
    if (idle.length > 0) throw new Error(`nobody reads from ${idle.length} consumers: ${idle.join(', ')}`);
  }, 120_000);
  return none.then(
    () => [],
    (error: Error) => [error.message],
  );
}
