import type { Connection } from '@kubus/cli';
import type { KubeObject } from '@kubus/shared/object';
import { type ControlPlane, startControlPlane, untilPodsAreTaken } from './control-plane.ts';
import { countEvents } from './events.ts';
import { type Benchmark, median } from './harness.ts';
import { cpuPer, cpuSeconds } from './processes.ts';
import { countedRounds, inRounds, untilNoPods } from './rounds.ts';

const nodes = 1_000;
const replicas = 5_000;

interface Deployment extends KubeObject {
  status?: {
    observedGeneration?: number;
    replicas?: number;
    updatedReplicas?: number;
    availableReplicas?: number;
  };
}

export default {
  name: 'rollout',
  about: `a Deployment of ${replicas} replicas on ${nodes} simulated nodes: until all are available, then until all are of a new template; the first after the services' start, then the median of ${countedRounds} more`,
  async run(say) {
    const plane = await startControlPlane({ api: 1, scheduler: 1, controllerManager: 1, simNodes: nodes });
    try {
      await untilNodesReady(plane.connection);
      await untilPodsAreTaken(plane.connection, namespace);
      say(`${nodes} nodes are ready`);
      const { first, counted } = await inRounds(async (round) => {
        const seconds = await runRollout(plane, say);
        if (round === countedRounds) say(`events written by then: ${await countEvents(plane.connection, namespace)}`);
        else await removeDeployment(plane.connection);
        return seconds;
      });
      const created = median(counted.map((round) => round.created));
      const rolled = median(counted.map((round) => round.rolled));
      return [
        { what: 'created to available', value: created, unit: 's', target: '5 s', reached: created <= 5 },
        { what: 'rolled over to a new template', value: rolled, unit: 's', target: '15 s', reached: rolled <= 15 },
        { what: 'created to available, first after the start of the services', value: first.created, unit: 's' },
        { what: 'rolled over to a new template, first after the start', value: first.rolled, unit: 's' },
      ];
    } finally {
      await plane.stop();
    }
  },
} satisfies Benchmark;

/** Seconds from the request until the rollout is complete, of the creation and of a new template. */
async function runRollout(plane: ControlPlane, say: (line: string) => void) {
  const { api } = plane.connection;
  const measure = async (what: string, request: () => Promise<unknown>) => {
    const before = cpuSeconds(plane);
    const started = performance.now();
    await request();
    await untilComplete(plane.connection, say);
    const seconds = (performance.now() - started) / 1000;
    say(`${what} after ${seconds.toFixed(1)} s; CPU for each pod: ${cpuPer(plane, before, replicas)}`);
    return seconds;
  };
  const created = await measure('available', () =>
    api.request({ ...deployments, verb: 'create', namespace, body: deployment }),
  );
  const body = { spec: { template: { metadata: { annotations: { version: 'two' } } } } };
  const contentType = 'application/merge-patch+json';
  const rolled = await measure('rolled over', () =>
    api.request({ ...deployments, verb: 'patch', namespace, name, contentType, body }),
  );
  return { created, rolled };
}

/** With its pods. */
async function removeDeployment(connection: Connection): Promise<void> {
  const body = { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: 'Background' };
  await connection.api.request({ ...deployments, verb: 'delete', namespace, name, body });
  await untilNoPods(connection, namespace);
}

const namespace = 'default';
const name = 'bench';
const deployments = { group: 'apps', version: 'v1', resource: 'deployments' };

const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: {
        terminationGracePeriodSeconds: 1,
        containers: [{ name: 'main', image: 'busybox:1.36', resources: { requests: { cpu: '10m', memory: '16Mi' } } }],
      },
    },
  },
};

async function untilNodesReady({ api }: Connection): Promise<void> {
  for (;;) {
    const { items } = await api.request<{ items: { status?: { conditions?: { type: string; status: string }[] } }[] }>({
      verb: 'list',
      group: '',
      version: 'v1',
      resource: 'nodes',
    });
    const ready = items.filter(({ status }) =>
      status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True'),
    );
    if (ready.length >= nodes) return;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/** As `kubectl rollout status` sees it. */
async function untilComplete({ api }: Connection, say: (line: string) => void): Promise<void> {
  const started = performance.now();
  let told = 0;
  for (;;) {
    const { metadata, status = {} } = await api.request<Deployment>({ ...deployments, verb: 'get', namespace, name });
    const counts = [status.replicas ?? 0, status.updatedReplicas ?? 0, status.availableReplicas ?? 0];
    const seen = (status.observedGeneration ?? 0) >= (metadata.generation ?? 0);
    if (seen && counts.every((count) => count === replicas)) return;
    const seconds = Math.floor((performance.now() - started) / 1000);
    if (seconds > told) {
      told = seconds;
      say(`after ${seconds} s: ${counts.join(', ')} (all, of the new template, available)`);
    }
    if (seconds > 300) throw new Error('the rollout did not come to an end');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
