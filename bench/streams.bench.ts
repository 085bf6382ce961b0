import { mkdtemp, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Cluster,
  forwarding,
  MemoryWatch,
  must,
  receiveAll,
  sendZeros,
  startCluster,
} from '../e2e/harness/index.ts';
import { type BareExec, serveBareExec } from './bare-exec.ts';
import { type Benchmark, cpuSeconds, type Figure } from './harness.ts';

const MiB = 2 ** 20;
const size = Number(process.env['KUBUS_BENCH_MIB'] ?? 1024) * MiB;
const target = '200 MB/s or 60% of docker cp';
const engineSocket = (process.env['DOCKER_HOST'] ?? 'unix:///var/run/docker.sock').replace('unix://', '');
const between = ['api', 'nats', 'node-1'];

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

export default {
  name: 'streams',
  about: `a file of ${size / MiB} MiB through kubectl cp and port-forward, in and out, beside docker cp of the same file and kubectl cp through a server that does nothing else`,
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

interface Route {
  cluster: Cluster;
  bare: BareExec;
  dir: string;
  container: string;
}

/** The same number of bytes by each way. */
async function waysOf(bytes: number, { cluster, bare, dir, container }: Route) {
  const [big, out] = [join(dir, 'big'), join(dir, 'out')];
  await must('sh', ['-c', `: >${big}`]);
  await truncate(big, bytes);
  return [
    ['docker cp in', () => must('docker', ['cp', big, `${container}:/big`])],
    ['bare kubectl cp in', () => cluster.kubectl('--server', bare.url, 'cp', big, 'files:/big')],
    ['kubectl cp in', () => cluster.kubectl('cp', big, 'files:/big')],
    ['docker cp out', () => must('docker', ['cp', `${container}:/big`, out])],
    ['bare kubectl cp out', () => cluster.kubectl('--server', bare.url, 'cp', 'files:/big', out)],
    ['kubectl cp out', () => cluster.kubectl('cp', 'files:/big', out)],
    ['port-forward out', () => forwarding(cluster, ['files', 80], (local) => receive(local, bytes))],
    ['port-forward in', () => forwarding(cluster, ['files', 81], (local) => sendZeros(local, bytes))],
  ] satisfies [what: string, work: () => Promise<unknown>][];
}

async function measure(cluster: Cluster, dir: string, say: (line: string) => void): Promise<Figure[]> {
  await cluster.tryKubectl(['apply', '-f', '-'], { input: pod });
  await cluster.kubectl('wait', 'pod/files', '--for=condition=Ready', '--timeout=60s');
  const container =
    (await cluster.containers()).find(({ labels }) => labels['kubus.io/container'] === 'main')?.id ?? '';
  const tls = join(cluster.stateDir, 'state', 'services', 'api');
  const bare = await serveBareExec({ tls, engine: engineSocket, container, pod: 'files' });
  try {
    return await compare({ cluster, bare, dir, container }, say);
  } finally {
    bare.close();
  }
}

async function compare(route: Route, say: (line: string) => void): Promise<Figure[]> {
  const { cluster } = route;
  // What a first transfer brings into memory stays there; growth with the size is another matter.
  for (const [, work] of await waysOf(16 * MiB, route)) await work();
  const ways = await waysOf(size, route);
  const memory = await MemoryWatch.over(cluster, ['api', 'node-1']);
  const pids = await Promise.all(between.map((name) => cluster.pid(name)));
  const used = () => pids.reduce((sum, pid) => sum + cpuSeconds(pid), 0);
  const rates = new Map<string, number>();
  const costs = new Map<string, number>();
  for (const [what, work] of ways) {
    // To overwrite what the last way wrote would be a part of this one's time, and its way to the disk too.
    await rm(join(route.dir, 'out'), { force: true });
    const [started, before] = [performance.now(), used()];
    await work();
    rates.set(what, size / 1e6 / ((performance.now() - started) / 1000));
    costs.set(what, ((used() - before) / size) * 1e9);
    say(`${what}: ${rates.get(what)?.toFixed(0)} MB/s, ${costs.get(what)?.toFixed(1)} s of processor time per GB`);
  }
  const growth = memory.stop();
  const kubus = ['kubectl cp in', 'kubectl cp out', 'port-forward in', 'port-forward out'];
  return [
    ...['bare kubectl cp in', 'bare kubectl cp out'].map((what) => floor(what, rates)),
    ...kubus.map((what) => figure(what, rates)),
    ...kubus.map((what) => ({
      what: `${what}, processor time of ${between.join(', ')}`,
      value: costs.get(what) ?? Number.NaN,
      unit: 's/GB',
    })),
    ...[...growth].map(([program, value]) => ({
      what: `peak memory of ${program} over what it had before`,
      value,
      unit: 'MiB',
      target: 'no growth with the size: < 64 MiB',
      reached: value < 64,
    })),
  ];
}

/** What kubectl and the engine do without Kubus. */
function floor(what: string, rates: ReadonlyMap<string, number>): Figure {
  return { what, value: rates.get(what) ?? Number.NaN, unit: 'MB/s', beside: peerOf(what, rates) };
}

function peerOf(what: string, rates: ReadonlyMap<string, number>): { what: string; value: number } {
  const peer = what.endsWith('in') ? 'docker cp in' : 'docker cp out';
  return { what: peer, value: rates.get(peer) ?? Number.NaN };
}

function figure(what: string, rates: ReadonlyMap<string, number>): Figure {
  const value = rates.get(what) ?? Number.NaN;
  const beside = peerOf(what, rates);
  return { what, value, unit: 'MB/s', beside, target, reached: value >= 200 || value >= 0.6 * beside.value };
}

async function receive(local: number, bytes: number): Promise<void> {
  const got = await receiveAll(local);
  if (got !== bytes) throw new Error(`${got} bytes came`);
}
