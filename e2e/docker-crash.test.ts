import { eventually } from '@kubus/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Cluster, root, type SecondEngine, startCluster, startSecondEngine } from './harness/index.ts';

let engine: SecondEngine;
let cluster: Cluster;

// An engine of the test's own: other clusters live on the machine's.
beforeAll(async () => {
  engine = await startSecondEngine('kubus-crash', ['busybox:1.36']);
  cluster = await startCluster({ env: { DOCKER_HOST: engine.host } });
  await cluster.kubectl('apply', '-f', `${root}/examples/web.yaml`);
  await cluster.kubectl('rollout', 'status', 'deploy/web', '--timeout=120s');
});
afterAll(async () => {
  await cluster?.destroy();
  await engine?.stop();
});

interface Pods {
  items: { metadata: { uid: string }; status: { containerStatuses?: { ready: boolean }[] } }[];
}

async function expectThreeRunning(): Promise<void> {
  await eventually(
    async () => {
      const { items } = await cluster.getJson<Pods>('pods', '-l', 'app=web');
      expect(items.map((pod) => pod.status.containerStatuses?.[0]?.ready)).toEqual([true, true, true]);
      const containers = await cluster.containers();
      const running = containers.filter((c) => c.labels['kubus.io/container'] === 'web' && c.state === 'running');
      expect(running.map((c) => c.labels['kubus.io/pod-uid']).sort()).toEqual(
        items.map((pod) => pod.metadata.uid).sort(),
      );
    },
    120_000,
    500,
  );
}

it('brings the pods back after the engine was killed and started again', async () => {
  await engine.crash();
  await expectThreeRunning();
});

it('finishes a rollout in whose middle the engine was killed', async () => {
  await cluster.kubectl('set', 'env', 'deploy/web', 'ROUND=2');
  await engine.crash();
  await cluster.kubectl('rollout', 'status', 'deploy/web', '--timeout=120s');
  await expectThreeRunning();
});
