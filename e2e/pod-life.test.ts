import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@kubus/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cluster, startCluster } from './harness/index.ts';

interface Status {
  name: string;
  ready: boolean;
  restartCount: number;
  allocatedResources?: Record<string, string>;
  state: { terminated?: { exitCode: number; reason: string; message?: string } };
}
interface Pod {
  spec: { nodeName: string };
  status: {
    phase: string;
    reason?: string;
    conditions: { type: string; status: string; lastTransitionTime: string }[];
    containerStatuses: Status[];
    initContainerStatuses?: Status[];
    ephemeralContainerStatuses?: Status[];
  };
}

let cluster: Cluster;
let dir: string;

const whole = `
apiVersion: v1
kind: Pod
metadata: {name: whole}
spec:
  terminationGracePeriodSeconds: 10
  initContainers:
  - {name: init, image: busybox:1.36, command: [sh, -c, "exit 0"]}
  - name: proxy
    image: busybox:1.36
    restartPolicy: Always
    command: [sh, -c, "touch /tmp/up; trap 'exit 0' TERM; while :; do sleep 0.1; done"]
    startupProbe: {exec: {command: [cat, /tmp/up]}, periodSeconds: 1, timeoutSeconds: 20, failureThreshold: 60}
  containers:
  - name: main
    image: busybox:1.36
    command: [sh, -c, "mkdir /www; echo hi > /www/index.html; httpd -p 8080 -h /www; trap 'exit 0' TERM; while :; do sleep 0.1; done"]
    ports: [{name: web, containerPort: 8080}]
    resources: {requests: {cpu: 50m, memory: 16Mi}}
    readinessProbe: {httpGet: {path: /, port: web}, periodSeconds: 1}
    livenessProbe: {tcpSocket: {port: web}, periodSeconds: 1, timeoutSeconds: 20, failureThreshold: 10}
    lifecycle:
      postStart: {exec: {command: [sh, -c, "echo greeted > /tmp/greeted"]}}
      preStop: {sleep: {seconds: 1}}
`;
const sick = `
apiVersion: v1
kind: Pod
metadata: {name: sick}
spec:
  terminationGracePeriodSeconds: 0
  containers:
  - name: main
    image: busybox:1.36
    command: [sh, -c, "touch /tmp/ok; sleep 3; rm /tmp/ok; sleep 1000"]
    livenessProbe: {exec: {command: [cat, /tmp/ok]}, periodSeconds: 1, timeoutSeconds: 20, failureThreshold: 1, initialDelaySeconds: 1}
`;
const bounded = `
apiVersion: v1
kind: Pod
metadata: {name: bounded}
spec:
  activeDeadlineSeconds: 20
  restartPolicy: Never
  containers:
  - {name: main, image: busybox:1.36, command: [sh, -c, "trap 'echo bye > /dev/termination-log; exit 4' TERM; while :; do sleep 0.1; done"]}
`;
const denied = `
apiVersion: v1
kind: Pod
metadata: {name: denied}
spec:
  securityContext: {runAsNonRoot: true}
  containers: [{name: main, image: "busybox:1.36", command: [sleep, "1000"]}]
`;

const apply = async (name: string, text: string) => {
  await writeFile(join(dir, name), text);
  await cluster.kubectl('apply', '-f', join(dir, name));
};
const pod = (name: string) => cluster.getJson<Pod>('pod', name);
const within = 120_000;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'kubus-pod-life-'));
  cluster = await startCluster({ args: ['--nodes', '1'] });
  // Its deadline passes while others are looked at; until then it has to have started.
  await apply('bounded.yaml', bounded);
});
afterAll(async () => {
  await cluster?.destroy();
  await rm(dir, { recursive: true, force: true });
});

describe('a pod with init container, sidecar, probes and hooks', () => {
  it('becomes ready', async () => {
    await apply('whole.yaml', whole);
    await cluster.kubectl('wait', '--for=condition=Ready', 'pod/whole', '--timeout=120s');
    expect(await cluster.kubectl('exec', 'whole', '-c', 'main', '--', 'cat', '/tmp/greeted')).toBe('greeted\n');
    expect(await cluster.kubectl('get', 'pod', 'whole')).toMatch(/whole\s+2\/2\s+Running\s+0/);
  });

  it('is looked into by kubectl debug, which sees the processes of its target', async () => {
    const command = ['sh', '-c', 'ps -o args'];
    await cluster.kubectl(
      ...[
        'debug',
        'whole',
        '--image=busybox:1.36',
        '--target=main',
        '-c',
        'look',
        '--profile=general',
        '--',
        ...command,
      ],
    );
    await eventually(
      async () => expect(await cluster.kubectl('logs', 'whole', '-c', 'look')).toContain('httpd'),
      within,
    );
  });

  it('is given other resources while it runs', async () => {
    const patch = { spec: { containers: [{ name: 'main', resources: { requests: { cpu: '80m', memory: '16Mi' } } }] } };
    await cluster.kubectl('patch', 'pod', 'whole', '--subresource', 'resize', '-p', JSON.stringify(patch));
    await eventually(async () => {
      const [main] = (await pod('whole')).status.containerStatuses;
      expect(main).toMatchObject({ restartCount: 0, allocatedResources: { cpu: '80m' } });
    }, within);
  });

  it('ends with its hooks, the sidecar last', async () => {
    await cluster.kubectl('delete', 'pod', 'whole', '--timeout=120s');
    await eventually(async () => {
      const left = (await cluster.containers()).filter((c) => c.labels['kubus.io/pod-name'] === 'whole');
      expect(left).toEqual([]);
      const events = await cluster.kubectl(
        'get',
        'events',
        '--field-selector=reason=Killing',
        '-o',
        'jsonpath={.items[*].message}',
      );
      expect(events).toContain('Stopping container main');
      expect(events).toContain('Stopping container proxy');
    }, within);
  });
});

it('a container that fails its liveness probe is restarted, and its log before that is kept', async () => {
  await apply('sick.yaml', sick);
  await eventually(async () => {
    expect((await pod('sick')).status.containerStatuses[0]?.restartCount).toBeGreaterThanOrEqual(1);
    const described = await cluster.kubectl('describe', 'pod', 'sick');
    expect(described).toMatch(/Warning\s+Unhealthy .*Liveness probe failed: cat: can't open '\/tmp\/ok'/);
    expect(described).toContain('Container main failed liveness probe, will be restarted');
    expect((await cluster.tryKubectl(['logs', '--previous', 'sick'])).code).toBe(0);
  }, within);
  await cluster.kubectl('delete', 'pod', 'sick', '--grace-period=0', '--force');
});

it('a pod whose deadline has passed fails, with the last words of its container', async () => {
  await eventually(async () => {
    const { status } = await pod('bounded');
    expect(status).toMatchObject({ phase: 'Failed', reason: 'DeadlineExceeded' });
    expect(status.containerStatuses[0]?.state.terminated).toMatchObject({ exitCode: 4, message: 'bye\n' });
  }, within);
});

it('a container that must not run as root does not', async () => {
  await apply('denied.yaml', denied);
  await eventually(async () => {
    expect(await cluster.kubectl('get', 'pod', 'denied')).toMatch(/denied\s+0\/1\s+CreateContainerConfigError/);
  }, within);
});

it('a StatefulSet makes a pod anew that its node refuses, until the node takes it', async () => {
  const node = await cluster.kubectl('get', 'nodes', '-o', 'jsonpath={.items[0].metadata.name}');
  const hostPort = 21_000 + (process.pid % 1000);
  const spec = {
    nodeName: node,
    terminationGracePeriodSeconds: 0,
    containers: [
      {
        ...{ name: 'main', image: 'busybox:1.36', command: ['sleep', '600'] },
        ports: [{ containerPort: 80, hostPort }],
      },
    ],
  };
  const labels = { app: 'refused' };
  const template = { metadata: { labels }, spec };
  const holder = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'holder' }, spec };
  await apply('holder.yaml', JSON.stringify(holder));
  await cluster.kubectl('wait', '--for=jsonpath={.status.phase}=Running', 'pod/holder', '--timeout=120s');
  const set = { serviceName: 'none', replicas: 1, selector: { matchLabels: labels }, template };
  const metadata = { name: 'refused' };
  await apply('refused.yaml', JSON.stringify({ apiVersion: 'apps/v1', kind: 'StatefulSet', metadata, spec: set }));
  const seen = new Set<string>();
  await eventually(async () => {
    const { stdout } = await cluster.tryKubectl(['get', 'pod', 'refused-0', '-o', 'jsonpath={.metadata.uid}']);
    if (stdout !== '') seen.add(stdout);
    expect(seen.size).toBeGreaterThan(1);
  }, within);
  await cluster.kubectl('delete', 'pod', 'holder', '--timeout=120s');
  await cluster.kubectl('rollout', 'status', 'statefulset/refused', '--timeout=120s');
  const events = ['get', 'events', '--field-selector=involvedObject.name=refused-0,reason=NodePorts', '-o', 'name'];
  await eventually(async () => expect(await cluster.kubectl(...events)).not.toBe(''), within);
});
