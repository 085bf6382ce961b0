import type { Connection } from '@kubus/cli';
import { ApiSource, CachedInformer } from '@kubus/shared/informer';
import type { KubeObject } from '@kubus/shared/object';
import { type ControlPlane, startControlPlane, untilPodsAreTaken } from './control-plane.ts';
import { countEvents } from './events.ts';
import { type Benchmark, median } from './harness.ts';
import { cpuPer, cpuSeconds } from './processes.ts';
import { countedRounds, inRounds, untilNoPods } from './rounds.ts';

const jobs = 1_000;
const podsPerJob = 10;
const nodes = 200;

export default {
  name: 'jobs',
  about: `${jobs} Jobs of ${podsPerJob} pods each, which end at once, on ${nodes} simulated nodes: from the first request until all are complete; the first batch after the services' start, then the median of ${countedRounds} more`,
  async run(say) {
    const plane = await startControlPlane({ api: 1, scheduler: 1, controllerManager: 1, simNodes: nodes });
    const informer = jobInformer(plane.connection);
    try {
      await untilPodsAreTaken(plane.connection, namespace);
      await informer.start();
      const { first, counted } = await inRounds(async (round) => {
        const seconds = await runBatch(plane, informer, { prefix: `bench-${round}-`, say });
        if (round === countedRounds) say(`events written by then: ${await countEvents(plane.connection, namespace)}`);
        else await removeJobs(plane.connection);
        return seconds;
      });
      const seconds = median(counted);
      const rate = rateOf(seconds);
      return [
        { what: 'completed', value: rate, unit: 'pods/s', target: '1,000 pods/s', reached: rate >= 1_000 },
        { what: 'all complete after', value: seconds, unit: 's' },
        { what: 'completed, first batch after the start of the services', value: rateOf(first), unit: 'pods/s' },
      ];
    } finally {
      await informer.stop();
      await plane.stop();
    }
  },
} satisfies Benchmark;

const rateOf = (seconds: number) => (jobs * podsPerJob) / seconds;

interface Batch {
  /** Of the names of its Jobs. */
  prefix: string;
  say: (line: string) => void;
}

/** Seconds from the first request until all are complete. */
async function runBatch(plane: ControlPlane, informer: CachedInformer<Job>, batch: Batch): Promise<number> {
  const { prefix, say } = batch;
  const before = cpuSeconds(plane);
  const started = performance.now();
  await createJobs(plane.connection, prefix);
  say(`${jobs} Jobs are created after ${((performance.now() - started) / 1000).toFixed(1)} s`);
  await untilComplete(informer, batch);
  const seconds = (performance.now() - started) / 1000;
  say(`${rateOf(seconds).toFixed(0)} pods/s; CPU for each pod: ${cpuPer(plane, before, jobs * podsPerJob)}`);
  return seconds;
}

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

async function createJobs({ api }: Connection, prefix: string): Promise<void> {
  for (let from = 0; from < jobs; from += 100) {
    const requests = Array.from({ length: 100 }, (_, index) => ({
      ...resource,
      verb: 'create' as const,
      namespace,
      body: job(`${prefix}${from + index}`),
    }));
    const refused = (await api.batch(requests)).find(({ code }) => code >= 400);
    if (refused !== undefined) throw new Error(JSON.stringify(refused.body));
  }
}

/** With their pods. */
async function removeJobs(connection: Connection): Promise<void> {
  const body = { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: 'Background' };
  await connection.api.request({ ...resource, verb: 'deletecollection', namespace, body });
  await untilNoPods(connection, namespace);
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

async function untilComplete(informer: CachedInformer<Job>, { prefix, say }: Batch): Promise<void> {
  const complete = new Set<string>();
  const all = Promise.withResolvers<void>();
  const off = informer.onChange(({ object }) => {
    const { name } = object.metadata;
    if (name.startsWith(prefix) && isComplete(object)) complete.add(name);
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
