import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import type { Cluster } from '../cluster.ts';
import { withJetStream } from '../random/index.ts';
import type { Sample, Tolerance } from './growth.ts';
import type { NatsHeap } from './nats-heap.ts';

/** All that could grow for ever in a cluster of processes (Linux: it reads /proc). */
export async function sampleOf(cluster: Cluster, natsHeap: NatsHeap): Promise<Sample> {
  const parts = [await ofProcesses(cluster), await ofRedis(cluster), await ofNats(cluster, natsHeap)];
  return new Map(parts.flatMap((part) => [...part]));
}

/**
 * Memory moves by what happens to be collected and how pages are filled, and NATS may hold two blocks of the change log (8 MiB each) that were read lately, or none. The others are the same
 * at each rest but for what is on its way.
 */
export function toleranceOf(name: string): Tolerance {
  if (name === natsHeapName) return { share: 0.1, number: 16 };
  return name.endsWith('MiB') ? { share: 0.1, number: 8 } : { share: 0.02, number: 3 };
}

const natsHeapName = 'nats: heap alive, MiB';

async function ofProcesses(cluster: Cluster): Promise<Sample> {
  const found = new Map<string, number>();
  const run = join(cluster.stateDir, 'run');
  for (const file of (await readdir(run)).filter((name) => name.endsWith('.pid'))) {
    const program = file.slice(0, -'.pid'.length);
    const pid = await cluster.pid(program);
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
    if (program !== 'nats') found.set(`${program}: memory, MiB`, field('RssAnon') / 1024);
    found.set(`${program}: threads`, field('Threads'));
    found.set(`${program}: open files`, (await readdir(`/proc/${pid}/fd`)).length);
  }
  return found;
}

async function ofRedis(cluster: Cluster): Promise<Sample> {
  const url = (await readFile(join(cluster.stateDir, 'state/services/api/redis.url'), 'utf8')).trim();
  const redis = new Redis(url);
  try {
    const info = await redis.info();
    const figure = (name: string) => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1]);
    const kinds = new Map<string, number>();
    for (const key of await redis.keys('*')) {
      const kind = key.split(':', 2).join(':');
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    }
    return new Map([
      ['redis: data, MiB', figure('used_memory') / 2 ** 20],
      ['redis: clients', figure('connected_clients')],
      ...[...kinds].map(([kind, count]) => [`redis: keys ${kind}`, count] as const),
    ]);
  } finally {
    redis.disconnect();
  }
}

async function ofNats(cluster: Cluster, heap: NatsHeap): Promise<Sample> {
  return withJetStream(cluster, async (manager) => {
    const found = new Map<string, number>();
    for await (const { config, state } of manager.streams.list())
      found.set(`nats: consumers of ${config.name}`, state.consumer_count);
    found.set('nats: streams', found.size);
    found.set(natsHeapName, await heap.aliveMiB());
    return found;
  });
}
