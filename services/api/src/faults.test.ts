import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '@kubus/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AdminClient } from './testing/admin-client.ts';
import { startApi, type TestApi } from './testing/start-api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api?.stop());

const run = (command: string) => api.kubectl.run(command.split(' '));

/** kubectl get -w; gives the names it has shown so far, until it ends. */
function watchMaps(): { names: () => string[]; stop: () => void; ended: () => boolean } {
  let output = '';
  const child = api.kubectl.spawn(['get', 'configmaps', '-w', '--no-headers']);
  child.stdout?.on('data', (chunk) => (output += chunk));
  return {
    names: () => output.split('\n').flatMap((line) => line.split(/\s+/)[0] || []),
    stop: () => child.kill(),
    ended: () => child.exitCode !== null,
  };
}

it('goes on over a restart of NATS: writes are taken and lists have them meanwhile, and watches miss none of them', async () => {
  await run('create configmap before');
  const watch = watchMaps();
  await eventually(() => expect(watch.names()).toEqual(['before']));
  await api.nats.kill();
  expect(await run('create configmap meanwhile')).toMatchObject({ code: 0 });
  const listed = { stdout: expect.stringContaining('configmap/meanwhile\n') };
  expect(await run('get configmaps -o name')).toMatchObject(listed);
  expect(await run('get configmaps -o name --chunk-size=0')).toMatchObject(listed);
  await api.nats.restart();
  expect(await run('create configmap after')).toMatchObject({ code: 0 });
  await eventually(() => expect(watch.names()).toEqual(['before', 'meanwhile', 'after']), 30_000);
  watch.stop();
});

it('says what is wrong while Redis is away, loses nothing that it acknowledged, and goes on', async () => {
  const client = await AdminClient.connect(api);
  const create = (name: string) => {
    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } };
    return client.send('POST', '/api/v1/namespaces/default/configmaps', JSON.stringify(body));
  };
  expect(await create('kept')).toMatchObject({ code: 201 });
  await api.redis.kill();
  const refused = await create('refused');
  expect([503, 504]).toContain(refused.code);
  expect(refused.body).toMatchObject({ kind: 'Status', details: { retryAfterSeconds: 1 } });
  expect((await client.send('GET', '/readyz')).body).toContain('[-]redis failed');
  expect((await client.send('GET', '/livez')).body).toBe('ok');
  await api.redis.restart();
  await eventually(async () => expect(await create('later')).toMatchObject({ code: 201 }));
  expect(await client.send('GET', '/api/v1/namespaces/default/configmaps/kept')).toMatchObject({ code: 200 });
  expect((await client.send('GET', '/readyz')).body).toBe('ok');
  client.close();
});

it('tells a watcher to list again when the change log was lost, and knows the new state', async () => {
  const watch = watchMaps();
  await eventually(() => expect(watch.names()).toContain('later'));
  await api.nats.kill();
  await rm(join(api.nats.dataDir, 'jetstream'), { recursive: true });
  await api.nats.restart();
  expect(await run('create configmap anew')).toMatchObject({ code: 0 });
  await eventually(() => expect(watch.ended() || watch.names().includes('anew')).toBe(true), 60_000);
  watch.stop();
  const again = watchMaps();
  await eventually(() => expect(again.names()).toContain('anew'));
  await run('create configmap last');
  await eventually(() => expect(again.names()).toContain('last'), 30_000);
  again.stop();
});
