import { startRedis, type TestServer } from '@kubus/testkit';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isExpired } from '../errors/index.ts';
import type { KubeObject, ObjectKey } from '../object/index.ts';
import { type CommitResult, formatContinue, type Operation, RedisStore } from './index.ts';

const pods = { group: '', resource: 'pods' };
let server: TestServer;
let count = 0;

beforeAll(async () => {
  server = await startRedis({ appendfsync: 'no' });
});
afterAll(() => server.stop());

/** A store of its own on the shared server. */
async function freshStore(options: Partial<Parameters<typeof RedisStore.connect>[0]> = {}): Promise<RedisStore> {
  return RedisStore.connect({ url: server.url, tag: `t${++count}`, ...options });
}

function pod(namespace: string, name: string, more: Record<string, unknown> = {}): KubeObject {
  return { kind: 'Pod', apiVersion: 'v1', metadata: { namespace, name, uid: `uid-${name}` }, ...more };
}

function podKey(namespace: string, name: string): ObjectKey {
  return { ...pods, namespace, name };
}

function create(namespace: string, name: string, more: Partial<Operation> = {}): Operation {
  return { type: 'create', key: podKey(namespace, name), object: pod(namespace, name), ...more } as Operation;
}

async function only(results: Promise<CommitResult[]>): Promise<CommitResult> {
  const [result] = await results;
  if (result === undefined) throw new Error('no result');
  return result;
}

describe('commit', () => {
  it('gives each object its revision, and the JSON in Redis carries it', async () => {
    const store = await freshStore();
    const result = await only(store.commit([create('a', 'x')]));
    expect(result).toMatchObject({ ok: true, revision: 1, object: { metadata: { resourceVersion: '1' } } });
    expect(await store.get(podKey('a', 'x'))).toEqual({
      kind: 'Pod',
      apiVersion: 'v1',
      metadata: { resourceVersion: '1', namespace: 'a', name: 'x', uid: 'uid-x' },
    });
    await store.close();
  });

  it('keeps names and values that JavaScript and Lua treat specially', async () => {
    const store = await freshStore();
    const odd = JSON.parse('{"__proto__":{"a":1},"constructor":"b","k":"\\ud800 %s %1 \\u0000 ü"}');
    const object = { ...pod('a', 'x'), data: odd };
    await store.commit([{ type: 'create', key: podKey('a', '__proto__'), object }]);
    const read = (await store.get(podKey('a', '__proto__'))) as KubeObject & { data: unknown };
    expect(JSON.stringify(read.data)).toBe(JSON.stringify(odd));
    await store.close();
  });

  it('tells an object apart from its revision where fields have numbers for names, which JavaScript puts first', async () => {
    const store = await freshStore();
    const looksLikeIt = { metadata: { resourceVersion: '9' } };
    const base = pod('a', 'x', { '0': looksLikeIt });
    const object = { ...base, metadata: { ...base.metadata, '1': looksLikeIt } };
    const result = await only(store.commit([{ type: 'create', key: podKey('a', 'x'), object }]));
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: '1' } };
    expect(result).toMatchObject({ ok: true, object: stored });
    expect(JSON.parse(result.ok ? (result.text ?? []).join('') : '')).toEqual(stored);
    expect(await store.get(podKey('a', 'x'))).toEqual(stored);
    await store.close();
  });

  it('refuses what does not fit, as data', async () => {
    const store = await freshStore();
    await store.commit([create('a', 'x')]);
    const x = podKey('a', 'x');
    const update = { type: 'update', key: x, object: pod('a', 'x') } as const;
    const results = await store.commit(
      [
        create('a', 'x'),
        { type: 'delete', key: podKey('a', 'y') },
        { ...update, preconditions: { uid: 'other' } },
        { ...update, preconditions: { resourceVersion: '7' } },
        { ...update, preconditions: { uid: 'uid-x', resourceVersion: '1' } },
        { type: 'delete', key: x, preconditions: { resourceVersion: '1' } },
        { type: 'delete', key: x, preconditions: { uid: 'uid-x', resourceVersion: '2' } },
      ],
      { atomic: false },
    );
    expect(results.map((r) => (r.ok ? r.revision : r.refusal))).toEqual([
      { reason: 'AlreadyExists' },
      { reason: 'NotFound' },
      { reason: 'Conflict', current: 1, field: 'uid' },
      { reason: 'Conflict', current: 1, field: 'resourceVersion' },
      2,
      { reason: 'Conflict', current: 2, field: 'resourceVersion' },
      3,
    ]);
    expect(results[6]).toMatchObject({ object: { metadata: { name: 'x', resourceVersion: '3' } } });
    expect(await store.get(x)).toBeUndefined();
    await store.close();
  });

  it('writes nothing of an atomic batch of which one part is refused', async () => {
    const store = await freshStore();
    await store.commit([create('a', 'x')]);
    const results = await store.commit([create('a', 'y'), create('a', 'x'), create('a', 'z')]);
    expect(results).toEqual(
      ['Aborted', 'AlreadyExists', 'Aborted'].map((reason) => ({ ok: false, refusal: { reason } })),
    );
    expect((await store.list(pods)).items).toHaveLength(1);
    expect(await store.revisions([pods])).toEqual({ cluster: 1, resources: [1] });
    await store.close();
  });

  it('lets later operations of a batch see the earlier ones', async () => {
    const store = await freshStore();
    const x = podKey('a', 'x');
    const results = await store.commit([
      create('a', 'x'),
      { type: 'update', key: x, object: pod('a', 'x', { spec: 1 }), preconditions: { resourceVersion: '1' } },
      { type: 'delete', key: x },
      create('a', 'x'),
    ]);
    expect(results.map((r) => r.ok && r.revision)).toEqual([1, 2, 3, 4]);
    expect(results[2]).toMatchObject({ object: { spec: 1, metadata: { resourceVersion: '3' } } });
    await store.close();
  });
});

describe('ledger', () => {
  const limits = { account: 'node/n', limits: { cpu: 1000, pods: 2 } };
  const node: Operation = {
    type: 'create',
    key: { group: '', resource: 'nodes', namespace: '', name: 'n' },
    object: { kind: 'Node', apiVersion: 'v1', metadata: { name: 'n', uid: 'n' } },
    limits: [limits],
  };
  const charge = (cpu: number, enforce = true) => [{ account: 'node/n', amounts: { cpu, pods: 1 }, enforce }];

  it('refuses a charge that the account has no room for, and says by how much', async () => {
    const store = await freshStore();
    await store.commit([node]);
    const results = await store.commit(
      [
        create('a', 'x', { charges: charge(600) }),
        create('a', 'y', { charges: charge(600) }),
        create('a', 'z', { charges: charge(400) }),
        create('a', 'w', { charges: charge(0) }),
      ],
      { atomic: false },
    );
    expect(results.map((r) => (r.ok ? 'ok' : r.refusal))).toEqual([
      'ok',
      { reason: 'Insufficient', account: 'node/n', amount: 'cpu', requested: 600, used: 600, limit: 1000, revision: 3 },
      'ok',
      { reason: 'Insufficient', account: 'node/n', amount: 'pods', requested: 1, used: 2, limit: 2, revision: 3 },
    ]);
    await store.close();
  });

  it('gives back on deletion, and counts only what an update adds', async () => {
    const store = await freshStore();
    await store.commit([node, create('a', 'x', { charges: charge(900) })]);
    const update = { type: 'update', key: podKey('a', 'x'), object: pod('a', 'x') } as const;
    expect(await only(store.commit([{ ...update, charges: charge(1000) }]))).toMatchObject({ ok: true });
    expect(await only(store.commit([{ ...update, charges: charge(1001) }]))).toMatchObject({ refusal: { used: 0 } });
    await store.commit([{ type: 'delete', key: podKey('a', 'x') }]);
    expect(await only(store.commit([create('a', 'y', { charges: charge(1000) })]))).toMatchObject({ ok: true });
    await store.close();
  });

  it('refuses enforced charges on an account without limits, and books others without asking', async () => {
    const store = await freshStore();
    expect(await only(store.commit([create('a', 'x', { charges: charge(1) })]))).toMatchObject({
      refusal: { reason: 'Insufficient', limit: 0 },
    });
    expect(await only(store.commit([create('a', 'x', { charges: charge(5000, false) })]))).toMatchObject({ ok: true });
    await store.commit([node]);
    expect(await only(store.commit([create('a', 'y', { charges: charge(1) })]))).toMatchObject({
      refusal: { used: 5000, limit: 1000 },
    });
    await store.commit([{ type: 'delete', key: node.key }]);
    expect(await only(store.commit([create('a', 'z', { charges: charge(1) })]))).toMatchObject({
      refusal: { limit: 0 },
    });
    await store.close();
  });

  it('lets one object at a time hold what an account of unique things is charged with', async () => {
    const store = await freshStore();
    const holds = (...names: string[]) => [
      { account: 'unique/port', amounts: Object.fromEntries(names.map((name) => [name, 1])), enforce: true },
    ];
    expect(await only(store.commit([create('a', 'x', { charges: holds('1', '2') })]))).toMatchObject({ ok: true });
    expect(await only(store.commit([create('a', 'y', { charges: holds('3', '2') })]))).toMatchObject({
      refusal: { reason: 'Insufficient', account: 'unique/port', amount: '2', used: 1, limit: 1 },
    });
    await store.commit([{ type: 'update', key: podKey('a', 'x'), object: pod('a', 'x'), charges: holds('1') }]);
    expect(await only(store.commit([create('a', 'y', { charges: holds('3', '2') })]))).toMatchObject({ ok: true });
    await store.commit([{ type: 'delete', key: podKey('a', 'x') }]);
    expect(await only(store.commit([create('a', 'z', { charges: holds('1') })]))).toMatchObject({ ok: true });
    await store.close();
  });

  it('takes back what a refused atomic batch had booked', async () => {
    const store = await freshStore();
    await store.commit([node]);
    await store.commit([create('a', 'x', { charges: charge(700) }), create('a', 'y', { charges: charge(700) })]);
    const again = await store.commit([
      create('a', 'x', { charges: charge(500) }),
      create('a', 'y', { charges: charge(500) }),
    ]);
    expect(again.map((r) => r.ok)).toEqual([true, true]);
    await store.close();
  });
});

describe('reads', () => {
  it('reads many of several resources in the order asked for', async () => {
    const store = await freshStore();
    const node = { group: '', resource: 'nodes', namespace: '', name: 'n' };
    await store.commit([create('a', 'x'), { type: 'create', key: node, object: { ...pod('', 'n'), kind: 'Node' } }]);
    const read = await store.getMany([podKey('a', 'none'), node, podKey('a', 'x')]);
    expect(read.map((object) => object?.kind)).toEqual([undefined, 'Node', 'Pod']);
    await store.close();
  });

  it('names the resources that hold objects', async () => {
    const store = await freshStore();
    const deployments = { group: 'apps', resource: 'deployments' };
    await store.commit([
      create('a', 'x'),
      { type: 'create', key: { ...deployments, namespace: 'a', name: 'd' }, object: pod('a', 'd') },
    ]);
    expect(await store.resources()).toEqual([deployments, pods]);
    await store.commit([{ type: 'delete', key: podKey('a', 'x') }]);
    expect(await store.resources()).toEqual([deployments]);
    await store.close();
  });

  it('shows every page at the revision of the first, whatever is written in between', async () => {
    const store = await freshStore();
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
    await store.commit(names.map((name) => create('n', name)));
    await store.commit([create('m', 'other')]);
    const first = await store.list({ ...pods, namespace: 'n', limit: 2 });
    expect(first).toMatchObject({ revision: 8, remaining: 5 });
    await store.commit([
      { type: 'delete', key: podKey('n', 'c') },
      create('n', 'bb'),
      { type: 'update', key: podKey('n', 'e'), object: pod('n', 'e', { spec: 'new' }) },
      { type: 'delete', key: podKey('n', 'f') },
      create('n', 'f', { object: pod('n', 'f', { spec: 'second' }) } as Partial<Operation>),
      { type: 'delete', key: podKey('n', 'g') },
    ]);
    const seen = [...first.items];
    let page = first;
    while (page.continue !== undefined) {
      page = await store.list({ ...pods, namespace: 'n', limit: 2, continue: page.continue });
      expect(page.revision).toBe(8);
      seen.push(...page.items);
    }
    expect(seen.map((o) => [o.metadata.name, o.metadata.resourceVersion, 'spec' in o])).toEqual(
      names.map((name, i) => [name, String(i + 1), false]),
    );
    await store.close();
  });

  it('continues a list that began elsewhere, at its revision, unless the resource has changed since', async () => {
    const store = await freshStore();
    await store.commit(['a', 'b', 'c', 'd'].map((name) => create('n', name)));
    // Another resource moves the revision on; to pods nothing has happened.
    await store.commit([{ ...create('n', 'x'), key: { group: '', resource: 'maps', namespace: 'n', name: 'x' } }]);
    const later = (await store.list({ ...pods, limit: 1 })).revision;
    expect(await store.retain(pods, later - 1)).toBe(true);
    await store.commit([{ type: 'delete', key: podKey('n', 'c') }, create('n', 'bb')]);
    expect(await store.retain(pods, later)).toBe(false);
    for (const revision of [later - 1, later]) {
      const token = formatContinue({ resource: pods, namespace: '' }, { revision, last: 'n/b' });
      const { items } = await store.list({ ...pods, limit: 5, continue: token });
      expect(items.map(({ metadata }) => metadata.name)).toEqual(['c', 'd']);
    }
    await store.close();
  });

  it('refuses a continue token of another namespace, a broken one, and one that is too old', async () => {
    const store = await freshStore({ continueMs: 1, maxUndo: 2 });
    await store.commit(['a', 'b', 'c'].map((name) => create('n', name)));
    const token = (await store.list({ ...pods, namespace: 'n', limit: 1 })).continue as string;
    await expect(store.list({ ...pods, namespace: 'm', limit: 1, continue: token })).rejects.toThrow('not valid');
    await expect(store.list({ ...pods, limit: 1, continue: token })).rejects.toThrow('not valid');
    await expect(store.list({ ...pods, namespace: 'n', continue: 'nonsense' })).rejects.toThrow('not valid');
    const forged = Buffer.from(JSON.stringify([1, 'pods', 'n', 3, 'm/x'])).toString('base64url');
    await expect(store.list({ ...pods, namespace: 'n', continue: forged })).rejects.toThrow('not valid');
    await store.commit([create('n', 'd'), create('n', 'e'), create('n', 'f'), create('n', 'g')]);
    await expect(store.list({ ...pods, namespace: 'n', continue: token })).rejects.toSatisfy(isExpired);
    await store.close();
  });

  it('expires a list in pages once more was written than is kept', async () => {
    const store = await freshStore({ maxUndo: 2 });
    await store.commit(['a', 'b', 'c'].map((name) => create('n', name)));
    const old = (await store.list({ ...pods, limit: 1 })).continue as string;
    await store.commit([create('n', 'd')]);
    const young = (await store.list({ ...pods, limit: 1 })).continue as string;
    await store.commit([create('n', 'e'), create('n', 'f')]);
    await expect(store.list({ ...pods, continue: old })).rejects.toSatisfy(isExpired);
    expect((await store.list({ ...pods, continue: young })).items.map((o) => o.metadata.name)).toEqual(['b', 'c', 'd']);
    await store.close();
  });

  it('keeps what writes replace as long as the latest list in pages lasts, and sets that time once', async () => {
    const first = await freshStore({ continueMs: 1_000_000 });
    const second = await RedisStore.connect({ url: server.url, tag: `t${count}`, continueMs: 2_000_000 });
    const redis = new Redis(server.url);
    await first.commit(['a', 'b', 'c'].map((name) => create('n', name)));
    await first.list({ ...pods, limit: 1 });
    await redis.config('RESETSTAT');
    await first.commit([create('n', 'd'), create('n', 'e')]);
    await first.commit([{ type: 'delete', key: podKey('n', 'a') }]);
    const stats = await redis.info('commandstats');
    expect(stats).toMatch(/cmdstat_pttl:calls=2,/);
    expect(stats).toMatch(/cmdstat_pexpire:calls=3,/);
    await second.list({ ...pods, limit: 1 });
    await first.commit([{ type: 'delete', key: podKey('n', 'b') }]);
    const endOf = (name: string) => redis.pexpiretime(`{t${count}}:${name}:pods`);
    const end = await endOf('snapshot');
    expect(end).toBeGreaterThan(Date.now() + 1_500_000);
    for (const name of ['undo-order', 'undo-values', 'undo-age']) {
      // A moment later than the snapshot, never sooner.
      const after = (await endOf(name)) - end;
      expect([name, after >= 0 && after < 60_000]).toEqual([name, true]);
    }
    redis.disconnect();
    await second.close();
    await first.close();
  });
});
