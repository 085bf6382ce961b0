import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '@kubus/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Cluster, startCluster } from './harness/index.ts';

let cluster: Cluster;

beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(async () => {
  await cluster?.destroy();
});

const objects = `
apiVersion: v1
kind: ConfigMap
metadata: { name: conf }
data: { color: red, "app.conf": "a = 1\\n" }
---
apiVersion: v1
kind: Secret
metadata: { name: key }
stringData: { password: sesam }
---
apiVersion: v1
kind: Pod
metadata: { name: files, labels: { tier: back } }
spec:
  terminationGracePeriodSeconds: 0
  securityContext: { fsGroup: 2000 }
  volumes:
    - { name: conf, configMap: { name: conf } }
    - { name: key, secret: { secretName: key, defaultMode: 0400 } }
    - { name: work, emptyDir: {} }
    - { name: fast, emptyDir: { medium: Memory, sizeLimit: 4Mi } }
    - name: all
      projected:
        sources:
          - serviceAccountToken: { path: token, expirationSeconds: 3600 }
          - configMap: { name: kube-root-ca.crt, items: [{ key: ca.crt, path: ca.crt }] }
          - downwardAPI: { items: [{ path: labels, fieldRef: { fieldPath: metadata.labels } }] }
  containers:
    - name: main
      image: busybox:1.36
      command: [sh, -c, "echo started >>/work/log; exec sleep 3600"]
      volumeMounts:
        - { name: conf, mountPath: /conf }
        - { name: conf, mountPath: /etc/app.conf, subPath: app.conf }
        - { name: key, mountPath: /key }
        - { name: work, mountPath: /work }
        - { name: work, mountPath: /logs, subPath: logs }
        - { name: fast, mountPath: /fast }
        - { name: all, mountPath: /all }
`;
const apply = async (yaml: string) => {
  const answer = await cluster.tryKubectl(['apply', '-f', '-'], { input: yaml });
  expect(answer.stderr).toBe('');
};
const ready = (name: string) => cluster.kubectl('wait', '--for=condition=Ready', `pod/${name}`, '--timeout=120s');
const sh = (script: string) => cluster.kubectl('exec', 'files', '--', 'sh', '-c', script);

it('gives a pod files of every kind', async () => {
  await apply(objects);
  await ready('files');
  expect(await sh('cat /conf/color /etc/app.conf /key/password')).toBe('reda = 1\nsesam');
  expect(await sh('stat -f -c %T /key /all /fast; stat -L -c "%a %g" /key/password')).toBe(
    'tmpfs\ntmpfs\ntmpfs\n440 2000\n',
  );
  expect(await sh('cat /all/labels')).toBe('tier="back"');
  expect(await sh('touch /conf/x 2>&1 || true')).toContain('Read-only file system');
  expect(await sh('echo hi >/logs/a && cat /work/logs/a')).toBe('hi\n');
  expect(await sh('cat /etc/hosts')).toContain('# Kubernetes-managed hosts file.');
});

it('gives it a token that the API knows, bound to the pod', async () => {
  const token = await sh('cat /all/token');
  const uid = await cluster.kubectl('get', 'pod', 'files', '-o', 'jsonpath={.metadata.uid}');
  const server = await cluster.kubectl('config', 'view', '--minify', '-o', 'jsonpath={.clusters[0].cluster.server}');
  const ca = join(cluster.stateDir, 'from-pod.crt');
  await writeFile(ca, await sh('cat /all/ca.crt'));
  const args = [
    'auth',
    'whoami',
    '-o',
    'json',
    `--token=${token}`,
    `--server=${server}`,
    `--certificate-authority=${ca}`,
  ];
  const who = await cluster.tryKubectl(args, { env: { KUBECONFIG: '/dev/null' } });
  expect(who.stdout).toContain('system:serviceaccount:default:default');
  expect(who.stdout).toContain(uid);
});

it('shows changes of ConfigMaps, Secrets and labels in the files soon', async () => {
  await cluster.kubectl('patch', 'cm', 'conf', '-p', '{"data":{"color":"blue"}}');
  await cluster.kubectl('patch', 'secret', 'key', '-p', '{"stringData":{"password":"open"}}');
  await cluster.kubectl('label', 'pod', 'files', 'tier=front', '--overwrite');
  await eventually(
    async () => expect(await sh('cat /conf/color /key/password /all/labels')).toBe('blueopentier="front"'),
    60_000,
  );
});

it('waits for what is missing, and says so', async () => {
  await apply(`
apiVersion: v1
kind: Pod
metadata: { name: waits }
spec:
  terminationGracePeriodSeconds: 0
  volumes: [{ name: conf, configMap: { name: later } }]
  containers:
    - { name: main, image: busybox:1.36, command: [sleep, "3600"], volumeMounts: [{ name: conf, mountPath: /conf }] }
`);
  const said = 'MountVolume.SetUp failed for volume "conf" : configmap "later" not found';
  await eventually(async () => expect(await cluster.kubectl('describe', 'pod', 'waits')).toContain(said));
  await eventually(async () => expect(await cluster.kubectl('get', 'pod', 'waits')).toContain('ContainerCreating'));
  await cluster.kubectl('create', 'configmap', 'later', '--from-literal=a=1');
  await ready('waits');
  await cluster.kubectl('delete', 'pod', 'waits');
});

it('keeps the files through a restart of the agents, and goes on following their sources', async () => {
  await cluster.interrupt();
  await cluster.start();
  expect(await sh('cat /work/log /logs/a')).toBe('started\nhi\n');
  await cluster.kubectl('patch', 'cm', 'conf', '-p', '{"data":{"color":"green"}}');
  await eventually(async () => expect(await sh('cat /conf/color')).toBe('green'));
});

it('leaves nothing of a pod that is gone', async () => {
  const uid = await cluster.kubectl('get', 'pod', 'files', '-o', 'jsonpath={.metadata.uid}');
  const found = async () => {
    const all = await readdir(`${cluster.stateDir}/agents`, { recursive: true });
    const inMemory = await readdir(`/dev/shm/kubus/${cluster.name}`, { recursive: true });
    return [...all, ...inMemory].filter((path) => path.includes(uid));
  };
  expect(await found()).not.toEqual([]);
  await cluster.kubectl('delete', 'pod', 'files');
  await eventually(async () => expect(await found()).toEqual([]));
  expect(await readFile('/proc/self/mountinfo', 'utf8')).not.toContain(uid);
});
