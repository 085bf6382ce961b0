import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { Exec, KubeConfig, type V1Status } from '@kubernetes/client-node';
import { eventually } from '@kubus/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cluster, forwarding, MemoryWatch, must, receiveAll, sendZeros, startCluster } from './harness/index.ts';

const MiB = 2 ** 20;
const servers = ['api', 'node-1'];
let cluster: Cluster;
let folder: string;
let container: string;

/** Port 80 sends the file /big, port 81 takes what comes. */
const pod = `
apiVersion: v1
kind: Pod
metadata: { name: files }
spec:
  nodeName: node-1
  terminationGracePeriodSeconds: 0
  containers:
    - name: main
      image: busybox:1.36
      command: [sh, -c, 'printf "#!/bin/sh\\nexec cat /big\\n" >/out; printf "#!/bin/sh\\nexec cat >/dev/null\\n" >/in; chmod +x /out /in; nc -ll -p 80 -e /out & exec nc -ll -p 81 -e /in']
`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kubus-load-'));
  cluster = await startCluster();
  await cluster.tryKubectl(['apply', '-f', '-'], { input: pod });
  await cluster.kubectl('wait', 'pod/files', '--for=condition=Ready', '--timeout=120s');
  const found = (await cluster.containers()).find(({ labels }) => labels['kubus.io/container'] === 'main');
  container = found?.id ?? '';
});
afterAll(async () => {
  await cluster?.destroy();
  await rm(folder, { recursive: true, force: true });
});

/** The same bytes in and out, by files and by ports. */
async function transfer(size: number): Promise<void> {
  const [big, back] = [join(folder, 'big'), join(folder, 'back')];
  await writeFile(big, '');
  await truncate(big, size);
  await cluster.kubectl('cp', big, 'files:/big');
  await cluster.kubectl('cp', 'files:/big', back);
  expect((await stat(back)).size).toBe(size);
  await forwarding(cluster, ['files', 80], async (local) => expect(await receiveAll(local)).toBe(size));
  await forwarding(cluster, ['files', 81], (local) => sendZeros(local, size));
}

it('files of any size pass through api and agent without their memory growing', async () => {
  await transfer(16 * MiB);
  const memory = await MemoryWatch.over(cluster, servers);
  await transfer(128 * MiB);
  const growth = memory.stop();
  expect([...growth.keys()].sort()).toEqual(servers);
  // Garbage may pile up for a while; a file that is held as a whole is 128.
  for (const grown of growth.values()) expect(grown).toBeLessThan(96);
});

it('a client that does not read holds back the command, not the memory of those between', async () => {
  const script = 'i=0; while [ $i -lt 300 ]; do head -c 1048576 /dev/zero; i=$((i+1)); echo $i >/tmp/progress; done';
  const memory = await MemoryWatch.over(cluster, servers);
  const child = spawn('kubectl-1.36', ['exec', 'files', '--', 'sh', '-c', script], {
    env: { ...process.env, KUBECONFIG: cluster.kubeconfig },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let last = 0;
  await eventually(
    async () => {
      const now = Number(await must('docker', ['exec', container, 'cat', '/tmp/progress']));
      const rests = now === last;
      last = now;
      expect(rests).toBe(true);
    },
    30_000,
    1_000,
  );
  expect(last).toBeGreaterThan(0);
  expect(last).toBeLessThan(40);
  for (const grown of memory.stop().values()) expect(grown).toBeLessThan(64);
  let bytes = 0;
  for await (const chunk of child.stdout) bytes += (chunk as Buffer).length;
  expect(bytes).toBe(300 * MiB);
});

it('a hundred commands at once get their own input, output and exit codes, and leave nothing open', async () => {
  const config = new KubeConfig();
  config.loadFromFile(cluster.kubeconfig);
  const open = async () =>
    Promise.all(servers.map(async (name) => (await readdir(`/proc/${await cluster.pid(name)}/fd`)).length));
  const one = async (i: number) => {
    const [input, out] = [new PassThrough(), new PassThrough()];
    let text = '';
    out.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    const outcome = Promise.withResolvers<V1Status>();
    const command = ['sh', '-c', `cat; exit ${i % 3}`];
    await new Exec(config).exec('default', 'files', 'main', command, out, null, input, false, outcome.resolve);
    input.end(`number ${i}`);
    const { details } = await outcome.promise;
    return `${text} ${details?.causes?.[0]?.message ?? 0}`;
  };
  await one(0);
  const before = await open();
  const hundred = Array.from({ length: 100 }, (_, i) => i);
  expect(await Promise.all(hundred.map(one))).toEqual(hundred.map((i) => `number ${i} ${i % 3}`));
  await eventually(async () => {
    for (const [i, now] of (await open()).entries()) expect(now).toBeLessThan((before[i] ?? 0) + 10);
  }, 30_000);
});

describe.each(servers)('when %s is killed', (server) => {
  it('the client learns that its command is lost, nothing waits for it for ever, and the next one runs', async () => {
    const child = spawn('kubectl-1.36', ['exec', '-i', 'files', '--', 'sh', '-c', 'echo begun; exec cat -u'], {
      env: { ...process.env, KUBECONFIG: cluster.kubeconfig },
    });
    await once(child.stdout, 'data');
    let told = '';
    child.stderr.on('data', (chunk) => (told += chunk));
    const ended = once(child, 'close');
    process.kill(await cluster.pid(server), 'SIGKILL');
    expect(await ended).toEqual([1, null]);
    expect(told).toMatch(/the connection to the node was lost|close 1006|EOF|reset/);
    await eventually(async () => expect(await must('docker', ['top', container])).not.toContain('cat -u'), 30_000);
    await eventually(
      async () => expect(await cluster.kubectl('exec', 'files', '--', 'echo', 'again')).toBe('again\n'),
      60_000,
      500,
    );
  });
});
