import { eventually } from '@kubus/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Cluster, must, root, startCluster } from './harness/index.ts';

interface Pod {
  metadata: { name: string; uid: string };
  spec: { nodeName: string };
  status: { phase: string; containerStatuses?: { restartCount: number; ready: boolean }[] };
}

let cluster: Cluster;
const pods = async () => (await cluster.getJson<{ items: Pod[] }>('pods', '-l', 'app=web')).items;

beforeAll(async () => {
  // Kubernetes' own defaults are 50 s and 300 s; the test does not wait for them. A node that is only slow must not be given up.
  cluster = await startCluster({
    env: {
      KUBUS_NODE_LEASE_SECONDS: '16',
      KUBUS_NODE_MONITOR_PERIOD: '1s',
      KUBUS_NODE_MONITOR_GRACE_PERIOD: '16s',
      KUBUS_DEFAULT_NOT_READY_TOLERATION_SECONDS: '2',
      KUBUS_DEFAULT_UNREACHABLE_TOLERATION_SECONDS: '2',
    },
  });
  await cluster.kubectl('apply', '-f', `${root}/examples/web.yaml`);
  await cluster.kubectl('rollout', 'status', 'deploy/web', '--timeout=120s');
});
afterAll(async () => {
  await cluster?.destroy();
});

it('restarts a container that was removed behind its back', async () => {
  const victim = (await cluster.containers()).find((c) => c.labels['kubus.io/container'] === 'web');
  const uid = victim?.labels['kubus.io/pod-uid'];
  await must('docker', ['rm', '-f', victim?.id ?? '']);
  await eventually(async () => {
    const pod = (await pods()).find((p) => p.metadata.uid === uid);
    expect(pod?.status.containerStatuses?.[0]).toMatchObject({ restartCount: 1, ready: true });
  }, 60_000);
});

it('restarts a container that ends by itself, at once the first time', async () => {
  const victim = (await cluster.containers()).find(
    (c) => c.labels['kubus.io/container'] === 'web' && c.labels['kubus.io/attempt'] === '0',
  );
  const uid = victim?.labels['kubus.io/pod-uid'];
  await must('docker', ['kill', victim?.id ?? '']);
  // Well before the agent would look by itself (60 s).
  await eventually(async () => {
    const pod = (await pods()).find((p) => p.metadata.uid === uid);
    expect(pod?.status.containerStatuses?.[0]).toMatchObject({ restartCount: 1, ready: true });
  });
});

it('replaces a deleted pod', async () => {
  const [victim] = await pods();
  await cluster.kubectl('delete', 'pod', victim?.metadata.name ?? '');
  await eventually(async () => {
    const now = await pods();
    expect(now.map((p) => p.status.containerStatuses?.[0]?.ready)).toEqual([true, true, true]);
    expect(now.map((p) => p.metadata.uid)).not.toContain(victim?.metadata.uid);
  }, 60_000);
});

it('moves the pods of a lost node to the other one', async () => {
  const agent = await cluster.pid('node-2');
  // The agent and its containers die together, as when the machine loses power; SIGSTOP keeps the supervisor from bringing it back.
  process.kill(agent, 'SIGSTOP');
  const lost = (await cluster.containers()).filter((c) => c.labels['kubus.io/node'] === 'node-2');
  if (lost.length > 0) await must('docker', ['rm', '-f', ...lost.map((c) => c.id)]);
  await eventually(async () => {
    const ready = (await pods()).filter((p) => p.spec.nodeName === 'node-1' && p.status.containerStatuses?.[0]?.ready);
    expect(ready).toHaveLength(3);
    expect(await cluster.kubectl('get', 'node', 'node-2')).toMatch(/NotReady/);
  }, 120_000);
  process.kill(agent, 'SIGKILL');
  await eventually(async () => expect(await cluster.kubectl('get', 'node', 'node-2')).toMatch(/\sReady/), 120_000);
  await eventually(async () => {
    const uids = (await pods()).map((p) => p.metadata.uid).sort();
    expect(uids).toHaveLength(3);
    const running = (await cluster.containers()).filter(
      (c) => c.labels['kubus.io/container'] === 'web' && c.state === 'running',
    );
    expect(running.map((c) => c.labels['kubus.io/pod-uid']).sort()).toEqual(uids);
  }, 120_000);
});
