import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startNats, startRedis, type TestServer } from '@kubus/testkit';
import type { NatsConnection } from 'nats';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { connectBus } from '../../bus/index.ts';
import { RedisStore } from '../../store/index.ts';
import { createCreds, createNatsAuthority, natsTrust } from '../nats-authority.ts';
import type { Principal } from '../permissions.ts';
import { natsConfig } from '../server-config.ts';
import { type JoinNodeOptions, joinNode, StoreNodeClaims, serveJoin } from './index.ts';

const authority = createNatsAuthority();
const ends: (() => Promise<void> | void)[] = [];
let nats: TestServer;
let redis: TestServer;
let store: RedisStore;
let api: NatsConnection;
let clock: Date;
let dir: string;

beforeAll(async () => {
  const config = natsConfig(await natsTrust(authority), { listen: '', storeDir: '' });
  const own = config.split('\n').filter((line) => !/^(listen|jetstream|max_payload)/.test(line));
  nats = await startNats({ config: own.join('\n') });
  redis = await startRedis({ appendfsync: 'no' });
  store = await RedisStore.connect({ url: redis.url });
});
afterAll(async () => {
  await store.close();
  await nats.stop();
  await redis.stop();
});

const as = async (identity: Principal & { name?: string }): Promise<NatsConnection> => {
  const nc = await connectBus({
    servers: nats.url,
    identity: identity as { kind: 'join' },
    creds: await createCreds(authority.accountSeed, identity),
  });
  ends.push(() => nc.close());
  return nc;
};

beforeEach(async () => {
  clock = new Date();
  dir = await mkdtemp(join(tmpdir(), 'kubus-join-'));
  api = await as({ kind: 'service', name: 'api' });
  const now = () => clock;
  const claims = new StoreNodeClaims(store, now);
  const serving = serveJoin({ connection: api, accountSeed: authority.accountSeed, token: 'right\n', claims, now });
  await api.flush();
  ends.push(() => serving.stop());
});
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
  await rm(dir, { recursive: true });
});

async function ask(node: string, folder = node, more: Partial<JoinNodeOptions> = {}): Promise<string> {
  return joinNode({
    node,
    dir: join(dir, folder),
    servers: nats.url,
    joinCreds: await createCreds(authority.accountSeed, { kind: 'join' }),
    token: 'right',
    now: () => clock,
    ...more,
  });
}

describe('a node that joins', () => {
  it('gets credentials of its own name, keeps them for its owner alone, and asks no more', async () => {
    const creds = await ask('ip-1.ec2');
    const node = await connectBus({ servers: nats.url, identity: { kind: 'node', name: 'ip-1.ec2' }, creds });
    ends.push(() => node.close());
    api.subscribe('kubus.api.node.*', { callback: (_, message) => void message.respond(message.subject) });
    await api.flush();
    expect((await node.request('kubus.api.node.ip-1=2Eec2')).string()).toBe('kubus.api.node.ip-1=2Eec2');
    for (const file of ['node.seed', 'nats.creds']) {
      const mode = (await stat(join(dir, 'ip-1.ec2', file))).mode & 0o777;
      expect(mode).toBe(0o600);
    }
    expect(await ask('ip-1.ec2', 'ip-1.ec2', { token: 'not even asked' })).toBe(creds);
  });

  it('renews them when half of their year is over, and goes on with the old ones when nobody answers', async () => {
    const first = await ask('renewed');
    clock = new Date(Date.now() + 200 * 24 * 3600_000);
    const unreachable = await ask('renewed', 'renewed', { servers: 'nats://127.0.0.1:1' });
    expect(unreachable).toBe(first);
    const second = await ask('renewed');
    expect(second).not.toBe(first);
    expect(second.split('SEED')[1]).toBe(first.split('SEED')[1]);
  });

  it('waits until an api is there', async () => {
    for (const end of ends.splice(1)) await end();
    const joining = ask('patient');
    const claims = { claim: async () => true };
    const late = serveJoin({ connection: api, accountSeed: authority.accountSeed, token: 'right', claims });
    expect(await joining).toContain('BEGIN NATS USER JWT');
    late.stop();
  });

  it('is refused with a wrong token', async () => {
    await expect(ask('a', 'a', { token: 'wrong' })).rejects.toMatchObject({ reason: 'Unauthorized' });
  });

  it.each([
    '',
    'A',
    'a*',
    'a b',
    '../a',
    'a..b',
    '>',
    'a'.repeat(254),
  ])('is refused under the name %j', async (node) => {
    await expect(ask(node, 'odd')).rejects.toMatchObject({ reason: 'BadRequest' });
  });

  it('asks anew when its folder holds the credentials of another node', async () => {
    await ask('one', 'shared');
    await writeFile(join(dir, 'shared', 'node.seed'), await readFile(join(dir, 'shared', 'node.seed')));
    expect(await ask('two', 'shared')).toContain('BEGIN NATS USER JWT');
  });
});

describe('the name of a node', () => {
  it('belongs to the key that came first', async () => {
    await ask('mine');
    await expect(ask('mine', 'thief')).rejects.toMatchObject({
      reason: 'Forbidden',
      message: expect.stringContaining('another key'),
    });
    clock = new Date(Date.now() + 3600_000);
    const key = { group: '', resource: 'nodes', namespace: '', name: 'mine' };
    const object = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'mine' } };
    await store.commit([{ type: 'create', key, object }]);
    await expect(ask('mine', 'thief')).rejects.toMatchObject({ reason: 'Forbidden' });
    await store.commit([{ type: 'delete', key }]);
    expect(await ask('mine', 'heir')).toContain('BEGIN NATS USER JWT');
    await expect(ask('mine', 'thief')).rejects.toMatchObject({ reason: 'Forbidden' });
  });

  it('goes to one of many that ask at once', async () => {
    const claims = new StoreNodeClaims(store, () => clock);
    const keys = Array.from({ length: 20 }, (_, i) => `key-${i}`);
    const won = await Promise.all(keys.map((key) => claims.claim('wanted', key)));
    expect(won.filter((one) => one)).toHaveLength(1);
  });
});

it('answers nothing outside of the inbox of those who join', async () => {
  const joiner = await as({ kind: 'join' });
  const seen: string[] = [];
  api.subscribe('kubus.node.victim.exec', { callback: (_, message) => void seen.push(message.string()) });
  await api.flush();
  joiner.publish('kubus.join', '{}', { reply: 'kubus.node.victim.exec' });
  const answer = await joiner.request('kubus.join', 'no json');
  expect(answer.json()).toMatchObject({ code: 400, reason: 'BadRequest' });
  expect(seen).toEqual([]);
});
