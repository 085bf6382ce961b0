import { type SecuredServers, startSecured } from '@kubus/testkit';
import type { NatsConnection } from 'nats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BusApiClient, openStream, serveApi, serveStreams } from '../bus/index.ts';
import type { Principal } from './index.ts';

let servers: SecuredServers;
let api: NatsConnection;
const node: Principal = { kind: 'node', name: 'ip-1.ec2' };

beforeAll(async () => {
  servers = await startSecured();
  api = await servers.connect({ kind: 'service', name: 'api' });
  const large = { text: 'x'.repeat(2_000_000) };
  serveApi(api, {
    handle: async (_, identity) => ({ code: 200, body: { identity, large } }),
    handleBatch: async (requests) => requests.map(() => ({ code: 201, body: {} })),
    watch: async function* () {
      for (let i = 0; i < 2_000; i++)
        yield JSON.stringify({ type: 'ADDED', object: { metadata: { name: `${i}` }, large: 'x'.repeat(5_000) } });
    },
  });
  await api.flush();
});
afterAll(() => servers.stop());

const get = { verb: 'get', group: '', version: 'v1', resource: 'pods', namespace: 'default', name: 'x' } as const;

/** The next permission error that the server reports on this connection. */
async function violation(nc: NatsConnection, act: () => void): Promise<string> {
  const statuses = nc.status()[Symbol.asyncIterator]();
  act();
  await nc.flush();
  for (;;) {
    const { value } = await statuses.next();
    if (value?.type === 'error') return value.permissionContext?.subject ?? `${value.data}`;
  }
}

describe('with the permissions of a bootstrapped cluster', () => {
  it.each([
    [node, { kind: 'node', name: 'ip-1.ec2' }],
    [{ kind: 'sim' }, { kind: 'service', name: 'sim' }],
    [
      { kind: 'service', name: 'scheduler' },
      { kind: 'service', name: 'scheduler' },
    ],
    [
      { kind: 'service', name: 'controller-manager' },
      { kind: 'desired', name: 'default' },
    ],
    [
      { kind: 'user', name: 'admin' },
      { kind: 'user', name: 'admin' },
    ],
  ] as const)('%j requests, batches and watches as %j', async (principal, identity) => {
    const client = new BusApiClient({ connection: await servers.connect(principal), identity });
    expect(await client.request(get)).toMatchObject({ identity });
    expect(await client.batch([get, get])).toHaveLength(2);
    let events = 0;
    for await (const { object } of client.watch(get, { signal: new AbortController().signal }))
      expect(object.metadata.name).toBe(`${events++}`);
    expect(events).toBe(2_000);
    client.close();
  });

  it('nodes serve streams to the api', async () => {
    const agent = await servers.connect(node);
    const serving = serveStreams(agent, (_, stream) => stream.send(1, Buffer.alloc(9_000_000)), {
      node: 'ip-1.ec2',
      heartbeatMs: 2_000,
    });
    await agent.flush();
    const request = { operation: 'logs', namespace: 'default', pod: 'x', uid: 'u', options: {} } as const;
    const stream = await openStream(api, 'ip-1.ec2', request, { heartbeatMs: 2_000 });
    let bytes = 0;
    for await (const { data } of stream.incoming) bytes += data?.length ?? 0;
    expect(bytes).toBe(9_000_000);
    await serving.stop();
  });

  it('the operator publishes desired sets and reads their status; the controller-manager reads sets and writes status', async () => {
    const manager = await servers.connect({ kind: 'service', name: 'controller-manager' });
    const sets = await manager.jetstream().views.kv('kubus_desired');
    const status = await manager.jetstream().views.kv('kubus_status');
    const admin = await servers.connect({ kind: 'user', name: 'admin' });
    const published = await admin.jetstream().views.kv('kubus_desired');
    await published.put('default.web', 'kind: Pod');
    expect((await sets.get('default.web'))?.string()).toBe('kind: Pod');
    await status.put('default.web', '{}');
    const read = await admin.jetstream().views.kv('kubus_status');
    expect((await read.get('default.web'))?.string()).toBe('{}');
    expect(await violation(admin, () => admin.publish('$KV.kubus_status.default.web'))).toBe(
      '$KV.kubus_status.default.web',
    );
    expect(await violation(manager, () => manager.publish('$KV.kubus_desired.default.web'))).toBe(
      '$KV.kubus_desired.default.web',
    );
  });
});

describe('what a node may not reach', () => {
  it.each([
    ...[
      'kubus.api.node.b.link',
      'kubus.stream.b.x',
      'kubus.health',
      'kubus.join',
      'kubus.changes.begin',
      '_INBOX.service.api.x',
    ],
    ...[
      '$JS.API.STREAM.CREATE.x',
      '$JS.API.STREAM.RESTORE.x',
      '$JS.API.STREAM.SNAPSHOT.KV_kubus_desired',
      '$JS.API.STREAM.DELETE.KUBUS_CHANGES',
    ],
    ...[
      '$JS.API.CONSUMER.CREATE.KV_kubus_desired.c.$KV.kubus_desired.>',
      '$JS.API.DIRECT.GET.KV_kubus_desired.$KV.kubus_desired.default.web',
    ],
    ...[
      '$JS.API.STREAM.LIST',
      '$JS.API.INFO',
      '$KV.kubus_status.default.web',
      '$SYS.REQ.ACCOUNT.PING',
      '$SYS.REQ.USER.INFO',
    ],
  ])('publishing on %s', async (subject) => {
    const agent = await servers.connect(node);
    expect(await violation(agent, () => agent.publish(subject, 'x'))).toBe(subject);
  });

  it.each([
    '*',
    '*.>',
    '_INBOX.service.>',
    '_INBOX.join.>',
    '_INBOX.node.*.>',
    '$JS.>',
    '$KV.>',
    'kubus.>',
    'kubus.*.>',
    'kubus.stream.>',
  ])('listening on %s', async (subject) => {
    const agent = await servers.connect(node);
    expect(await violation(agent, () => agent.subscribe(subject))).toBe(subject);
  });

  it('requests of others, by joining their queue group', async () => {
    const agent = await servers.connect(node);
    expect(await violation(agent, () => agent.subscribe('kubus.api.*.*', { queue: 'api' }))).toBe('kubus.api.*.*');
  });
});

describe('what nobody may reach', () => {
  it.each([
    { kind: 'service', name: 'api' },
    { kind: 'service', name: 'scheduler' },
    { kind: 'service', name: 'controller-manager' },
    { kind: 'user', name: 'admin' },
    { kind: 'sim' },
    { kind: 'join' },
  ] satisfies Principal[])('the system account, as %j', async (principal) => {
    const nc = await servers.connect(principal);
    expect(await violation(nc, () => nc.publish('$SYS.REQ.SERVER.PING'))).toBe('$SYS.REQ.SERVER.PING');
    expect(await violation(nc, () => nc.subscribe('$SYS.>'))).toBe('$SYS.>');
    expect(await violation(nc, () => nc.subscribe('_INBOX.>'))).toBe('_INBOX.>');
  });
});
