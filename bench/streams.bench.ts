import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, truncate } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@kubus/testkit';
import { type Cluster, startCluster } from '../e2e/harness/index.ts';
import { must } from '../e2e/harness/run.ts';
import type { Benchmark, Figure } from './harness.ts';

const MiB = 2 ** 20;
const size = 1024 * MiB;
const target = '200 MB/s or 60% of docker cp';

const pod = `
apiVersion: v1
kind: Pod
metadata: { name: files }
spec:
  terminationGracePeriodSeconds: 0
  containers:
    - name: main
      image: busybox:1.36
      command: [sh, -c, 'printf "#!/bin/sh\\nexec cat /big\\n" >/out; printf "#!/bin/sh\\nexec cat >/dev/null\\n" >/in; chmod +x /out /in; nc -ll -p 80 -e /out & exec nc -ll -p 81 -e /in']
`;

export default {
  name: 'streams',
  about: `a file of ${size / MiB} MiB through kubectl cp and port-forward, in and out, beside docker cp of the same file`,
  async run(say) {
    const dir = await mkdtemp(join(tmpdir(), 'kubus-bench-'));
    const cluster = await startCluster();
    try {
      return await measure(cluster, dir, say);
    } finally {
      await cluster.destroy();
      await rm(dir, { recursive: true, force: true });
    }
  },
} satisfies Benchmark;

async function measure(cluster: Cluster, dir: string, say: (line: string) => void): Promise<Figure[]> {
  const big = join(dir, 'big');
  await must('sh', ['-c', `: >${big}`]);
  await truncate(big, size);
  await cluster.tryKubectl(['apply', '-f', '-'], { input: pod });
  await cluster.kubectl('wait', 'pod/files', '--for=condition=Ready', '--timeout=60s');
  const container =
    (await cluster.containers()).find(({ labels }) => labels['kubus.io/container'] === 'main')?.id ?? '';
  const memory = await MemoryWatch.over(cluster);
  const ways: [what: string, work: () => Promise<unknown>][] = [
    ['docker cp in', () => must('docker', ['cp', big, `${container}:/big`])],
    ['kubectl cp in', () => cluster.kubectl('cp', big, 'files:/big')],
    ['docker cp out', () => must('docker', ['cp', `${container}:/big`, join(dir, 'out')])],
    ['kubectl cp out', () => cluster.kubectl('cp', 'files:/big', join(dir, 'out'))],
    ['port-forward out', () => forward(cluster, 80, receive)],
    ['port-forward in', () => forward(cluster, 81, send)],
  ];
  const rates = new Map<string, number>();
  for (const [what, work] of ways) {
    const started = performance.now();
    await work();
    rates.set(what, size / 1e6 / ((performance.now() - started) / 1000));
    say(`${what}: ${rates.get(what)?.toFixed(0)} MB/s`);
  }
  const growth = memory.stop();
  return [
    ...['kubectl cp in', 'kubectl cp out', 'port-forward in', 'port-forward out'].map((what) => figure(what, rates)),
    ...[...growth].map(([program, value]) => ({
      what: `peak memory of ${program} over what it had before`,
      value,
      unit: 'MiB',
      target: 'no growth with the size: < 256 MiB',
      reached: value < 256,
    })),
  ];
}

function figure(what: string, rates: ReadonlyMap<string, number>): Figure {
  const peer = what.endsWith('in') ? 'docker cp in' : 'docker cp out';
  const value = rates.get(what) ?? Number.NaN;
  const beside = { what: peer, value: rates.get(peer) ?? Number.NaN };
  return { what, value, unit: 'MB/s', beside, target, reached: value >= 200 || value >= 0.6 * beside.value };
}

async function forward(cluster: Cluster, port: number, use: (local: number) => Promise<void>): Promise<void> {
  const env = { ...process.env, KUBECONFIG: cluster.kubeconfig };
  const child: ChildProcess = spawn('kubectl-1.36', ['port-forward', 'files', `:${port}`], { env });
  let output = '';
  child.stdout?.on('data', (chunk) => {
    output += chunk;
  });
  try {
    const local = await eventually(() => Number(/127\.0\.0\.1:(\d+) -> /.exec(output)?.[1] ?? fail(output)));
    await use(local);
  } finally {
    child.kill();
  }
}

function fail(output: string): never {
  throw new Error(`not forwarding yet: ${output}`);
}

async function receive(local: number): Promise<void> {
  let got = 0;
  for await (const chunk of connect({ port: local, host: '127.0.0.1' })) got += (chunk as Buffer).length;
  if (got !== size) throw new Error(`${got} bytes came`);
}

async function send(local: number): Promise<void> {
  const socket = connect({ port: local, host: '127.0.0.1', allowHalfOpen: true });
  const piece = Buffer.alloc(MiB);
  for (let sent = 0; sent < size; sent += piece.length) {
    if (!socket.write(piece)) await once(socket, 'drain');
  }
  socket.end();
  // The other end closes when all of it has arrived.
  socket.resume();
  await once(socket, 'end');
}

/** The highest resident memory of api and agent while it runs, less what they had at the beginning; MiB. */
class MemoryWatch {
  readonly #before = new Map<string, number>();
  readonly #peaks = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;

  static async over(cluster: Cluster): Promise<MemoryWatch> {
    const pids = await Promise.all(['api', 'node-1'].map(async (name) => [name, await cluster.pid(name)] as const));
    const watch = new MemoryWatch(pids);
    for (const [name, pid] of pids) watch.#before.set(name, await resident(pid));
    return watch;
  }

  constructor(pids: readonly (readonly [string, number])[]) {
    this.#timer = setInterval(() => {
      for (const [name, pid] of pids) {
        resident(pid).then(
          (now) => this.#peaks.set(name, Math.max(now, this.#peaks.get(name) ?? 0)),
          () => undefined,
        );
      }
    }, 100);
  }

  stop(): Map<string, number> {
    clearInterval(this.#timer);
    return new Map([...this.#peaks].map(([name, peak]) => [name, peak - (this.#before.get(name) ?? 0)]));
  }
}

async function resident(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
}
