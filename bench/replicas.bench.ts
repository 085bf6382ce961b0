import { type ChildProcess, fork } from 'node:child_process';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { adminTls, type ControlPlane, sampleConfigMap, startControlPlane } from './control-plane.ts';
import { type Benchmark, cpuSeconds, type Figure } from './harness.ts';
import type { ReadOrder } from './readers.ts';

const objects = 100;
const inFlight = 32;
const maps = '/api/v1/namespaces/default/configmaps';
const kinds = [
  { what: 'reads of one object', count: 12_000, paths: Array.from({ length: objects }, (_, i) => `${maps}/read-${i}`) },
  { what: `lists of ${objects} objects`, count: 2_000, paths: [maps] },
];
/** Two replicas, a process of readers for each, and Redis. */
const coresNeeded = 5;

interface Outcome {
  perSecond: number;
  /** Processor time of all replicas and of Redis for one read; microseconds. */
  api: number;
  redis: number;
}

export default {
  name: 'replicas',
  about: `reads over HTTP/2 from one api replica and from two, a process of readers with ${inFlight} in flight for each`,
  async run(say) {
    const plane = await startControlPlane({ api: 2 });
    const readers = [0, 1].map(() => fork(fileURLToPath(new URL('readers.ts', import.meta.url))));
    try {
      await createObjects(plane);
      const figures: Figure[] = [];
      for (const { what, count, paths } of kinds) {
        const order = { paths, inFlight, tls: await adminTls(plane.layout) };
        await readFrom(plane, readers, { ...order, count: count / 5 });
        const one = await readFrom(plane, readers.slice(0, 1), { ...order, count });
        const two = await readFrom(plane, readers, { ...order, count });
        for (const [name, { perSecond, api, redis }] of Object.entries({ one, two })) {
          say(
            `${what}, ${name}: ${Math.round(perSecond)}/s, each ${api.toFixed(0)} us of the api, ${redis.toFixed(0)} us of Redis`,
          );
        }
        figures.push(...judge(what, one, two));
      }
      return figures;
    } finally {
      for (const reader of readers) reader.kill();
      await plane.stop();
    }
  },
} satisfies Benchmark;

/** Where replicas, readers and Redis have to share cores the rate tells nothing, but the cost of a read does: it must not grow with the replicas. */
function judge(what: string, one: Outcome, two: Outcome): Figure[] {
  const factor = two.perSecond / one.perSecond;
  const enough = cpus().length >= coresNeeded;
  return [
    {
      ...{ what: `${what}, two replicas`, value: two.perSecond, unit: 'reads/s' },
      beside: { what: 'one replica', value: one.perSecond },
      target: `1.7 times the rate of one, where there are ${coresNeeded} cores or more${enough ? '' : ` (here ${cpus().length})`}`,
      ...(enough ? { reached: factor >= 1.7 } : {}),
    },
    {
      ...{ what: `${what}, processor time of two replicas and Redis for each`, value: two.api + two.redis, unit: 'us' },
      beside: { what: 'one replica and Redis', value: one.api + one.redis },
      ...{ target: 'no more than 1.1 times', reached: two.api + two.redis <= 1.1 * (one.api + one.redis) },
    },
  ];
}

async function readFrom(
  plane: ControlPlane,
  readers: readonly ChildProcess[],
  order: Omit<ReadOrder, 'port'>,
): Promise<Outcome> {
  const api = () => cpuSeconds(plane.pid('api')) + cpuSeconds(plane.pid('api-2'));
  const redis = () => cpuSeconds(plane.pid('redis'));
  const before = { api: api(), redis: redis() };
  const rates = await Promise.all(
    readers.map((reader, i) => {
      const answer = new Promise<number>((resolve) => reader.once('message', (value) => resolve(Number(value))));
      reader.send({ ...order, port: plane.record.apiPort + i } satisfies ReadOrder);
      return answer;
    }),
  );
  const reads = order.count * readers.length;
  return {
    perSecond: rates.reduce((sum, perSecond) => sum + perSecond, 0),
    api: (1e6 * (api() - before.api)) / reads,
    redis: (1e6 * (redis() - before.redis)) / reads,
  };
}

async function createObjects({ connection: { api } }: ControlPlane): Promise<void> {
  for (let i = 0; i < objects; i++) {
    const at = { verb: 'create', group: '', version: 'v1', resource: 'configmaps', namespace: 'default' } as const;
    await api.request({ ...at, body: sampleConfigMap(`read-${i}`) });
  }
}
