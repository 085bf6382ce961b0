import { startCluster } from './harness/index.ts';
import { nodes, replicatedPrograms as programs, replicatedCluster } from './harness/random/index.ts';
import { soak } from './harness/soak/index.ts';
import { sweepAfterwards } from './harness/sweeper.ts';

// npm run soak [-- minutes [seed]]: a simulated cluster is used at random, with faults that it survives, and must neither break a promise nor grow.
const [minutes = '20', seed = `${Date.now() % 1_000_000}`] = process.argv.slice(2);
const say = (line: string) => void process.stdout.write(`${line}\n`);

sweepAfterwards();
say(`seed ${seed}`);
const cluster = await startCluster(replicatedCluster(nodes));
try {
  const durationMs = Number(minutes) * 60_000;
  const { violations, growths } = await soak({ cluster, programs, seed: Number(seed), durationMs, say });
  for (const { name, from, to, leaks } of growths)
    say(`${leaks ? 'GROWS ' : ''}${name}: ${from.toFixed(1)} to ${to.toFixed(1)}`);
  for (const violation of violations) say(`BROKEN ${violation}`);
  process.exitCode = violations.length > 0 || growths.some(({ leaks }) => leaks) ? 1 : 0;
} finally {
  await cluster.destroy();
}
process.exit();
