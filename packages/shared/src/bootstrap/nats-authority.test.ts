import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startNats, type TestServer } from '@kubus/testkit';
import { connect, consumerOpts, credsAuthenticator, type NatsConnection } from 'nats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCreds, createNatsAuthority, inboxPrefix, natsTrust, type Principal, renewCreds } from './index.ts';
import { natsConfig } from './server-config.ts';

const authority = createNatsAuthority();
const open: NatsConnection[] = [];
let server: TestServer;

beforeAll(async () => {
  const config = natsConfig(await natsTrust(authority), { listen: '', storeDir: '' });
  const own = config.split('\n').filter((line) => !/^(listen|jetstream|max_payload)/.test(line));
  server = await startNats({ config: own.join('\n') });
});
afterAll(async () => {
  for (const nc of open) await nc.close();
  await server.stop();
});

async function as(principal: Principal): Promise<NatsConnection> {
  const creds = new TextEncoder().encode(await createCreds(authority.accountSeed, principal));
  const nc = await connect({
    servers: server.url,
    authenticator: credsAuthenticator(creds),
    inboxPrefix: inboxPrefix(principal),
  });
  open.push(nc);
  return nc;
}

const api: Principal = { kind: 'service', name: 'api' };
const node = (name: string): Principal => ({ kind: 'node', name });

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

describe('what each principal may do', () => {
  it('lets a node ask the API as itself and answers it on its own inbox', async () => {
    const server = await as(api);
    server.subscribe('kubus.api.>', { callback: (_, msg) => void msg.respond(msg.subject) });
    await server.flush();
    const agent = await as(node('edge.one'));
    const reply = await agent.request('kubus.api.node.edge=2Eone', '', { timeout: 2_000 });
    expect(reply.string()).toBe('kubus.api.node.edge=2Eone');
  });

  it('lets the API ask a node, which may answer once', async () => {
    const agent = await as(node('a'));
    agent.subscribe('kubus.node.a.exec', { callback: (_, msg) => void msg.respond('here') });
    await agent.flush();
    const reply = await (await as(api)).request('kubus.node.a.exec', '', { timeout: 2_000 });
    expect(reply.string()).toBe('here');
  });

  it('lets a service read the change log and not change it', async () => {
    const jsm = await (await as(api)).jetstreamManager();
    await jsm.streams.add({ name: 'KUBUS_CHANGES', subjects: ['kubus.changes.>'] });
    await (await as(api)).jetstream().publish('kubus.changes.core.pods._.x', 'one');
    const reader = await as({ kind: 'service', name: 'scheduler' });
    const options = consumerOpts().orderedConsumer().bindStream('KUBUS_CHANGES');
    const subscription = await reader.jetstream().subscribe('kubus.changes.>', options);
    const { value: first } = await subscription[Symbol.asyncIterator]().next();
    expect(first?.string()).toBe('one');
    for (const subject of [
      '$JS.API.STREAM.PURGE.KUBUS_CHANGES',
      '$JS.API.STREAM.DELETE.KUBUS_CHANGES',
      '$JS.API.CONSUMER.DURABLE.CREATE.KUBUS_CHANGES.mine',
      'kubus.changes.core.pods._.x',
    ]) {
      expect(await violation(reader, () => reader.publish(subject))).toBe(subject);
    }
  });
});

describe('what a node may not do', () => {
  it.each([
    'kubus.api.node.b',
    'kubus.api.service.scheduler',
    'kubus.api.desired.kube-system',
    'kubus.stream.b.1',
    'kubus.node.b.exec',
    'kubus.changes.core.pods.default.x',
    '$KV.kubus_desired.default.web',
    '$JS.API.STREAM.PURGE.KUBUS_CHANGES',
    '$JS.API.CONSUMER.CREATE.KV_kubus_desired',
    '$SYS.REQ.SERVER.PING',
    '_INBOX.node.b.x',
  ])('publish on %s', async (subject) => {
    const agent = await as(node('a'));
    expect(await violation(agent, () => agent.publish(subject))).toBe(subject);
  });

  it.each([
    '>',
    '_INBOX.>',
    '_INBOX.node.b.>',
    'kubus.node.b.>',
    'kubus.node.*.exec',
    'kubus.changes.>',
    '$KV.kubus_desired.>',
    '$SYS.>',
    'kubus.api.>',
  ])('subscribe to %s', async (subject) => {
    const agent = await as(node('a'));
    expect(await violation(agent, () => agent.subscribe(subject))).toBe(subject);
  });
});

it('refuses a connection without credentials, and one signed by another authority', async () => {
  await expect(connect({ servers: server.url, maxReconnectAttempts: 0 })).rejects.toThrow(/Authorization/i);
  const other = createNatsAuthority();
  const creds = new TextEncoder().encode(await createCreds(other.accountSeed, api));
  await expect(
    connect({ servers: server.url, authenticator: credsAuthenticator(creds), maxReconnectAttempts: 0 }),
  ).rejects.toThrow(/Authorization/i);
});

it('keeps what exists when it is run again, and renews a certificate that lacks a name', async () => {
  const { bootstrap } = await import('./index.ts');
  const dir = await mkdtemp(join(tmpdir(), 'kubus-bootstrap-'));
  const options = {
    dir,
    apiUrl: 'https://127.0.0.1:6443',
    // Those of the machine change when somebody makes a network.
    addresses: ['192.0.2.7'],
    redisAddress: '127.0.0.1:1',
    nats: { listen: '127.0.0.1:1', storeDir: dir },
  };
  const files = [
    'services/api/ca.crt',
    'services/api/sa.key',
    'services/scheduler/nats.creds',
    'services/api/redis.url',
    'services/api/server.crt',
  ];
  const read = () => Promise.all(files.map((file) => readFile(join(dir, file), 'utf8')));
  await bootstrap(options);
  const first = await read();
  await bootstrap(options);
  expect(await read()).toEqual(first);
  await bootstrap({ ...options, apiNames: ['kubus.example'] });
  const third = await read();
  expect(third.slice(0, 4)).toEqual(first.slice(0, 4));
  expect(third[4]).not.toBe(first[4]);
  await rm(dir, { recursive: true });
});

it('gives a key the permissions of today, and leaves creds alone that have them', async () => {
  const scheduler: Principal = { kind: 'service', name: 'scheduler' };
  const creds = await createCreds(authority.accountSeed, scheduler);
  expect(await renewCreds(authority.accountSeed, scheduler, creds)).toBe(creds);
  const other = await renewCreds(authority.accountSeed, { kind: 'user', name: 'admin' }, creds);
  expect(other).not.toBe(creds);
  expect(other?.split('SEED')[1]).toBe(creds.split('SEED')[1]);
  expect(await renewCreds(authority.accountSeed, scheduler, 'nonsense')).toBeUndefined();
});
