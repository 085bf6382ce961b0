import { machineNetwork, startCluster, startSecondEngine } from '../e2e/harness/index.ts';
import { type Contender, image, kubusContender, swarmContender } from './contenders.ts';
import { describeUse, readAccount } from './cpu-account.ts';
import { type Benchmark, type Figure, median } from './harness.ts';
import { untilIdle } from './rounds.ts';

const rows = ['create 30', 'scale to 60', 'replace a killed container', 'rolling update of 60', 'delete'] as const;
type Row = (typeof rows)[number];

const rounds = 3;
const pollMs = 100;
const longestMs = 300_000;

/**
 * Each side has an engine that was started for this run: one that has made thousands of containers is slower. Kubus' is in the machine's own network, where agents
 * connect pods themselves; Swarm's is in a namespace of its own, for it takes ports. They take turns, so that whatever else the machine does falls on both. A first round of each, by which engines and
 * services have done everything once, is not counted; the median of each row.
 */
export default {
  name: 'converge',
  about: `a Deployment of 30 replicas on Docker beside a Docker Swarm service, each on an engine of its own; seconds until Docker shows the state asked for, the median of ${rounds} rounds by turns`,
  async run(say) {
    await using started = new AsyncDisposableStack();
    const engines = {
      swarm: started.adopt(await startSecondEngine('kubus-swarm', [image]), (engine) => engine.stop()),
      kubus: started.adopt(await startSecondEngine('kubus-bench', [image], { network: machineNetwork }), (engine) =>
        engine.stop(),
      ),
    };
    const cluster = await startCluster({ env: { DOCKER_HOST: engines.kubus.host } });
    started.defer(() => cluster.destroy());
    await engines.swarm.docker('swarm', 'init', '--advertise-addr', '10.213.0.1');
    const swarm = swarmContender(engines.swarm);
    const kubus = kubusContender(cluster, engines.kubus);
    const results = new Map([swarm, kubus].map((contender) => [contender, [] as Map<Row, number>[]]));
    for (let round = 0; round <= rounds; round++)
      for (const [contender, taken] of results) {
        await untilIdle();
        const seconds = await measure(contender, round === 0 ? () => undefined : say);
        if (round > 0) taken.push(seconds);
      }
    const seconds = (contender: Contender, row: Row) =>
      median((results.get(contender) ?? []).map((taken) => taken.get(row) ?? Number.NaN));
    return rows.map((row): Figure => {
      const value = seconds(kubus, row);
      const peer = seconds(swarm, row);
      return {
        what: row,
        value,
        unit: 's',
        beside: { what: 'Swarm', value: peer },
        target: 'faster than Swarm',
        reached: value < peer,
      };
    });
  },
} satisfies Benchmark;

export async function measure(contender: Contender, say: (line: string) => void): Promise<Map<Row, number>> {
  const result = new Map<Row, number>();
  const time = async (row: Row, act: () => Promise<unknown>, reached: () => Promise<boolean>) => {
    const before = readAccount();
    const started = performance.now();
    await act();
    while (!(await reached())) {
      if (performance.now() - started > longestMs) throw new Error(`${contender.name}: ${row} did not come to an end`);
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
    const seconds = (performance.now() - started) / 1000;
    result.set(row, seconds);
    say(`${contender.name}: ${row} ${seconds.toFixed(2)} s; CPU seconds: ${describeUse(before, readAccount())}`);
  };
  const run = async (count: number) => (await contender.running()).length === count;
  await time(
    'create 30',
    () => contender.create(30),
    () => run(30),
  );
  await time(
    'scale to 60',
    () => contender.scale(60),
    () => run(60),
  );
  const [victim] = await contender.running();
  await time(
    'replace a killed container',
    () => contender.kill(victim?.id ?? ''),
    async () => {
      const now = await contender.running();
      return now.length === 60 && now.every(({ id }) => id !== victim?.id);
    },
  );
  await time(
    'rolling update of 60',
    () => contender.update('two'),
    async () => {
      const now = await contender.running();
      return now.length === 60 && now.every(({ version }) => version === 'two');
    },
  );
  await time(
    'delete',
    () => contender.remove(),
    async () => (await contender.left()) === 0,
  );
  return result;
}
