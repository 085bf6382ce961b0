import type { Connection } from '@kubus/cli';
import { ApiSource, CachedInformer } from '@kubus/shared/informer';
import type { KubeObject } from '@kubus/shared/object';
import { startControlPlane, untilPodsAreTaken } from './control-plane.ts';
import { countEvents } from './events.ts';
import type { Benchmark } from './harness.ts';
import { cpuPer, cpuSeconds } from './processes.ts';

const jobs = 1_000;
const podsPerJob = 10;
const nodes = 200;

export default {
  name: 'jobs',
  about: `${jobs} Jobs of ${podsPerJob} pods each, which end at once, on ${nodes} simulated nodes: from the first request until all are complete`,
  async run(say) {
    const plane = await startControlPlane({ api: 1, scheduler: 1, controllerManager: 1, simNodes: nodes });
    const informer = jobInformer(plane.connection);
    try {
      await untilPodsAreTaken(plane.connection, namespace);
      await informer.start();
      const before = cpuSeconds(plane);
      const started = performance.now();
      await createJobs(plane.connection);
      const created = (performance.now() - started) / 1000;
      say(`${jobs} Jobs are created after ${created.toFixed(1)} s`);
      await untilComplete(informer, say);
      const seconds = (performance.now() - started) / 1000;
      const rate = (jobs * podsPerJob) / seconds;
      say(`CPU for each pod: ${cpuPer(plane, before, jobs * podsPerJob)}`);
      say(`events written by then: ${await countEvents(plane.connection, namespace)}`);
      return [
        { what: 'completed', value: rate, unit: 'pods/s', target: '1,000 pods/s', reached: rate >= 1_000 },
        { what: 'all complete after', value: seconds, unit: 's' },
      ];
    } finally {
      await informer.stop();
      await plane.stop();
    }
  },
} satisfies Benchmark;

const namespace = 'default';
const resource = { group: 'batch', version: 'v1', resource: 'jobs' };

const job = (name: string) => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name, namespace },
  spec: {
    completions: podsPerJob,
    parallelism: podsPerJob,
    template: {
      spec: {
        restartPolicy: 'Never',
        containers: [{ name: 'main', image: 'busybox:1.36', command: ['true'] }],
      },
    },
  },
});

async function createJobs({ api }: Connection): Promise<void> {
  for (let from = 0; from < jobs; from += 100) {
    const requests = Array.from({ length: 100 }, (_, index) => ({
      ...resource,
      verb: 'create' as const,
      namespace,
      body: job(`bench-${from + index}`),
    }));
    const refused = (await api.batch(requests)).find(({ code }) => code >= 400);
    if (refused !== undefined) throw new Error(JSON.stringify(refused.body));
  }
}

interface Job extends KubeObject {
  status?: { succeeded?: number; active?: number; conditions?: { type: string; status: string }[] };
}

/** Follows the Jobs as a client does that waits for them. Lists of all, read again and again, would be a load on the machine that is measured. */
function jobInformer({ api }: Connection): CachedInformer<Job> {
  return new CachedInformer({ resource, source: new ApiSource<Job>({ client: api, resource, namespace, trim: true }) });
}

const isComplete = ({ status }: Job): boolean =>
  status?.conditions?.some(({ type, status: value }) => type === 'Complete' && value === 'True') ?? false;

async function untilComplete(informer: CachedInformer<Job>, say: (line: string) => void): Promise<void> {
  const complete = new Set<string>();
  const all = Promise.withResolvers<void>();
  const off = informer.onChange(({ object }) => {
    if (isComplete(object)) complete.add(object.metadata.name);
    if (complete.size === jobs) all.resolve();
  });
  const timer = setInterval(() => tell(informer.list(), complete.size, say), 1_000);
  const late = setTimeout(() => all.reject(new Error('the Jobs did not complete')), 300_000);
  try {
    await all.promise;
  } finally {
    off();
    clearInterval(timer);
    clearTimeout(late);
  }
}

function tell(items: readonly Job[], complete: number, say: (line: string) => void): void {
  const sum = (count: (status: NonNullable<Job['status']>) => number | undefined) =>
    items.reduce((total, { status = {} }) => total + (count(status) ?? 0), 0);
  say(
    `${complete} complete, ${sum((status) => status.succeeded)} pods succeeded, ${sum((status) => status.active)} active`,
  );
}
