import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Connection, connectToCluster, layoutOf } from '@kubus/cli';
import type { Pod } from '@kubus/shared/schema';
import { type Cluster, startCluster } from '../e2e/harness/index.ts';
import { buildPod, container } from '../services/node-agent/test/rig.ts';
import { type Benchmark, cpuSeconds, type Figure, median, percentile, pssMiB } from './harness.ts';

const count = Number(process.env['KUBUS_BENCH_PODS'] ?? 110);
const settleSeconds = Number(process.env['KUBUS_BENCH_SETTLE_SECONDS'] ?? 60);
const windowSeconds = 60;
const turns = 20;
const pods = { group: '', version: 'v1', resource: 'pods', namespace: 'default' };

export default {
  name: 'agent',
  about: `memory and CPU of the agent of one node with ${count} pods that run, without and with probes, and how soon readiness is seen`,
  async run(say) {
    const cluster = await startCluster({ args: ['--nodes', '1'] });
    const connection = await connectToCluster(layoutOf(cluster.stateDir), { wait: true });
    const world = new PodWatch(connection);
    try {
      const plain = await footprint('without probes', {}, cluster, world, say);
      const probed = await footprint('with readiness and liveness by HTTP each 10 s', probes, cluster, world, say);
      return [...plain, ...probed, ...(await readiness(world, say))];
    } finally {
      await world.close();
      await cluster.destroy();
    }
  },
} satisfies Benchmark;

type ContainerParts = Parameters<typeof container>[2];

const httpGet = { path: '/hostname', port: 80 };
const probes = {
  readinessProbe: { httpGet, periodSeconds: 10 },
  livenessProbe: { httpGet, periodSeconds: 10 },
};

async function footprint(
  how: string,
  parts: ContainerParts,
  cluster: Cluster,
  world: PodWatch,
  say: (line: string) => void,
): Promise<Figure[]> {
  const agent = await cluster.pid('node-1');
  const names = Array.from({ length: count }, (_, i) => `idle-${i}`);
  await world.create(names, { ...container('main', 'httpd -f -p 80 -h /etc'), ...parts });
  say(`${count} pods are ready (${how}); ${settleSeconds} s for what their start left to do`);
  await seconds(settleSeconds);
  const before = cpuSeconds(agent);
  await seconds(windowSeconds);
  const percent = ((cpuSeconds(agent) - before) / windowSeconds) * 100;
  const memory = pssMiB(agent);
  say(`${memory.toFixed(0)} MiB, ${percent.toFixed(2)} % of a core`);
  await world.remove(names);
  while ((await cluster.containers()).length > 0) await seconds(0.5);
  const [most, mostPercent] = [120 + count / 2, (count / 10) * 0.5];
  return [
    {
      what: `memory (Pss) with ${count} pods ${how}`,
      value: memory,
      unit: 'MiB',
      target: `under 120 MiB + 0.5 MiB a pod = ${most} MiB`,
      reached: memory < most,
    },
    {
      what: `CPU with ${count} pods ${how}`,
      value: percent,
      unit: '% of a core',
      target: `0.5 % for 10 pods = ${mostPercent} %`,
      reached: percent <= mostPercent,
    },
  ];
}

/** From the first answer of the container that lets its probe pass to the Ready condition in a watch. */
async function readiness(world: PodWatch, say: (line: string) => void): Promise<Figure[]> {
  const gates = new Map<string, { open: boolean; passed?: number }>();
  const server = createServer(({ url }, answer) => {
    const gate = gates.get((url ?? '').slice(1));
    answer.statusCode = gate?.open === true ? 200 : 503;
    if (gate?.open === true) gate.passed ??= performance.now();
    answer.end();
  });
  const port = await listen(server);
  const took: number[] = [];
  try {
    for (let turn = 0; turn < turns; turn++) {
      const name = `gated-${turn}`;
      const gate: { open: boolean; passed?: number } = { open: false };
      gates.set(name, gate);
      const readinessProbe = { httpGet: { host: '127.0.0.1', path: `/${name}`, port }, periodSeconds: 1 };
      await world.create([name], { ...container('main', 'sleep 3600'), readinessProbe }, 'Running');
      gate.open = true;
      const seen = await world.until(name, isReady);
      took.push(seen - (gate.passed ?? Number.NaN));
      await world.remove([name]);
    }
  } finally {
    server.close();
  }
  say(`readiness: ${took.map((ms) => ms.toFixed(0)).join(', ')} ms`);
  const worst = percentile(took, 0.99);
  return [
    { what: 'from the probe that passes to Ready in a watch, median', value: median(took), unit: 'ms' },
    {
      what: `from the probe that passes to Ready in a watch, longest of ${turns}`,
      value: worst,
      unit: 'ms',
      target: 'within 100 ms',
      reached: worst <= 100,
    },
  ];
}

const isReady = ({ status }: Pod) =>
  status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') === true;
const isRunning = ({ status }: Pod) => status?.phase === 'Running';

/** Pods made and followed over the bus. */
class PodWatch {
  readonly #connection: Connection;
  readonly #ending = new AbortController();
  readonly #pods = new Map<string, Pod>();
  readonly #waiting = new Set<() => void>();
  readonly #watching: Promise<void>;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#watching = this.#follow();
  }

  /** Resolves when all of them are as they should be. */
  async create(names: string[], main: ReturnType<typeof container>, phase: 'Running' | 'Ready' = 'Ready') {
    const { spec, ...pod } = buildPod('', { containers: [{ ...main, image: 'busybox:1.36' }] });
    const { nodeName: _, ...unbound } = spec ?? { containers: [] };
    const bodies = names.map((name) => ({
      ...pod,
      metadata: { name },
      spec: { ...unbound, terminationGracePeriodSeconds: 0 },
    }));
    await this.#connection.api.batch(bodies.map((body) => ({ verb: 'create' as const, ...pods, body })));
    for (const name of names) await this.until(name, phase === 'Ready' ? isReady : isRunning);
  }

  async remove(names: string[]): Promise<void> {
    await this.#connection.api.batch(names.map((name) => ({ verb: 'delete' as const, ...pods, name })));
    for (const name of names) await this.#wait(() => !this.#pods.has(name));
  }

  /** When the watch showed it first, by the monotonic clock. */
  until(name: string, holds: (pod: Pod) => boolean): Promise<number> {
    return this.#wait(() => {
      const pod = this.#pods.get(name);
      return pod !== undefined && holds(pod);
    });
  }

  async close(): Promise<void> {
    this.#ending.abort();
    await this.#watching.catch(() => undefined);
    await this.#connection.close();
  }

  #wait(holds: () => boolean): Promise<number> {
    if (holds()) return Promise.resolve(performance.now());
    return new Promise((resolve) => {
      const look = () => {
        if (!holds()) return;
        this.#waiting.delete(look);
        resolve(performance.now());
      };
      this.#waiting.add(look);
    });
  }

  async #follow(): Promise<void> {
    const request = { verb: 'watch' as const, ...pods };
    for await (const { type, object } of this.#connection.api.watch<Pod>(request, { signal: this.#ending.signal })) {
      if (type === 'DELETED') this.#pods.delete(object.metadata.name);
      else this.#pods.set(object.metadata.name, object);
      for (const look of this.#waiting) look();
    }
  }
}

async function listen(server: Server): Promise<number> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return (server.address() as AddressInfo).port;
}

const seconds = (n: number) => new Promise((resolve) => setTimeout(resolve, n * 1000));
