import { setTimeout as after } from 'node:timers/promises';
import { eventually } from '@kubus/testkit';
import type { Cluster } from '../cluster.ts';
import type { Violation } from '../history/index.ts';
import { HttpApi } from '../http.ts';
import { namespace, type Programs, planFaults, RandomRun } from '../random/index.ts';
import { type Growth, growths, type Sample } from './growth.ts';
import { NatsHeap } from './nats-heap.ts';
import { sampleOf, toleranceOf } from './sampling.ts';

interface SoakOptions {
  cluster: Cluster;
  programs: Programs;
  seed: number;
  durationMs: number;
  say(line: string): void;
}

interface Soaked {
  violations: Violation[];
  growths: Growth[];
}

/** How long the cluster is used in each round, and how long it rests after that: a service that is idle for a minute collects what it holds, and NATS after two. */
const roundMs = 90_000;
const restMs = 150_000;

/** Faults that no process ends of, so that each shows what it has gathered over the whole time. */
const survivable = new Set(['pause', 'scale', 'loseQueues']);

/** A cluster that is used in rounds, each of which is judged and leaves nothing; what is there at rest after each must not become more. */
export async function soak({ cluster, programs, seed, durationMs, say }: SoakOptions): Promise<Soaked> {
  const natsHeap = await NatsHeap.open(cluster);
  const end = performance.now() + durationMs;
  const samples: Sample[] = [];
  const violations: Violation[] = [];
  for (let round = 1; performance.now() < end; round++) {
    const faults = planFaults(seed + round, roundMs, programs).filter(({ fault }) => survivable.has(fault.kind));
    const options = { cluster, seed: seed + round, faults, durationMs: roundMs, settleMs: 120_000 };
    const outcome = await (await RandomRun.prepare(options, 2)).play();
    violations.push(...outcome.violations.map((violation) => `round ${round}: ${violation}`));
    await removeAll(cluster);
    await after(restMs);
    const sample = await sampleOf(cluster, natsHeap);
    samples.push(sample);
    say(`round ${round}: ${JSON.stringify(outcome.summary)}`);
    for (const [name, value] of sample) say(`  ${name}: ${Math.round(value * 10) / 10}`);
  }
  return { violations, growths: growths(samples, toleranceOf) };
}

/** The namespace of the round goes with all that is in it. */
async function removeAll(cluster: Cluster): Promise<void> {
  const api = await HttpApi.open(cluster.kubeconfig);
  const path = `/api/v1/namespaces/${namespace}`;
  await eventually(
    async () => {
      const { code } = await api.call({ method: 'DELETE', path });
      if (code !== 404) throw new Error(`the namespace is still there: ${code}`);
    },
    180_000,
    500,
  );
  api.close();
}
