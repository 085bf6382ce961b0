import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connectBus, connectionChannel, openStream, StreamSocket, serveStreams } from '@kubus/shared/bus';
import { startNats, type TestServer } from '@kubus/testkit';
import type { NatsConnection } from 'nats';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ContainerRecord, Runtime } from '../runtime/contract.ts';
import { Kubelet } from './kubelet.ts';
import { serveStream } from './streams.ts';

let nats: TestServer;
let api: NatsConnection;
const ends: (() => Promise<unknown>)[] = [];

const record = { id: 'c1', container: 'main', podName: 'web', podNamespace: 'default', podUid: 'u1', state: 'running' };
const pod = { metadata: { name: 'web', namespace: 'default', uid: 'u1' }, status: { phase: 'Running' } };

beforeAll(async () => {
  nats = await startNats();
  const node = await connectBus({ servers: nats.url, identity: { kind: 'node', name: 'n1' } });
  api = await connectBus({ servers: nats.url, identity: { kind: 'service', name: 'api' } });
  const kubelet = new Kubelet({
    node: 'n1',
    pods: () => [pod as never],
    records: async () => [record as ContainerRecord],
    usage: async (ids) => ids.map((id) => ({ id, cpuNanos: 2e9, memoryBytes: 1024 })),
    machine: async () => ({ cpuNanos: 7e9, memoryBytes: 4096 }),
    now: () => new Date('2026-01-01T00:00:00Z'),
  });
  const served = serveStreams(
    node,
    (request, stream) => serveStream(request, stream, { runtime: {} as Runtime, kubelet, pod: () => undefined }),
    { node: 'n1' },
  );
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
    node: { nodeName: 'n1', cpu: { usageCoreNanoSeconds: 7e9 } },
    pods: [{ podRef: { name: 'web' }, containers: [{ name: 'main', memory: { workingSetBytes: 1024 } }] }],
  });
  const lines = (await ask('/metrics/resource')).text.split('\n');
  expect(lines).toContain('container_cpu_usage_seconds_total{container="main",namespace="default",pod="web"} 2');
  expect(lines).toContain('node_memory_working_set_bytes 4096');
});

it.each([
  ['/run/default/web/main', 'POST', 404],
  ['/exec/default/web/main', 'GET', 404],
  ['/logs/../etc/passwd', 'GET', 404],
  ['/pods', 'DELETE', 405],
])('does nothing but to be looked at: %s by %s', async (path, method, code) => {
  expect((await ask(path, method)).code).toBe(code);
});
