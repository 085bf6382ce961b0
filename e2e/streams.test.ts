import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@kubus/testkit';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type Cluster, forwarding, startCluster } from './harness/index.ts';

let cluster: Cluster;
let folder: string;

const pod = `
apiVersion: v1
kind: Pod
metadata: { name: web, labels: { app: web } }
spec:
  terminationGracePeriodSeconds: 0
  containers:
    - name: main
      image: busybox:1.36
      command: [sh, -c, 'mkdir /www; echo "the page" >/www/index.html; httpd -p 80 -h /www; httpd -p 127.0.0.1:81 -h /www; nc -ll -p 82 -e cat']
      ports: [{ name: http, containerPort: 80 }]
      readinessProbe: { tcpSocket: { port: 80 }, periodSeconds: 1 }
---
apiVersion: v1
kind: Pod
metadata: { name: echo }
spec:
  terminationGracePeriodSeconds: 0
  containers:
    - { name: main, image: busybox:1.36, stdin: true, command: [sh, -c, 'while read line; do echo got $line; done'] }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, ports: [{ name: http, port: 8000, targetPort: http }] }
`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kubus-streams-'));
  cluster = await startCluster();
  await cluster.tryKubectl(['apply', '-f', '-'], { input: pod });
  await cluster.kubectl('wait', 'pod/web', 'pod/echo', '--for=condition=Ready', '--timeout=120s');
});
afterAll(async () => {
  await cluster?.destroy();
  await rm(folder, { recursive: true, force: true });
});

const spdy = { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: 'false', KUBECTL_PORT_FORWARD_WEBSOCKETS: 'false' };

describe.each([
  ['kubectl-1.36', {}],
  ['kubectl-1.36', spdy],
  ['kubectl-1.32', {}],
  ['kubectl-1.20', {}],
])('%s %j', (binary, env) => {
  const run = (args: readonly string[], input = '') => cluster.tryKubectl(args, { binary, env, input });
  const tag = `${binary}-${Object.keys(env).length}`;

  it('gives output, errors and the exit code of a command, and takes its input', async () => {
    const { code, stdout, stderr } = await run(
      ['exec', '-i', 'web', '--', 'sh', '-c', 'cat; echo bad >&2; exit 7'],
      'the input\n',
    );
    expect([code, stdout]).toEqual([7, 'the input\n']);
    expect(stderr).toContain('bad\n');
  });

  it('copies files into a pod and out of it, byte by byte', async () => {
    const dir = join(folder, tag);
    await mkdir(join(dir, 'some', 'deep'), { recursive: true });
    const bytes = randomBytes(20 * 2 ** 20);
    await writeFile(join(dir, 'some', 'deep', 'file'), bytes);
    // It may complain of an empty message: kubectl 1.32 reads before it has made its streams.
    expect(await run(['cp', join(dir, 'some'), `web:/tmp/${tag}`])).toMatchObject({ code: 0 });
    const sum = createHash('sha256').update(bytes).digest('hex');
    const there = await run(['exec', 'web', '--', 'sha256sum', `/tmp/${tag}/deep/file`]);
    expect(there.stdout).toContain(sum);
    const back = join(dir, 'back');
    expect((await run(['cp', `web:/tmp/${tag}/deep/file`, back])).code).toBe(0);
    expect(
      createHash('sha256')
        .update(await readFile(back))
        .digest('hex'),
    ).toBe(sum);
  });

  it('attaches to a container, and leaves it running when the input ends', async () => {
    // Who ends the input goes; the answer is awaited before.
    const attached = cluster.beginKubectl(['attach', '-i', 'echo'], { binary, env });
    onTestFinished(attached.kill);
    attached.input.write('one\ntwo\n');
    await eventually(() => expect(attached.stdout()).toBe('got one\ngot two\n'));
    attached.input.end();
    expect(await attached.ended).toBe(0);
  });

  it('runs a pod with input, prints what it says and removes it', async () => {
    const name = tag.replace(/\W/g, '-');
    const options = ['--rm', '--image=busybox:1.36', '--restart=Never'];
    const { code, stdout } = await run(['run', '-i', name, ...options, '--', 'cat'], 'one\ntwo\n');
    expect(code).toBe(0);
    expect(stdout).toContain('one\ntwo\n');
    await eventually(async () =>
      expect(await cluster.kubectl('get', 'pod', name, '--ignore-not-found', '-o', 'name')).toBe(''),
    );
  });

  it.each([80, 81])('forwards to port %i, of the address or the loopback of the pod', async (port) => {
    await forwarding(
      cluster,
      ['web', port],
      async (local) => {
        const reply = await fetch(`http://127.0.0.1:${local}/`);
        expect(await reply.text()).toBe('the page\n');
        const replies = await Promise.all([1, 2, 3, 4].map(() => fetch(`http://127.0.0.1:${local}/`)));
        expect(replies.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
      },
      { binary, env },
    );
  });
});

it('passes on the end of what is sent through a forwarded port', async () => {
  await forwarding(cluster, ['web', 82], async (local) => {
    const socket = connect({ port: local, host: '127.0.0.1', allowHalfOpen: true });
    socket.end('to the end');
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk as Buffer);
    expect(Buffer.concat(chunks).toString()).toBe('to the end');
  });
});

it.each(['kubectl-1.36', 'kubectl-1.32'])('looks into a pod with %s debug, with input', async (binary) => {
  const { code, stdout } = await cluster.tryKubectl(['debug', '-i', 'web', '--image=busybox:1.36', '--', 'cat'], {
    binary,
    input: 'one\ntwo\n',
  });
  expect(code).toBe(0);
  expect(stdout).toContain('one\ntwo\n');
});

it.each([
  'pods/web:80',
  'pods/web',
  'services/web:8000',
  'services/web:http',
])('reaches %s through the proxy', async (name) => {
  const answer = await cluster.kubectl('get', '--raw', `/api/v1/namespaces/default/${name}/proxy/`);
  expect(answer).toBe('the page\n');
});

it('asks a node through the proxy for its health, its pods and what they use', async () => {
  const node = await cluster.kubectl('get', 'pod', 'web', '-o', 'jsonpath={.spec.nodeName}');
  const ask = (path: string) => cluster.kubectl('get', '--raw', `/api/v1/nodes/${node}/proxy/${path}`);
  expect(await ask('healthz')).toBe('ok');
  const { items } = JSON.parse(await ask('pods')) as { items: { metadata: { name: string } }[] };
  expect(items.map(({ metadata }) => metadata.name)).toContain('web');
  const { pods } = JSON.parse(await ask('stats/summary')) as { pods: { podRef: { name: string } }[] };
  expect(pods.map(({ podRef }) => podRef.name)).toContain('web');
});
