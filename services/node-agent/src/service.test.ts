import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serveJoin } from '@kubus/shared/bootstrap';
import { type ApiServer, openStream, serveApi } from '@kubus/shared/bus';
import type { HealthReport, Service, ServiceContext } from '@kubus/shared/lifecycle';
import type { Lease, Node, Pod } from '@kubus/shared/schema';
import { eventually, type SecuredServers, startSecured } from '@kubus/testkit';
import type { NatsConnection } from 'nats';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FakeDocker } from '../test/fake-docker/server.ts';
import { MemoryApi } from '../test/memory-api.ts';
import { buildPod, container, silent } from '../test/rig.ts';
import { agentSettings, start } from './index.ts';

let servers: SecuredServers;
let bus: NatsConnection;
let served: ApiServer;
let api: MemoryApi;
let dir: string;
let fatal: unknown[];
const running: Service[] = [];

beforeAll(async () => {
  servers = await startSecured();
  bus = await servers.connect({ kind: 'service', name: 'api' });
  const read = (path: string) => readFile(join(servers.dir, path), 'utf8');
  const { accountSeed } = JSON.parse(await read('authority/nats.json')) as { accountSeed: string };
  const token = await read('services/node-agent/join.token');
  serveJoin({ connection: bus, accountSeed, token, claims: { claim: async () => true } });
});
afterAll(() => servers.stop());

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'kubus-agent-'));
  api = new MemoryApi();
  served = serveApi(bus, api);
  fatal = [];
});
afterEach(async () => {
  for (const service of running.splice(0)) await service.stop();
  await served.stop(0);
  await rm(dir, { recursive: true, force: true });
  expect(fatal).toEqual([]);
});

async function startAgent(env: Record<string, string>): Promise<Service> {
  const settings = agentSettings.parse({
    NATS_URL: servers.nats.url,
    KUBUS_AGENT_DIR: dir,
    KUBUS_MEMORY_DIR: join(dir, 'memory'),
    KUBUS_STATE_DIR: join(servers.dir, 'services', 'node-agent'),
    KUBUS_NODE_NAME: 'n1',
    KUBUS_CLUSTER: 'c',
    ...env,
  });
  const context: ServiceContext = { service: 'node-agent', instance: 'i', log: silent, fatal: (e) => fatal.push(e) };
  const service = await start(settings, context);
  running.push(service);
  return service;
}

async function healthy(): Promise<void> {
  await eventually(async () => {
    const report = (await bus.request('kubus.health.node-agent', '', { timeout: 500 })).json<HealthReport>();
    expect(report).toMatchObject({ ready: true });
  });
}
const phase = (name: string) => api.get<Pod>('pods', name)?.status?.phase;
const isReady = (name: string) =>
  api.get<Node>('nodes', name)?.status?.conditions?.find((c) => c.type === 'Ready')?.status === 'True';

describe('the agent of a node on Docker', () => {
  let fake: FakeDocker;
  beforeEach(async () => {
    fake = await FakeDocker.start({ programs: { run: {} } });
  });
  afterEach(() => fake.stop());
  const startOnFake = () => startAgent({ KUBUS_DOCKER_SOCKET: fake.socketPath });
  const mains = () => [...fake.engine.containers.values()].filter((c) => c.labels['kubus.io/container'] === 'main');

  it('joins with its token, registers its node, runs its pods and no others', async () => {
    api.put('pods', buildPod('mine', { nodeName: 'n1' }));
    api.put('pods', buildPod('other', { nodeName: 'n2' }));
    await startOnFake();
    await healthy();
    expect(isReady('n1')).toBe(true);
    expect(api.get<Lease>('leases', 'n1')?.spec).toMatchObject({ holderIdentity: 'n1', leaseDurationSeconds: 40 });
    await eventually(() => expect(phase('mine')).toBe('Running'));
    expect(phase('other')).toBeUndefined();
    await eventually(() => expect(api.list('events').length).toBeGreaterThanOrEqual(3));
  });

  it('refuses pods that ask for other labels than its node has by now', async () => {
    await startOnFake();
    await healthy();
    const asking = (name: string) => buildPod(name, { nodeSelector: { disk: 'ssd' } });
    api.put('pods', asking('early'));
    await eventually(() => expect(phase('early')).toBe('Failed'));
    expect(api.get<Pod>('pods', 'early')?.status?.reason).toBe('NodeAffinity');
    const node = api.get<Node>('nodes', 'n1');
    if (node === undefined) throw new Error('the node is not registered');
    api.put('nodes', { ...node, metadata: { ...node.metadata, labels: { ...node.metadata.labels, disk: 'ssd' } } });
    api.put('pods', asking('late'));
    await eventually(() => expect(phase('late')).toBe('Running'));
  });

  it('serves logs of its pods over the bus', async () => {
    api.put('pods', buildPod('web'));
    await startOnFake();
    await eventually(() => expect(phase('web')).toBe('Running'));
    const asked = { operation: 'logs' as const, namespace: 'default', pod: 'web', uid: 'uid-web', options: {} };
    const stream = await openStream(bus, 'n1', asked);
    for await (const { channel } of stream.incoming) expect(channel).toBe(1);
    expect(await stream.closed).toBeUndefined();
  });

  it('adopts what runs after it was stopped, and removes what the API knows no more', async () => {
    for (const name of ['stays', 'goes']) api.put('pods', buildPod(name));
    const first = await startOnFake();
    for (const name of ['stays', 'goes']) await eventually(() => expect(phase(name)).toBe('Running'));
    await first.stop();
    expect(mains().map((c) => c.state)).toEqual(['running', 'running']);
    api.remove('pods', 'goes');
    await startOnFake();
    await healthy();
    await eventually(() =>
      expect(mains().map((c) => [c.labels['kubus.io/pod-name'], c.starts])).toEqual([['stays', 1]]),
    );
  });

  it('looks after its pods from its checkpoint while there is no bus', async () => {
    api.put('pods', buildPod('web'));
    const first = await startOnFake();
    await eventually(() => expect(phase('web')).toBe('Running'));
    await first.stop();
    for (const c of mains()) fake.engine.end(c, 1);
    const away = await startAgent({ KUBUS_DOCKER_SOCKET: fake.socketPath, NATS_URL: 'nats://127.0.0.1:1' });
    await eventually(() => expect(mains().map((c) => c.state)).toEqual(['exited', 'running']));
    await away.stop();
  });
});

it('says in one sentence that Docker cannot be reached', async () => {
  const socket = join(dir, 'none.sock');
  await expect(startAgent({ KUBUS_DOCKER_SOCKET: socket })).rejects.toThrow(
    `Docker Engine cannot be reached at ${socket}: `,
  );
});

describe('simulated nodes', () => {
  it('are registered, and run the pods that are bound to them', async () => {
    const pods = Array.from({ length: 40 }, (_, i) => buildPod(`p${i}`, { nodeName: `n1-${1 + (i % 20)}` }));
    for (const pod of pods) api.put('pods', pod);
    api.put('pods', buildPod('elsewhere', { nodeName: 'real' }));
    const once = [container('main', 'true')];
    api.put('pods', buildPod('job', { nodeName: 'n1-1', restartPolicy: 'Never', containers: once }));
    const nats = join(servers.dir, 'services', 'sim', 'nats.creds');
    await startAgent({
      KUBUS_RUNTIME: 'sim',
      KUBUS_SIM_NODES: '20',
      KUBUS_NATS_CREDS: nats,
      KUBUS_SIM_START_DELAY: '10ms',
      KUBUS_SIM_LEASE_INTERVAL: '50ms',
    });
    await healthy();
    expect(api.list('nodes')).toHaveLength(20);
    expect(isReady('n1-20')).toBe(true);
    for (const { metadata } of pods) await eventually(() => expect(phase(metadata.name)).toBe('Running'));
    expect(new Set(pods.map(({ metadata }) => api.get<Pod>('pods', metadata.name)?.status?.podIP)).size).toBe(40);
    await eventually(() => expect(phase('job')).toBe('Succeeded'));
    expect(api.get<Pod>('pods', 'job')?.status).toMatchObject({
      hostIP: '192.168.0.1',
      podIP: expect.stringMatching(/^10\./),
    });
    expect(phase('elsewhere')).toBeUndefined();
    const renewed = api.get<Lease>('leases', 'n1-7')?.spec?.renewTime;
    await eventually(() => expect(api.get<Lease>('leases', 'n1-7')?.spec?.renewTime).not.toBe(renewed));
    const p0 = api.get<Pod>('pods', 'p0') ?? buildPod('p0');
    api.put('pods', { ...p0, metadata: { ...p0.metadata, deletionTimestamp: new Date().toISOString() } });
    await eventually(() => expect(api.get('pods', 'p0')).toBeUndefined());
  });
});
