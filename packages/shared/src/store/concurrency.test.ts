import { startRedis, type TestServer } from '@kubus/testkit';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { isExpired } from '../errors/index.ts';
import type { KubeObject } from '../object/index.ts';
import { type Operation, Outbox, RedisStore } from './index.ts';

const pods = { group: '', resource: 'pods' };
const nodes = { group: '', resource: 'nodes' };
let server: TestServer;
let count = 0;

beforeAll(async () => {
  server = await startRedis({ appendfsync: 'no' });
});
afterAll(() => server.stop());

const object = (name: string, more: object = {}): KubeObject => ({
  kind: 'Pod',
  apiVersion: 'v1',
  metadata: { namespace: 'n', name, uid: name },
  ...more,
});
const key = (name: string) => ({ ...pods, namespace: 'n', name });
const create = (name: string): Operation => ({ type: 'create', key: key(name), object: object(name) });

/** Several stores over one state, as replicas of the api are. */
async function replicas(n: number): Promise<RedisStore[]> {
  const tag = `c${++count}`;
  return Promise.all(Array.from({ length: n }, () => RedisStore.connect({ url: server.url, tag })));
}

async function close(stores: readonly RedisStore[]): Promise<void> {
  for (const store of stores) await store.close();
}

it('gives out every revision once, without gaps, to 64 who write at once', async () => {
  const stores = await replicas(4);
  const revisions: number[] = [];
  const writer = async (w: number): Promise<void> => {
    for (let i = 0; i < 25; i++) {
      const results = await (stores[w % 4] as RedisStore).commit([create(`${w}-${i}-a`), create(`${w}-${i}-b`)]);
      const [a, b] = results.map((result) => (result.ok ? result.revision : Number.NaN));
      expect(b).toBe((a as number) + 1);
      revisions.push(a as number, b as number);
    }
  };
  await Promise.all(Array.from({ length: 64 }, (_, w) => writer(w)));
  const expected = Array.from({ length: 3_200 }, (_, i) => i + 1);
  expect(revisions.sort((a, b) => a - b)).toEqual(expected);
  const outbox = new Outbox({ url: server.url, tag: `c${count}` });
  const entries = await outbox.read(0, 4_000, 10);
  expect(entries.map((entry) => entry.revision)).toEqual(expected);
  expect(entries.map((entry) => entry.previousRevision)).toEqual(expected.map((revision) => revision - 1));
  outbox.close();
  await close(stores);
});

it('lets one of two writers win who have read the same revision, and loses no increment', async () => {
  const stores = await replicas(2);
  await (stores[0] as RedisStore).commit([{ ...create('x'), object: object('x', { n: 0 }) } as Operation]);
  const increment = async (store: RedisStore): Promise<void> => {
    for (;;) {
      const current = (await store.get(key('x'))) as KubeObject & { n: number };
      const { resourceVersion = '' } = current.metadata;
      const next = { ...object('x'), n: current.n + 1 };
      const [result] = await store.commit([
        { type: 'update', key: key('x'), object: next, preconditions: { resourceVersion } },
      ]);
      if (result?.ok === true) return;
      expect(result?.refusal).toMatchObject({ reason: 'Conflict', field: 'resourceVersion' });
    }
  };
  await Promise.all(Array.from({ length: 40 }, (_, i) => increment(stores[i % 2] as RedisStore)));
  expect(await (stores[1] as RedisStore).get(key('x'))).toMatchObject({ n: 40, metadata: { resourceVersion: '41' } });
  await close(stores);
});

it('never lets an account be overdrawn, whoever binds and removes at the same time', { timeout: 60_000 }, async () => {
  const requests = fc.array(fc.record({ cpu: fc.integer({ min: 1, max: 400 }), node: fc.nat(2), gone: fc.boolean() }), {
    minLength: 8,
    maxLength: 60,
  });
  await fc.assert(
    fc.asyncProperty(requests, async (all) => {
      const stores = await replicas(3);
      await (stores[0] as RedisStore).commit(
        [0, 1, 2].map((n) => ({
          type: 'create',
          key: { ...nodes, namespace: '', name: `n${n}` },
          object: object(`n${n}`),
          limits: [{ account: `node/n${n}`, limits: { cpu: 1_000, pods: 4 } }],
        })),
      );
      const bound = new Map<number, { cpu: number; node: number }>();
      await Promise.all(
        all.map(async ({ cpu, node, gone }, i) => {
          const store = stores[i % 3] as RedisStore;
          const charges = [{ account: `node/n${node}`, amounts: { cpu, pods: 1 }, enforce: true }];
          const [result] = await store.commit([{ ...create(`p${i}`), charges } as Operation]);
          if (result?.ok !== true) return;
          if (gone) await store.commit([{ type: 'delete', key: key(`p${i}`) }]);
          else bound.set(i, { cpu, node });
        }),
      );
      for (const n of [0, 1, 2]) {
        const here = [...bound.values()].filter(({ node }) => node === n);
        const cpu = here.reduce((sum, pod) => sum + pod.cpu, 0);
        expect(cpu).toBeLessThanOrEqual(1_000);
        expect(here.length).toBeLessThanOrEqual(4);
        const charges = [{ account: `node/n${n}`, amounts: { cpu: 5_000 }, enforce: true }];
        const [probe] = await (stores[0] as RedisStore).commit([{ ...create('probe'), charges } as Operation]);
        expect(probe).toMatchObject({ refusal: { used: cpu, limit: 1_000 } });
      }
      await close(stores);
    }),
    { numRuns: 25 },
  );
});

it('shows all pages of a list at its first revision, or expires, while others write', { timeout: 60_000 }, async () => {
  const writes = fc.array(
    fc.record({ at: fc.nat(6), name: fc.nat(20), verb: fc.constantFrom('create', 'update', 'delete') }),
    { maxLength: 40 },
  );
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(fc.nat(20)), fc.integer({ min: 1, max: 5 }), writes, async (names, limit, all) => {
      const store = await RedisStore.connect({ url: server.url, tag: `c${++count}`, maxUndo: 30 });
      if (names.length > 0) await store.commit(names.map((name) => create(`p${name}`)));
      const expected = (await store.list(pods)).items;
      const seen: KubeObject[] = [];
      let token: string | undefined;
      let page = 0;
      try {
        do {
          const result = await store.list({ ...pods, limit, ...(token === undefined ? {} : { continue: token }) });
          seen.push(...result.items);
          token = result.continue;
          for (const { verb, name } of all.filter(({ at }) => at === page)) await write(store, verb, `p${name}`);
          page++;
        } while (token !== undefined);
        expect(seen).toEqual(expected);
      } catch (error) {
        if (!isExpired(error)) throw error;
        expect(all.length).toBeGreaterThan(30);
      }
      await store.close();
    }),
    { numRuns: 150 },
  );
});

async function write(store: RedisStore, verb: string, name: string): Promise<void> {
  if (verb === 'create') await store.commit([create(name)]);
  else if (verb === 'delete') await store.commit([{ type: 'delete', key: key(name) }]);
  else await store.commit([{ type: 'update', key: key(name), object: object(name, { changed: true }) }]);
}
