import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '@kubus/testkit';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type Cluster, loseChangeLog, root, startCluster } from './harness/index.ts';

interface Pod {
  metadata: { name: string; uid: string; deletionTimestamp?: string };
  spec: { containers: { env?: { name: string; value?: string }[] }[] };
  status: { phase: string; containerStatuses?: { ready: boolean }[] };
}

let cluster: Cluster;
let round = 0;

beforeAll(async () => {
  cluster = await startCluster();
  await cluster.kubectl('apply', '-f', `${root}/examples/web.yaml`);
  await cluster.kubectl('rollout', 'status', 'deploy/web', '--timeout=120s');
});
afterAll(async () => {
  await cluster?.destroy();
});

async function kill(...programs: string[]): Promise<void> {
  for (const program of programs) process.kill(await cluster.pid(program), 'SIGKILL');
}

/** Writes until told to stop; gives back the names whose creation was acknowledged. */
function writeConfigMaps(prefix: string): { stop(): Promise<string[]> } {
  const acknowledged: string[] = [];
  let running = true;
  const done = (async () => {
    for (let i = 0; running; i++) {
      const name = `${prefix}-${i}`;
      const answer = await cluster.tryKubectl(['create', 'configmap', name, `--from-literal=n=${i}`], {
        timeoutMs: 20_000,
      });
      if (answer.code === 0) acknowledged.push(name);
    }
  })();
  return {
    stop: async () => {
      running = false;
      await done;
      return acknowledged;
    },
  };
}

/** The desired state holds: three ready pods of the newest template, one running container for each, nothing else. */
async function expectConverged(value: string): Promise<void> {
  await eventually(
    async () => {
      const { items } = await cluster.getJson<{ items: Pod[] }>('pods', '-l', 'app=web');
      expect(items).toHaveLength(3);
      for (const pod of items) {
        expect(pod.metadata.deletionTimestamp).toBeUndefined();
        expect(pod.status.containerStatuses?.[0]?.ready).toBe(true);
        expect(pod.spec.containers[0]?.env?.find((e) => e.name === 'ROUND')?.value).toBe(value);
      }
      const containers = (await cluster.containers()).filter((c) => c.labels['kubus.io/container'] === 'web');
      const running = containers.filter((c) => c.state === 'running').map((c) => c.labels['kubus.io/pod-uid']);
      expect(running.sort()).toEqual(items.map((pod) => pod.metadata.uid).sort());
      const uids = new Set(items.map((pod) => pod.metadata.uid));
      for (const c of await cluster.containers()) expect(uids).toContain(c.labels['kubus.io/pod-uid']);
    },
    120_000,
    500,
  );
}

/** Starts a rollout and writes objects, lets the fault happen in the middle, and checks that nothing was lost, doubled or left over. */
async function duringRollout(fault: () => Promise<void>): Promise<void> {
  round++;
  const writer = writeConfigMaps(`round-${round}`);
  await cluster.kubectl('set', 'env', 'deploy/web', `ROUND=${round}`);
  await eventually(async () => {
    const { items } = await cluster.getJson<{ items: Pod[] }>('pods', '-l', 'app=web');
    expect(items.some((pod) => pod.spec.containers[0]?.env?.some((e) => e.value === `${round}`))).toBe(true);
  }, 30_000);
  await fault();
  await expectConverged(`${round}`);
  const acknowledged = await writer.stop();
  const stored = new Set(
    (await cluster.kubectl('get', 'configmaps', '-o', 'name')).split('\n').map((n) => n.replace('configmap/', '')),
  );
  expect(acknowledged.length).toBeGreaterThan(0);
  for (const name of acknowledged) expect(stored).toContain(name);
}

describe('kill -9 during a rollout loses no acknowledged write, and the desired state is reached', () => {
  it.each([
    ['api'],
    ['scheduler'],
    ['controller-manager'],
    ['node-1'],
    ['nats'],
    ['redis'],
  ])('of %s', async (program) => {
    await duringRollout(() => kill(program));
  });

  it('of everything at once', async () => {
    await duringRollout(() => kill('api', 'scheduler', 'controller-manager', 'node-1', 'node-2', 'nats', 'redis'));
  });
});

describe('derived and queued data', () => {
  it('costs only time when every BullMQ key is deleted while controllers work', async () => {
    await duringRollout(async () => {
      const redis = await adminRedis();
      for (let i = 0; i < 5; i++) {
        const keys = await redis.keys('bull:*');
        if (keys.length > 0) await redis.unlink(...keys);
      }
      redis.disconnect();
    });
  });

  it('rebuilds the change log when JetStream is wiped while running, and watchers recover', async () => {
    const watch = cluster.beginKubectl(['get', 'configmaps', '--watch', '-o', 'name']);
    onTestFinished(watch.kill);
    await duringRollout(async () => {
      const pid = await cluster.pid('nats');
      await loseChangeLog(cluster.stateDir, (signal) => process.kill(pid, signal));
    });
    await cluster.kubectl('create', 'configmap', 'after-the-wipe');
    await cluster.kubectl(
      'wait',
      '--for=jsonpath={.metadata.name}=after-the-wipe',
      'configmap/after-the-wipe',
      '--timeout=60s',
    );
    // It has seen what came, or was told that its revision is gone.
    const told = () => expect(watch.stdout()).toContain('configmap/after-the-wipe');
    await Promise.race([eventually(told, 60_000), watch.ended]);
  });
});

async function adminRedis(): Promise<Redis> {
  const url = (await readFile(join(cluster.stateDir, 'state/services/api/redis.url'), 'utf8')).trim();
  return new Redis(url);
}
