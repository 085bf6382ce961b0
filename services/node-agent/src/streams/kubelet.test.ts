import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connectBus, connectionChannel, openStream, StreamSocket, serveStreams } from '@kubus/shared/bus';
import { startNats, type TestServer } from '@kubus/testkit';
import type { NatsConnection } from 'nats';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ProbeMetrics } from '../metrics/index.ts';
import type { ContainerRecord, Runtime } from '../runtime/contract.ts';
import { Kubelet } from './kubelet.ts';
import { serveStream } from './streams.ts';

let nats: TestServer;
let api: NatsConnection;
const ends: (() => Promise<unknown>)[] = [];

const record = {
  ...{ id: 'c1', container: 'main', podName: 'web', podNamespace: 'default', podUid: 'u1', state: 'running' },
  ...{ image: 'web:1', cgroup: { cpuShares: 102, cpuQuota: 0, memoryBytes: 2048 }, startedAt: '2026-01-01T00:00:00Z' },
};
const sandbox = { ...record, id: 's1', container: '', image: 'pause:1' };
const traffic = {
  rxBytes: 11,
  rxPackets: 12,
  rxErrors: 13,
  rxDropped: 14,
  txBytes: 21,
  txPackets: 22,
  txErrors: 23,
  txDropped: 24,
};
const waits = (totalMicros: number) => ({ avg10: 1.5, avg60: 2.5, avg300: 3.5, totalMicros });
const detail = {
  ...{ userNanos: 1e9, systemNanos: 5e8, periods: 31, throttledPeriods: 32, throttledNanos: 33e9 },
  ...{ memoryUsageBytes: 2000, rssBytes: 1900, cacheBytes: 80 },
  stalls: { cpu: { some: waits(1_000_000), full: waits(2_000_000) } },
};
const pod = { metadata: { name: 'web', namespace: 'default', uid: 'u1' }, status: { phase: 'Running' } };

const probes = new ProbeMetrics();

beforeAll(async () => {
  nats = await startNats();
  const node = await connectBus({ servers: nats.url, identity: { kind: 'node', name: 'n1' } });
  api = await connectBus({ servers: nats.url, identity: { kind: 'service', name: 'api' } });
  const kubelet = new Kubelet({
    node: 'n1',
    pods: () => [pod as never],
    records: async () => [record as ContainerRecord, sandbox as ContainerRecord],
    usage: async (ids) => ids.map((id) => ({ id, cpuNanos: 2e9, memoryBytes: 1024 })),
    networks: async (ids) => ids.map((id) => ({ id, interfaces: [{ name: 'eth0', ...traffic }] })),
    disks: async () => ({
      containers: new Map([['c1', { writtenBytes: 100, logBytes: 20 }]]),
      volumes: new Map([['u1', [{ name: 'work', usedBytes: 3 }]]]),
    }),
    details: async (ids) => ids.map((id) => ({ id, ...detail })),
    stalls: async () => ({ memory: { some: waits(3_000_000), full: waits(4_000_000) } }),
    machine: async () => ({ cpuNanos: 7e9, memoryBytes: 4096 }),
    capacity: { cpuMillis: 2000, memoryBytes: 8192 },
    signals: async () =>
      new Map([
        ['memory.available', { available: 4096, capacity: 8192 }],
        ['nodefs.available', { available: 500, capacity: 900 }],
      ]),
    rates: () => ({
      ...{ time: 0, windowMs: 15_000, node: { cpuNanos: 3e8, memoryBytes: 0 } },
      pods: [
        { uid: 'u1', namespace: 'default', name: 'web', containers: [{ name: 'main', cpuNanos: 5e7, memoryBytes: 0 }] },
      ],
    }),
    probes,
    now: () => new Date('2026-01-01T00:00:00Z'),
  });
  const served = serveStreams(
    node,
    (request, stream) => serveStream(request, stream, { runtime: {} as Runtime, kubelet, pod: () => undefined }),
    { node: 'n1' },
  );
  await node.flush();
  ends.push(
    () => nats.stop(),
    () => node.close(),
    () => api.close(),
    () => served.stop(),
  );
});
afterAll(async () => {
  for (const end of ends.reverse()) await end();
});

async function ask(path: string, method = 'GET'): Promise<{ code: number | undefined; text: string }> {
  const stream = await openStream(api, 'n1', { operation: 'kubelet', namespace: '', pod: '', uid: '', options: {} });
  const socket = new StreamSocket(stream, { out: connectionChannel.toNode, in: connectionChannel.fromNode });
  const outgoing = httpRequest({
    createConnection: () => socket,
    method,
    path,
    headers: { host: 'n1', connection: 'close' },
  });
  const answer = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once('response', resolve);
    outgoing.once('error', reject);
  });
  outgoing.end();
  const chunks: Buffer[] = [];
  for await (const chunk of await answer) chunks.push(chunk as Buffer);
  return { code: (await answer).statusCode, text: Buffer.concat(chunks).toString() };
}

it('answers for the node over a stream: health, pods, what they use', async () => {
  expect(await ask('/healthz')).toEqual({ code: 200, text: 'ok' });
  expect(JSON.parse((await ask('/pods/')).text)).toMatchObject({
    kind: 'PodList',
    items: [{ metadata: { name: 'web' } }],
  });
  expect(JSON.parse((await ask('/stats/summary?only_cpu_and_memory=true')).text)).toMatchObject({
    node: { nodeName: 'n1', cpu: { usageCoreNanoSeconds: 7e9, usageNanoCores: 3e8 }, memory: { availableBytes: 4096 } },
    pods: [
      {
        podRef: { name: 'web' },
        cpu: { usageNanoCores: 5e7, usageCoreNanoSeconds: 2e9 },
        containers: [{ name: 'main', memory: { workingSetBytes: 1024 }, cpu: { usageNanoCores: 5e7 } }],
      },
    ],
  });
  const lines = (await ask('/metrics/resource')).text.split('\n');
  expect(lines).toContain('container_cpu_usage_seconds_total{container="main",namespace="default",pod="web"} 2');
  expect(lines).toContain('node_memory_working_set_bytes 4096');
  expect(lines).toContain('pod_memory_working_set_bytes{namespace="default",pod="web"} 1024');
});

it('tells what goes through the network of a pod, and what it takes up on the disk', async () => {
  const [shown] = JSON.parse((await ask('/stats/summary')).text).pods;
  expect(shown).toMatchObject({
    network: { name: 'eth0', rxBytes: 11, rxErrors: 13, txBytes: 21, txErrors: 23, interfaces: [{ name: 'eth0' }] },
    volume: [{ name: 'work', usedBytes: 3 }],
    'ephemeral-storage': { usedBytes: 123, availableBytes: 500, capacityBytes: 900 },
    containers: [{ rootfs: { usedBytes: 100 }, logs: { usedBytes: 20 } }],
  });
  const lines = (await ask('/metrics/cadvisor')).text.split('\n');
  const of = (name: string, container: string, image: string) =>
    `container="${container}",id="/docker/${name}",image="${image}",name="${name}",namespace="default",pod="web"`;
  const labels = `${of('s1', '', 'pause:1')},interface="eth0"`;
  expect(lines).toEqual(
    expect.arrayContaining([
      `container_fs_usage_bytes{${of('c1', 'main', 'web:1')},device=""} 120`,
      `container_network_receive_bytes_total{${labels}} 11`,
      `container_network_receive_packets_total{${labels}} 12`,
      `container_network_receive_packets_dropped_total{${labels}} 14`,
      `container_network_transmit_bytes_total{${labels}} 21`,
      `container_network_transmit_errors_total{${labels}} 23`,
    ]),
  );
});

it('tells what the kernel knows of memory, throttling and pressure', async () => {
  const lines = (await ask('/metrics/cadvisor')).text.split('\n');
  const labels = 'container="main",id="/docker/c1",image="web:1",name="c1",namespace="default",pod="web"';
  expect(lines).toEqual(
    expect.arrayContaining([
      `container_cpu_user_seconds_total{${labels}} 1`,
      `container_cpu_system_seconds_total{${labels}} 0.5`,
      `container_memory_usage_bytes{${labels}} 2000`,
      `container_memory_rss{${labels}} 1900`,
      `container_memory_cache{${labels}} 80`,
      `container_pressure_cpu_waiting_seconds_total{${labels}} 1`,
      `container_pressure_cpu_stalled_seconds_total{${labels}} 2`,
    ]),
  );
  // Without a limit of processor time there is nothing to be held back by.
  expect(lines.filter((line) => /^container_(cpu_cfs|pressure_io)[^#]*\{/.test(line))).toEqual([]);
  record.cgroup.cpuQuota = 50_000;
  const limited = (await ask('/metrics/cadvisor')).text.split('\n');
  record.cgroup.cpuQuota = 0;
  expect(limited).toContain(`container_cpu_cfs_periods_total{${labels}} 31`);
  expect(limited).toContain(`container_cpu_cfs_throttled_periods_total{${labels}} 32`);
  expect(limited).toContain(`container_cpu_cfs_throttled_seconds_total{${labels}} 33`);
  const summary = JSON.parse((await ask('/stats/summary')).text);
  expect(summary.pods[0].containers[0]).toMatchObject({
    cpu: { usageNanoCores: 5e7, psi: { some: { total: 1_000_000, avg10: 1.5 }, full: { total: 2_000_000 } } },
    memory: { rssBytes: 1900, usageBytes: 2000, workingSetBytes: 1024 },
  });
  expect(summary.node.memory.psi).toMatchObject({ full: { total: 4_000_000, avg300: 3.5 } });
  expect(summary.node.io).toBeUndefined();
});

it('has the metrics of a kubelet: of itself, of containers, of probes', async () => {
  const probed = { podUid: 'u1', pod: 'web', namespace: 'default', container: 'main', type: 'Readiness' };
  probes.count(probed, 'successful', 0.02);
  probes.count(probed, 'failed', 20);
  const labels = 'container="main",id="/docker/c1",image="web:1",name="c1",namespace="default",pod="web"';
  const lines = async (path: string) => (await ask(path)).text.split('\n');
  expect(await lines('/metrics/cadvisor')).toEqual(
    expect.arrayContaining([
      'machine_cpu_cores 2',
      `container_cpu_usage_seconds_total{${labels},cpu="total"} 2`,
      `container_spec_memory_limit_bytes{${labels}} 2048`,
      `container_start_time_seconds{${labels}} 1767225600`,
    ]),
  );
  const of = 'pod="web",namespace="default",container="main"';
  expect(await lines('/metrics/probes')).toEqual(
    expect.arrayContaining([
      `prober_probe_total{${of},pod_uid="u1",probe_type="Readiness",result="failed"} 1`,
      `prober_probe_duration_seconds_bucket{${of},probe_type="Readiness",le="0.025"} 1`,
      `prober_probe_duration_seconds_bucket{${of},probe_type="Readiness",le="10"} 1`,
      `prober_probe_duration_seconds_bucket{${of},probe_type="Readiness",le="+Inf"} 2`,
      `prober_probe_duration_seconds_sum{${of},probe_type="Readiness"} 20.02`,
    ]),
  );
  const own = await lines('/metrics');
  expect(own).toContain('kubelet_running_containers{container_state="running"} 1');
  expect(own).toContain('kubelet_node_name{node="n1"} 1');
  probes.forget('u1');
  expect((await ask('/metrics/probes')).text).not.toContain('web');
});

it.each([
  ['/run/default/web/main', 'POST', 404],
  ['/exec/default/web/main', 'GET', 404],
  ['/logs/../etc/passwd', 'GET', 404],
  ['/pods', 'DELETE', 405],
])('does nothing but to be looked at: %s by %s', async (path, method, code) => {
  expect((await ask(path, method)).code).toBe(code);
});
