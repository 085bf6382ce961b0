import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRedis, type TestServer } from '@kubus/testkit';
import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { KubeObject } from '../object/index.ts';
import { RedisStore } from '../store/index.ts';
import { formatRedisUrl, redisAcl } from './server-config.ts';

const passwords = { api: 'a', scheduler: 's', 'controller-manager': 'c' };
let server: TestServer;
const urlOf = (user: keyof typeof passwords) =>
  formatRedisUrl(user, passwords[user], `127.0.0.1:${server.port}`, join(server.dataDir, 'redis.sock'));

const pods = { group: '', resource: 'pods' };
const key = { ...pods, namespace: 'default', name: 'x' };
const pod: KubeObject = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x', namespace: 'default', uid: 'u' } };

beforeAll(async () => {
  server = await startRedis({ args: ['--aclfile', await aclFile(), '--unixsocket', 'redis.sock'] });
});
afterAll(() => server.stop());

async function aclFile(): Promise<string> {
  const file = join(tmpdir(), `kubus-acl-${process.pid}`);
  await writeFile(file, redisAcl(passwords));
  return file;
}

it('lets the api write and the readers read', async () => {
  const writer = await RedisStore.connect({ url: urlOf('api') });
  const [result] = await writer.commit([{ type: 'create', key, object: pod }]);
  expect(result).toMatchObject({ ok: true });
  for (const user of ['scheduler', 'controller-manager'] as const) {
    const reader = await RedisStore.connect({ url: urlOf(user), readOnly: true });
    expect(await reader.get(key)).toMatchObject({ metadata: { uid: 'u' } });
    expect((await reader.list({ ...pods, limit: 1 })).items).toHaveLength(1);
    expect((await reader.revisions([pods])).resources).toEqual([1]);
    await expect(reader.commit([{ type: 'delete', key }])).rejects.toThrow();
    expect(await reader.get(key)).toBeDefined();
    await reader.close();
  }
  await writer.close();
});

it('loses nothing of a commit when the server is killed and reads its append-only file again', async () => {
  const writer = await RedisStore.connect({ url: urlOf('api') });
  const written = await writer.commit([
    { type: 'create', key: { ...key, name: 'kept' }, object: { ...pod, metadata: { ...pod.metadata, name: 'kept' } } },
    { type: 'create', key: { ...key, name: 'too' }, object: { ...pod, metadata: { ...pod.metadata, name: 'too' } } },
  ]);
  expect(written.map((result) => result.ok)).toEqual([true, true]);
  await writer.close();
  await server.restart();
  const again = await RedisStore.connect({ url: urlOf('api'), waitMs: 10_000 });
  expect((await again.list({ ...pods })).items.map((item) => item.metadata.name)).toEqual(['kept', 'too', 'x']);
  await again.close();
});

it('is reached by its Unix socket where the URL names one, and else by TCP', async () => {
  const bySocket = async (url: string) => {
    const redis = new Redis(url, { connectionName: 'asks' });
    const clients = (await redis.client('LIST')) as string;
    redis.disconnect();
    return / addr=(\S+) .* name=asks /.exec(clients)?.[1] === 'redis.sock:0';
  };
  expect(await bySocket(urlOf('api'))).toBe(true);
  expect(await bySocket(formatRedisUrl('api', passwords.api, `127.0.0.1:${server.port}`, undefined))).toBe(false);
});

it('gives the queues to the controller-manager alone', async () => {
  const connection = new Redis(urlOf('controller-manager'), { maxRetriesPerRequest: null });
  const queue = new Queue('acl', { connection });
  const done = Promise.withResolvers<string>();
  const worker = new Worker('acl', async (job) => done.resolve(job.name), { connection: connection.duplicate() });
  await queue.add('job', {});
  expect(await done.promise).toBe('job');
  await worker.close();
  await queue.close();
  connection.disconnect();
  const other = new Redis(urlOf('scheduler'));
  await expect(other.get('bull:acl:id')).rejects.toThrow(/NOPERM/);
  other.disconnect();
});

it('knows nobody without a password', async () => {
  const anonymous = new Redis(`redis://127.0.0.1:${server.port}`, {
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  anonymous.on('error', () => undefined);
  await expect(anonymous.get('{kubus}:revision')).rejects.toThrow();
  anonymous.disconnect();
});
