import { type Connection, connectToCluster, layoutOf } from '@kubus/cli';
import type { Pod } from '@kubus/shared/schema';
import { type Cluster, startCluster } from '../e2e/harness/index.ts';
import { buildPod, container } from '../services/node-agent/test/rig.ts';
import {
  agentOnDocker,
  bareDocker,
  benchConfig,
  type PodStarter,
  usualMounts,
  usualVolumes,
} from '../services/node-agent/test/start-floor.ts';
import { type Benchmark, type Figure, median } from './harness.ts';

const single = 15;
const burst = 30;
const bursts = 3;

export default {
  name: 'start',
  about: `a pod from its creation to the status Running on Docker, one alone and ${burst} at once, with and without volumes, beside create and start of the same two containers by bare calls`,
  async run(say) {
    const cluster = await startCluster();
    const starters = new Map<string, PodStarter>([
      ['bare calls', bareDocker(burst)],
      ['the agent alone', await agentOnDocker(burst)],
      ['the agent alone, with volumes', await agentOnDocker(burst, true)],
      ['the whole system', await wholeSystem(cluster)],
      ['the whole system, with volumes', await wholeSystem(cluster, true)],
    ]);
    try {
      const alone = await measure(starters, single, 1, ({ each }) => each[0] ?? Number.NaN, say);
      const rates = await measure(starters, bursts, burst, ({ all }) => burst / (all / 1000), say);
      return [...starters.keys()].slice(1).flatMap((who) => figures(who, alone, rates));
    } finally {
      for (const starter of starters.values()) await starter.close();
      await cluster.destroy();
    }
  },
} satisfies Benchmark;

type Sample = Awaited<ReturnType<PodStarter['start']>>;

/** The contenders take turns, so that whatever else the machine does falls on all of them; the median of each. */
async function measure(
  starters: ReadonlyMap<string, PodStarter>,
  rounds: number,
  count: number,
  read: (sample: Sample) => number,
  say: (line: string) => void,
): Promise<Map<string, number>> {
  const samples = new Map([...starters.keys()].map((who) => [who, [] as number[]]));
  for (let round = 0; round < rounds; round++) {
    for (const [who, starter] of starters) samples.get(who)?.push(read(await starter.start(count)));
  }
  const medians = new Map([...samples].map(([who, values]) => [who, median(values)]));
  say(
    `${count} at once: ${[...medians].map(([who, value]) => `${who} ${value.toFixed(count === 1 ? 0 : 2)}`).join(', ')}`,
  );
  return medians;
}

function figures(who: string, alone: ReadonlyMap<string, number>, rates: ReadonlyMap<string, number>): Figure[] {
  const of = (results: ReadonlyMap<string, number>) => ({
    value: results.get(who) ?? Number.NaN,
    beside: { what: 'bare calls', value: results.get('bare calls') ?? Number.NaN },
  });
  const one = of(alone);
  const many = of(rates);
  return [
    {
      what: `one pod, ${who}`,
      unit: 'ms',
      ...one,
      target: '1.3x the floor',
      reached: one.value <= 1.3 * one.beside.value,
    },
    {
      what: `${burst} pods at once, ${who}`,
      unit: 'pods/s',
      ...many,
      target: "the floor's rate over 1.15",
      reached: many.value * 1.15 >= many.beside.value,
    },
  ];
}

/** Through API, scheduler and agents: pods are created in one request and watched until they run. */
async function wholeSystem(cluster: Cluster, withVolumes = false): Promise<PodStarter> {
  const connection = await connectToCluster(layoutOf(cluster.stateDir), { wait: true });
  const pods = { group: '', version: 'v1', resource: 'pods', namespace: 'default' };
  const ending = new AbortController();
  const running = new Map<string, () => void>();
  const watching = watchRunning(connection, ending.signal, (name) => running.get(name)?.());
  if (withVolumes)
    for (const body of benchConfig) {
      const resource = body.kind === 'Secret' ? 'secrets' : 'configmaps';
      await connection.api.request({ verb: 'create', ...pods, resource, body });
    }
  let made = 0;
  const create = async (name: string) => {
    const main = { ...container('main', 'sleep 3600'), image: 'busybox:1.36' };
    const { spec, ...pod } = buildPod(
      name,
      withVolumes
        ? { volumes: usualVolumes, containers: [{ ...main, volumeMounts: usualMounts }] }
        : { containers: [main] },
    );
    const { nodeName: _, ...unbound } = spec ?? { containers: [] };
    const body = { ...pod, metadata: { name }, spec: { ...unbound, terminationGracePeriodSeconds: 0 } };
    const from = performance.now();
    const isRunning = new Promise<number>((resolve) => running.set(name, () => resolve(performance.now() - from)));
    await connection.api.request({ verb: 'create', ...pods, body });
    return isRunning;
  };
  return {
    start: async (count) => {
      const names = Array.from({ length: count }, () => `start-${withVolumes ? 'v-' : ''}${++made}`);
      const began = performance.now();
      const each = await Promise.all(names.map(create));
      const all = performance.now() - began;
      const deletes = names.map((name) => ({ verb: 'delete' as const, ...pods, name }));
      await connection.api.batch(deletes);
      while ((await cluster.containers()).length > 0) await new Promise((resolve) => setTimeout(resolve, 200));
      return { each, all };
    },
    close: async () => {
      ending.abort();
      await watching.catch(() => undefined);
      await connection.close();
    },
  };
}

async function watchRunning(connection: Connection, signal: AbortSignal, tell: (name: string) => void): Promise<void> {
  const request = { verb: 'watch' as const, group: '', version: 'v1', resource: 'pods', namespace: 'default' };
  for await (const { object } of connection.api.watch<Pod>(request, { signal })) {
    if (object.status?.phase === 'Running') tell(object.metadata.name);
  }
}
