import { desiredBucket, statusBucket } from '@kubus/shared/bus';
import { eventually, startNats, type TestServer } from '@kubus/testkit';
import { connect, type KV, type NatsConnection } from 'nats';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { DesiredBuckets } from './buckets.ts';
import { DesiredSetFeed } from './feed.ts';
import type { SetStatus } from './status.ts';

let server: TestServer;
let nc: NatsConnection;
let buckets: DesiredBuckets;
let desired: KV;

beforeEach(async () => {
  server = await startNats();
  nc = await connect({ servers: server.url });
  buckets = new DesiredBuckets({ connection: nc });
  await buckets.ensure();
  desired = await nc.jetstream().views.kv(desiredBucket, { bindOnly: true });
});
afterEach(async () => {
  await nc.close();
  await server.stop();
});

const web = { namespace: 'shop', name: 'web.v1' };
const status: SetStatus = { observedRevision: 1, phase: 'Applied', time: 't', objects: [], inventory: [] };
const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

it('tells a published set from a deleted and an unknown one', async () => {
  expect(await buckets.published(web)).toBeUndefined();
  const revision = await desired.put('shop.web.v1', 'manifest');
  expect(await buckets.published(web)).toEqual({ revision, deleted: false, manifest: 'manifest' });
  await desired.delete('shop.web.v1');
  expect(await buckets.published(web)).toEqual({ revision: revision + 1, deleted: true });
  await desired.purge('shop.web.v1');
  expect(await buckets.published(web)).toEqual({ revision: revision + 2, deleted: true });
});

it('lets only one write an outcome after the one that it has read', async () => {
  const first = await buckets.writeStatus(web, status, undefined);
  expect(await buckets.status(web)).toEqual(first);
  await expect(buckets.writeStatus(web, status, undefined)).rejects.toThrow();
  const second = await buckets.writeStatus(web, { ...status, phase: 'Failed' }, first);
  await expect(buckets.writeStatus(web, status, first)).rejects.toThrow();
  expect(await buckets.status(web)).toEqual(second);
});

it('knows the keys of all sets that are published or have an outcome', async () => {
  await desired.put('a.b', 'x');
  await desired.put('_cluster.base', 'x');
  await desired.put('NotAKey', 'x');
  await buckets.writeStatus(web, status, undefined);
  expect((await buckets.keys()).sort((a, b) => (a.name < b.name ? -1 : 1))).toEqual([
    { namespace: 'a', name: 'b' },
    { namespace: '_cluster', name: 'base' },
    web,
  ]);
});

it('makes buckets anew that were deleted while it ran', async () => {
  const { streams } = await nc.jetstreamManager();
  await streams.delete(`KV_${desiredBucket}`);
  await streams.delete(`KV_${statusBucket}`);
  expect(await buckets.keys()).toEqual([]);
  expect(await buckets.published(web)).toBeUndefined();
});

it('feeds on when the bucket was deleted while it ran', async () => {
  const heard: string[] = [];
  const following = await new DesiredSetFeed({
    connection: nc,
    log,
    retryMs: 20,
    ensure: () => buckets.ensure(),
  }).follow([], {
    onChanges: async (changes) => {
      heard.push(...changes.map(({ key }) => key.name));
    },
    onGap: () => undefined,
  });
  await (await nc.jetstreamManager()).streams.delete(`KV_${desiredBucket}`);
  await eventually(async () => {
    await desired.put('a.again', 'x');
    expect(heard).toContain('again');
  });
  await following.stop();
});

it('feeds each changed key to one of the replicas', async () => {
  const heard: string[] = [];
  const following = await Promise.all(
    [1, 2].map(() =>
      new DesiredSetFeed({ connection: nc, log, ensure: () => buckets.ensure() }).follow([], {
        onChanges: async (changes) => {
          heard.push(...changes.map(({ key }) => `${key.namespace} ${key.name}`));
        },
        onGap: () => undefined,
      }),
    ),
  );
  await desired.put('shop.web.v1', 'x');
  await desired.put('Not.A.Key', 'x');
  await desired.delete('_cluster.base');
  await eventually(() => expect(heard.sort()).toEqual(['_cluster base', 'shop web.v1']));
  await Promise.all(following.map((one) => one.stop()));
});
