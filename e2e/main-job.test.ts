import { eventually } from '@kubus/testkit';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type Cluster, root, startCluster } from './harness/index.ts';

interface PodList {
  items: {
    metadata: { name: string; uid: string; deletionTimestamp?: string };
    spec: { nodeName: string };
    status: { phase: string; podIP: string; containerStatuses: { restartCount: number; containerID: string }[] };
  }[];
}

let cluster: Cluster;
/** Pods that are not on their way out. */
async function pods(selector: string): Promise<PodList> {
  const { items } = await cluster.getJson<PodList>('pods', '-l', selector);
  return { items: items.filter((pod) => pod.metadata.deletionTimestamp === undefined) };
}

beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(async () => {
  await cluster?.destroy();
});

describe('kubectl apply -f examples/web.yaml', () => {
  it('runs three pods as containers, spread over both nodes', async () => {
    await cluster.kubectl('apply', '-f', `${root}/examples/web.yaml`);
    await cluster.kubectl('rollout', 'status', 'deploy/web', '--timeout=120s');
    const { items } = await pods('app=web');
    expect(items.map((pod) => pod.status.phase)).toEqual(['Running', 'Running', 'Running']);
    expect(new Set(items.map((pod) => pod.spec.nodeName))).toEqual(new Set(['node-1', 'node-2']));
    const running = (await cluster.containers()).filter(
      (c) => c.state === 'running' && c.labels['kubus.io/container'] === 'web',
    );
    expect(running.map((c) => c.labels['kubus.io/pod-uid']).sort()).toEqual(
      items.map((pod) => pod.metadata.uid).sort(),
    );
  });

  it('shows pods, deployments and replica sets as tables', async () => {
    const wide = await cluster.kubectl('get', 'pods', '-o', 'wide');
    expect(
      wide
        .split('\n')[0]
        ?.trim()
        .split(/\s{2,}/),
    ).toEqual(['NAME', 'READY', 'STATUS', 'RESTARTS', 'AGE', 'IP', 'NODE', 'NOMINATED NODE', 'READINESS GATES']);
    expect(wide).toMatch(/^web-\S+\s+1\/1\s+Running\s+0\s+\S+\s+\d+\.\d+\.\d+\.\d+\s+node-[12]\s+<none>\s+<none>$/m);
    expect(await cluster.kubectl('get', 'deploy,rs')).toMatch(/deployment.apps\/web\s+3\/3\s+3\s+3/);
  });

  it('describes a pod with its events', async () => {
    const name = (await pods('app=web')).items[0]?.metadata.name ?? '';
    await eventually(async () => {
      const text = await cluster.kubectl('describe', 'pod', name);
      expect(text).toContain('Controlled By:  ReplicaSet/web-');
      for (const reason of ['Scheduled', 'Pulled', 'Created', 'Started'])
        expect(text).toMatch(new RegExp(`Normal\\s+${reason}\\s`));
    });
  });

  it('takes environment from the ConfigMap and the pod, and answers logs, logs -f and exec', async () => {
    const name = (await pods('app=web')).items[0]?.metadata.name ?? '';
    await eventually(async () => expect(await cluster.kubectl('logs', name)).toContain('serving: Hello from Kubus'));
    // Nothing says when the server has begun to listen.
    const page = await eventually(() => cluster.kubectl('exec', name, '--', 'wget', '-qO-', 'http://127.0.0.1:8080/'));
    expect(page).toMatch(new RegExp(`^Hello from Kubus, I am ${name} on node-[12]`));
    const followed = cluster.beginKubectl(['logs', '-f', name]);
    onTestFinished(followed.kill);
    await eventually(() => expect(followed.stdout()).toContain('response:200'));
    const failed = await cluster.tryKubectl(['exec', name, '--', 'sh', '-c', 'echo out; echo err >&2; exit 7']);
    expect(failed).toMatchObject({ code: 7, stdout: 'out\n' });
    expect(failed.stderr).toContain('err\n');
    const piped = await cluster.tryKubectl(['exec', '-i', name, '--', 'cat'], { input: 'through and back\n' });
    expect(piped.stdout).toBe('through and back\n');
  });

  it('scales', async () => {
    await cluster.kubectl('scale', 'deploy/web', '--replicas=5');
    await cluster.kubectl('rollout', 'status', 'deploy/web', '--timeout=120s');
    expect((await pods('app=web')).items).toHaveLength(5);
    await cluster.kubectl('scale', 'deploy/web', '--replicas=2');
    await eventually(async () => expect((await pods('app=web')).items).toHaveLength(2), 60_000);
  });

  it('rolls a new version out and back', async () => {
    await cluster.kubectl('set', 'env', 'deploy/web', 'COLOUR=blue');
    await cluster.kubectl('rollout', 'status', 'deploy/web', '--timeout=120s');
    const name = (await pods('app=web')).items[0]?.metadata.name ?? '';
    expect(await cluster.kubectl('exec', name, '--', 'sh', '-c', 'echo "<$COLOUR>"')).toBe('<blue>\n');
    expect(await cluster.kubectl('rollout', 'history', 'deploy/web')).toMatch(/1\s+<none>\n2\s+<none>/);
    await cluster.kubectl('rollout', 'undo', 'deploy/web');
    await cluster.kubectl('rollout', 'status', 'deploy/web', '--timeout=120s');
    const back = (await pods('app=web')).items[0]?.metadata.name ?? '';
    expect(await cluster.kubectl('exec', back, '--', 'sh', '-c', 'echo "<$COLOUR>"')).toBe('<>\n');
  });

  it('reports an image that cannot be had, and recovers by undo', async () => {
    await cluster.kubectl('set', 'image', 'deploy/web', 'web=registry.invalid/none:1');
    await eventually(
      async () => expect(await cluster.kubectl('get', 'pods')).toMatch(/ErrImagePull|ImagePullBackOff/),
      60_000,
    );
    await cluster.kubectl('rollout', 'undo', 'deploy/web');
    await cluster.kubectl('rollout', 'status', 'deploy/web', '--timeout=120s');
  });

  it('deletes everything and leaves no container', async () => {
    await cluster.kubectl('delete', '-f', `${root}/examples/web.yaml`);
    await eventually(async () => {
      expect(await cluster.containers()).toEqual([]);
      expect(await cluster.kubectl('get', 'pods,rs,deploy', '-o', 'name')).toBe('');
    }, 120_000);
  });
});
