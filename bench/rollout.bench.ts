import type { Connection } from '@kubus/cli';
import type { KubeObject } from '@kubus/shared/object';
import { startControlPlane, untilPodsAreTaken } from './control-plane.ts';
import { countEvents } from './events.ts';
import type { Benchmark } from './harness.ts';
import { cpuPer, cpuSeconds } from './processes.ts';

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
  about: `a Deployment of ${replicas} replicas on ${nodes} simulated nodes: until all are available, then until all are of a new template`,
  async run(say) {
    const plane = await startControlPlane({ api: 1, scheduler: 1, controllerManager: 1, simNodes: nodes });
    try {
      await untilNodesReady(plane.connection);
      await untilPodsAreTaken(plane.connection, namespace);
      say(`${nodes} nodes are ready`);
      let before = cpuSeconds(plane);
      const started = performance.now();
      await plane.connection.api.request({ ...deployments, verb: 'create', namespace, body: deployment });
      await untilComplete(plane.connection, say);
      const created = (performance.now() - started) / 1000;
      say(`available after ${created.toFixed(1)} s; CPU for each pod: ${cpuPer(plane, before, replicas)}`);
      say(`events written by then: ${await countEvents(plane.connection, namespace)}`);
      before = cpuSeconds(plane);
      const updated = performance.now();
      const body = { spec: { template: { metadata: { annotations: { version: 'two' } } } } };
      const contentType = 'application/merge-patch+json';
      await plane.connection.api.request({ ...deployments, verb: 'patch', namespace, name, contentType, body });
      await untilComplete(plane.connection, say);
      const rolled = (performance.now() - updated) / 1000;
      say(`rolled over after ${rolled.toFixed(1)} s; CPU for each pod: ${cpuPer(plane, before, replicas)}`);
      return [
        { what: 'created to available', value: created, unit: 's', target: '5 s', reached: created <= 5 },
        { what: 'rolled over to a new template', value: rolled, unit: 's', target: '15 s', reached: rolled <= 15 },
      ];
    } finally {
      await plane.stop();
    }
  },
} satisfies Benchmark;

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
