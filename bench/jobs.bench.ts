import type { Connection } from '@kubus/cli';
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
    try {
      await untilPodsAreTaken(plane.connection, namespace);
      const before = cpuSeconds(plane);
      const started = performance.now();
      await createJobs(plane.connection);
      const created = (performance.now() - started) / 1000;
      say(`${jobs} Jobs are created after ${created.toFixed(1)} s`);
      await untilComplete(plane.connection, say);
      const seconds = (performance.now() - started) / 1000;
      const rate = (jobs * podsPerJob) / seconds;
      say(`CPU for each pod: ${cpuPer(plane, before, jobs * podsPerJob)}`);
      say(`events written by then: ${await countEvents(plane.connection, namespace)}`);
      return [
        { what: 'completed', value: rate, unit: 'pods/s', target: '1,000 pods/s', reached: rate >= 1_000 },
        { what: 'all complete after', value: seconds, unit: 's' },
      ];
    } finally {
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

async function untilComplete({ api }: Connection, say: (line: string) => void): Promise<void> {
  const started = performance.now();
  let told = 0;
  for (;;) {
    const query = { resourceVersion: '0' };
    const { items } = await api.request<{ items: Job[] }>({ ...resource, verb: 'list', namespace, query });
    const complete = items.filter(({ status }) =>
      status?.conditions?.some(({ type, status: value }) => type === 'Complete' && value === 'True'),
    );
    if (complete.length === jobs) return;
    const seconds = Math.floor((performance.now() - started) / 1000);
    if (seconds > told) {
      told = seconds;
      const sum = (count: (status: NonNullable<Job['status']>) => number | undefined) =>
        items.reduce((total, { status = {} }) => total + (count(status) ?? 0), 0);
      say(
        `after ${seconds} s: ${complete.length} complete, ${sum((s) => s.succeeded)} pods succeeded, ${sum((s) => s.active)} active`,
      );
    }
    if (seconds > 300) throw new Error('the Jobs did not complete');
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}
