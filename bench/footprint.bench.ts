import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { startCluster } from '../e2e/harness/index.ts';
import { type Benchmark, cpuSeconds, type Figure, pssMiB } from './harness.ts';

const settle = Number(process.env['KUBUS_BENCH_IDLE_SECONDS'] ?? 300);
const window = 60;

export default {
  name: 'footprint',
  about: `memory and CPU of an idle control plane with two nodes, after ${settle} s`,
  async run(say) {
    const cluster = await startCluster();
    try {
      const programs = readdirSync(join(cluster.stateDir, 'run'))
        .filter((file) => file.endsWith('.pid') && file !== 'kubus.pid')
        .map((file) => file.slice(0, -'.pid'.length));
      const pids = new Map<string, number>();
      for (const program of programs) pids.set(program, await cluster.pid(program));
      say(`idle for ${settle} s`);
      await new Promise((resolve) => setTimeout(resolve, settle * 1000));
      const before = new Map([...pids].map(([program, pid]) => [program, cpuSeconds(pid)]));
      await new Promise((resolve) => setTimeout(resolve, window * 1000));
      let memoryInAll = 0;
      let cpuInAll = 0;
      const figures: Figure[] = [];
      for (const [program, pid] of pids) {
        const mib = pssMiB(pid);
        const share = ((cpuSeconds(pid) - (before.get(program) ?? 0)) / window) * 100;
        memoryInAll += mib;
        cpuInAll += share;
        say(`${program}: ${mib.toFixed(0)} MiB, ${share.toFixed(2)} % of a core`);
        figures.push({ what: `memory of ${program}`, value: mib, unit: 'MiB' });
      }
      return [
        {
          what: 'memory in all (Pss)',
          value: memoryInAll,
          unit: 'MiB',
          target: 'under 400 MiB',
          reached: memoryInAll < 400,
        },
        { what: 'CPU in all', value: cpuInAll, unit: '% of a core', target: 'under 5 %', reached: cpuInAll < 5 },
        ...figures,
      ];
    } finally {
      await cluster.destroy();
    }
  },
} satisfies Benchmark;
