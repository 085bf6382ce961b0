import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '@kubus/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AdminClient } from './testing/admin-client.ts';
import { TestAgent } from './testing/agents.ts';
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

/** More of them where random faults are asked to last longer. */
const agents = Number(process.env['KUBUS_FAULTS_SECONDS'] ?? 0) > 60 ? 160 : 40;

it(`${agents} agents that lose the bus at once go on once it is back: each renews its lease, sees its pods, and has listed them no more than once again`, {
  timeout: 600_000,
}, async () => {
  const client = await AdminClient.connect(api);
  await client.send('POST', '/api/v1/namespaces/default/serviceaccounts', '{"metadata":{"name":"default"}}');
  const names = Array.from({ length: agents }, (_, i) => `node-${i}`);
  const started = await TestAgent.startAll(api, names);
  const before = started.map(({ lists }) => lists);
  await api.nats.kill();
  const renewals = started.map((agent) => eventually(() => agent.renew(), 300_000, 1_000));
  for (const nodeName of names) {
    const spec = { nodeName, containers: [{ name: 'main', image: 'x' }] };
    const body = JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name: `on-${nodeName}` }, spec });
    expect(await client.send('POST', '/api/v1/namespaces/default/pods', body)).toMatchObject({ code: 201 });
  }
  await api.nats.restart();
  await Promise.all(renewals);
  const seen = () => started.map(({ pods }) => pods.list().map(({ metadata }) => metadata.name));
  await eventually(() => expect(seen()).toEqual(names.map((name) => [`on-${name}`])), 300_000);
  expect(started.filter(({ lists }, i) => lists > (before[i] ?? 0) + 1)).toEqual([]);
  await Promise.all(started.map((agent) => agent.stop()));
  client.close();
});
