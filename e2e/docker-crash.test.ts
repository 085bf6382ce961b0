import { eventually } from '@kubus/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Cluster, root, type SecondEngine, startCluster, startSecondEngine } from './harness/index.ts';

let engine: SecondEngine;
let cluster: Cluster;

// An engine of the test's own: other clusters live on the machine's.
beforeAll(async () => {
  engine = await startSecondEngine('kubus-crash', ['busybox:1.36'], { diskMiB: 256 });
  cluster = await startCluster({ env: { DOCKER_HOST: engine.host } });
  await cluster.kubectl('apply', '-f', `${root}/examples/web.yaml`);
  await cluster.kubectl('rollout', 'status', 'deploy/web', '--timeout=120s');
});
afterAll(async () => {
  await cluster?.destroy();
  await engine?.stop();
});

interface Pods {
  items: { metadata: { uid: string }; status: { containerStatuses?: { ready: boolean; restartCount: number }[] } }[];
}

async function expectRunning(count: number): Promise<void> {
  await eventually(
    async () => {
      const { items } = await cluster.getJson<Pods>('pods', '-l', 'app=web');
      expect(items.map((pod) => pod.status.containerStatuses?.[0]?.ready)).toEqual(
        Array.from({ length: count }, () => true),
      );
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
  await expectRunning(3);
});

it('finishes an apply in whose middle the engine was killed', async () => {
  await cluster.kubectl('delete', 'deploy/web', '--cascade=foreground');
  await cluster.kubectl('apply', '-f', `${root}/examples/web.yaml`);
  await engine.crash();
  await cluster.kubectl('rollout', 'status', 'deploy/web', '--timeout=120s');
  await expectRunning(3);
});

it('finishes a rollout in whose middle the engine was killed', async () => {
  await cluster.kubectl('set', 'env', 'deploy/web', 'ROUND=2');
  await engine.crash();
  await cluster.kubectl('rollout', 'status', 'deploy/web', '--timeout=120s');
  await expectRunning(3);
});

it('says so while the engine hangs, and then does what was asked meanwhile, once', async () => {
  const uids = async () =>
    (await cluster.getJson<Pods>('pods', '-l', 'app=web')).items.map(({ metadata }) => metadata.uid);
  const before = await uids();
  const hang = engine.hang();
  try {
    await cluster.kubectl('scale', 'deploy/web', '--replicas=4');
    await cluster.kubectl('wait', '--for=condition=Ready=false', 'nodes', '--all', '--timeout=120s');
    expect(await cluster.kubectl('describe', 'nodes')).toContain('container runtime is down');
  } finally {
    hang.end();
  }
  await expectRunning(4);
  expect(await uids()).toEqual(expect.arrayContaining(before));
  await cluster.kubectl('wait', '--for=condition=Ready', 'nodes', '--all', '--timeout=120s');
  await cluster.kubectl('scale', 'deploy/web', '--replicas=3');
  await expectRunning(3);
});

it('goes on with the pods that run while the disk of the engine is full, and starts the others once there is room', async () => {
  const restarts = async () => {
    const { items } = await cluster.getJson<Pods>('pods', '-l', 'app=web');
    return new Map(items.map(({ metadata, status }) => [metadata.uid, status.containerStatuses?.[0]?.restartCount]));
  };
  const before = await restarts();
  const disk = await engine.fillDisk();
  await cluster.kubectl('scale', 'deploy/web', '--replicas=5');
  await eventually(
    async () => expect(await cluster.kubectl('get', 'events', '-o', 'wide')).toContain('no space left on device'),
    120_000,
    500,
  );
  const { items } = await cluster.getJson<Pods>('pods', '-l', 'app=web');
  const ready = items.filter((pod) => pod.status.containerStatuses?.[0]?.ready);
  expect(ready.map((pod) => pod.metadata.uid).sort()).toEqual([...before.keys()].sort());
  await disk.free();
  await expectRunning(5);
  const after = await restarts();
  for (const [uid, count] of after) expect(count, uid).toBe(before.get(uid) ?? 0);
  expect([...after.keys()]).toEqual(expect.arrayContaining([...before.keys()]));
});
