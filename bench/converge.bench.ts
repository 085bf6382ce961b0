import { startCluster, startSecondEngine } from '../e2e/harness/index.ts';
import { type Contender, image, kubusContender, swarmContender } from './contenders.ts';
import { describeUse, machineSeconds, readAccount } from './cpu-account.ts';
import type { Benchmark, Figure } from './harness.ts';

const rows = ['create 30', 'scale to 60', 'replace a killed container', 'rolling update of 60', 'delete'] as const;
type Row = (typeof rows)[number];

const pollMs = 100;
const longestMs = 300_000;

export default {
  name: 'converge',
  about:
    'a Deployment of 30 replicas on Docker beside a Docker Swarm service on a second engine; seconds until Docker shows the state asked for',
  async run(say) {
    const cluster = await startCluster();
    const engine = await startSecondEngine('kubus-swarm', [image]);
    try {
      await engine.docker('swarm', 'init', '--advertise-addr', '10.213.0.1');
      await rest();
      const swarm = await measure(swarmContender(engine), say);
      await rest();
      const kubus = await measure(kubusContender(cluster), say);
      return rows.map((row): Figure => {
        const value = kubus.get(row) ?? Number.NaN;
        const peer = swarm.get(row) ?? Number.NaN;
        return {
          what: row,
          value,
          unit: 's',
          beside: { what: 'Swarm', value: peer },
          target: 'faster than Swarm',
          reached: value < peer,
        };
      });
    } finally {
      await engine.stop();
      await cluster.destroy();
    }
  },
} satisfies Benchmark;

/** Neither is to begin beside what the start of a cluster or the removal of the other's containers has left to do: until the machine has been nearly idle for a second. */
async function rest(): Promise<void> {
  for (let used = 1; used > 0.1; ) {
    const before = machineSeconds();
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    used = machineSeconds() - before;
  }
}

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
    say(`${contender.name}: ${row} ${seconds.toFixed(1)} s; CPU seconds: ${describeUse(before, readAccount())}`);
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
