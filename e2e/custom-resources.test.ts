import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '@kubus/testkit';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { apiExports, mustacheTemplates, type RealDefinition } from './clients/definitions.ts';
import { largeDefinition } from './clients/large-definition.ts';
import { type Cluster, root, startCluster } from './harness/index.ts';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster({ args: ['--runtime', 'sim', '--nodes', '1'] });
  await cluster.kubectl('apply', '-f', `${root}/examples/crd/definition.yaml`);
  await cluster.kubectl('wait', '--for=condition=Established', 'crd/backups.shop.example.com', '--timeout=60s');
});
afterAll(async () => {
  await cluster?.destroy();
});

const apply = (object: object) => cluster.tryKubectl(['apply', '-f', '-'], { input: JSON.stringify(object) });
const backup = (name: string, namespace: string) => ({
  apiVersion: 'shop.example.com/v1',
  kind: 'Backup',
  metadata: { name, namespace },
  spec: { schedule: '0 3 * * *', target: 's3://bucket/path', keep: { daily: 7, weekly: 4 } },
});
const exists = async (...what: string[]) =>
  (await cluster.kubectl('get', ...what, '--ignore-not-found', '-o', 'name')) !== '';

it('collects what a custom object owned, and a custom object whose owner is gone', async () => {
  await apply(backup('owner', 'default'));
  const { metadata } = await cluster.getJson<{ metadata: { uid: string } }>('backup', 'owner');
  const owner = { apiVersion: 'shop.example.com/v1', kind: 'Backup', name: 'owner', uid: metadata.uid };
  const owned = { name: 'owned', namespace: 'default', ownerReferences: [owner] };
  await apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: owned });
  await apply({ ...backup('owned', 'default'), metadata: owned });
  await cluster.kubectl('delete', 'backup', 'owner');
  await eventually(async () =>
    expect([await exists('cm', 'owned'), await exists('backup', 'owned')]).toEqual([false, false]),
  );
});

/** Starts examples/crd/webhook as its README says, on a free port, and gives where it converts and what it is trusted by. */
async function startWebhook(): Promise<{ url: string; caBundle: string }> {
  const folder = join(cluster.stateDir, 'backup-webhook');
  const webhook = spawn(process.execPath, [`${root}/examples/crd/webhook/main.ts`, folder, '0'], { stdio: 'pipe' });
  onTestFinished(() => void webhook.kill());
  let said = '';
  for (const stream of [webhook.stdout, webhook.stderr]) stream.on('data', (text: Buffer) => (said += text));
  const url = await eventually(() => /converting at (\S+)/.exec(said)?.[1] ?? expect.fail(said));
  return { url, caBundle: await readFile(join(folder, 'tls.crt'), 'base64') };
}

it('writes and reads both versions of the example, through its webhook', async () => {
  const clientConfig = await startWebhook();
  const patch = JSON.stringify({ spec: { conversion: { webhook: { clientConfig } } } });
  await cluster.kubectl('patch', 'crd', 'backups.shop.example.com', '--type=merge', '-p', patch);
  const old = 'backups.v1beta1.shop.example.com';
  await cluster.kubectl('apply', '-f', `${root}/examples/crd/backup.yaml`);
  const { stderr } = await cluster.tryKubectl(['get', old, 'nightly']);
  expect(stderr).toContain('shop.example.com/v1beta1 Backup is deprecated');
  await eventually(() => cluster.kubectl('apply', '-f', `${root}/examples/crd/backup-v1beta1.yaml`));
  expect(await cluster.getJson('backups.v1.shop.example.com', 'weekly')).toMatchObject({
    spec: { schedule: '0 4 * * 0', target: 's3://shop/weekly', keep: { daily: 2, weekly: 4 } },
  });
  await cluster.kubectl('patch', 'backup', 'weekly', '--type=merge', '-p', '{"spec":{"keep":{"weekly":9}}}');
  await cluster.kubectl('patch', old, 'weekly', '--type=merge', '-p', '{"spec":{"copies":3}}');
  expect(await cluster.getJson('backup', 'weekly')).toMatchObject({ spec: { keep: { daily: 3, weekly: 9 } } });
  const { items } = await cluster.getJson<{ items: { spec: object }[] }>(old);
  expect(items.map(({ spec }) => spec)).toEqual([
    { cron: '0 3 * * *', to: 's3://shop/nightly', copies: 7 },
    { cron: '0 4 * * 0', to: 's3://shop/weekly', copies: 3 },
  ]);
  const unfit = ['patch', old, 'weekly', '--type=merge', '-p', '{"spec":{"cron":"daily"}}'];
  expect((await cluster.tryKubectl(unfit)).stderr).toContain('a schedule has five fields, not 1');
});

async function lives({ definition, explained, object, unfit }: RealDefinition, ...flags: string[]): Promise<void> {
  const { name } = definition.metadata;
  const resource = `${object.kind.toLowerCase()}s`;
  const send = async (what: object, ...args: string[]) => {
    const { code, stderr } = await cluster.tryKubectl([...args, '-f', '-'], { input: JSON.stringify(what) });
    expect(stderr, args.join(' ')).toBe('');
    expect(code).toBe(0);
  };
  await send(definition, 'apply', ...flags);
  await cluster.kubectl('wait', '--for=condition=Established', `crd/${name}`, '--timeout=60s');
  await send(definition, 'apply', ...flags);
  await eventually(async () => expect(await cluster.kubectl('explain', explained[0])).toMatch(explained[1]));
  await eventually(() => send(object, 'create'));
  expect(await cluster.getJson(resource, object.metadata.name)).toMatchObject(object);
  const patch = ['patch', resource, object.metadata.name, '--type=merge', '-p', JSON.stringify(unfit[0])];
  expect((await cluster.tryKubectl(patch)).stderr).toContain(unfit[1]);
  expect(await cluster.kubectl('get', resource)).toContain(object.metadata.name);
  await cluster.kubectl('delete', resource, object.metadata.name);
  await cluster.kubectl('delete', 'crd', name, '--timeout=120s');
}

it.each([
  ['kcp', apiExports],
  ['razee', mustacheTemplates],
])('lives with a definition of %s, as it is published', async (_, load) => {
  const real = await load();
  await lives(real);
  await lives(real, '--server-side');
});

it('lives with a definition of a megabyte, applied by the server, and by the client as far as its annotation has room', async () => {
  const send = (what: object, ...args: string[]) =>
    cluster.tryKubectl([...args, '-f', '-'], { input: JSON.stringify(what) });
  const smaller = largeDefinition('smallers', 'Smaller', 4);
  expect((await send(smaller.definition, 'apply')).stderr).toBe('');
  expect((await send(smaller.definition, 'apply')).stdout).toContain('unchanged');
  const { name, definition, object, unfit } = largeDefinition('larges', 'Large', 21);
  expect(JSON.stringify(definition).length).toBeGreaterThan(1_000_000);
  const { stderr } = await send(definition, 'apply');
  expect(stderr).toContain('metadata.annotations: Too long: may not be more than 262144 bytes');
  for (let i = 0; i < 2; i++) {
    expect((await send(definition, 'apply', '--server-side')).stderr).toBe('');
    await cluster.kubectl('wait', '--for=condition=Established', `crd/${name}`, '--timeout=60s');
  }
  await eventually(async () =>
    expect(await cluster.kubectl('explain', 'large.spec.part20.inner')).toMatch(/field6\s+<\[\]Object>/),
  );
  await eventually(async () => expect((await send(object, 'create')).stderr).toBe(''));
  expect((await send(object, 'apply', '--server-side')).stderr).toBe('');
  expect(await cluster.getJson('larges.v1beta1.large.example.com', 'full')).toMatchObject({
    spec: (object as { spec: object }).spec,
  });
  const patch = ['patch', 'large', 'full', '--type=merge', '-p', JSON.stringify(unfit[0])];
  expect((await cluster.tryKubectl(patch)).stderr).toContain(unfit[1]);
  expect(await cluster.kubectl('get', 'larges')).toMatch(/NAME\s+MODE\s+full\s+Never/);
  await cluster.kubectl('delete', 'crd', name, '--timeout=60s');
});

it('deletes custom objects with their namespace', async () => {
  await cluster.kubectl('create', 'namespace', 'going');
  await apply(backup('one', 'going'));
  await cluster.kubectl('delete', 'namespace', 'going', '--timeout=120s');
  expect(await exists('backup', '-n', 'going')).toBe(false);
});

it('counts custom objects for quotas, and gives back what is gone', async () => {
  await cluster.kubectl('create', 'namespace', 'counted');
  await cluster.kubectl('create', 'quota', 'few', '--hard=count/backups.shop.example.com=1,pods=5', '-n', 'counted');
  const used = () =>
    cluster.kubectl(
      'get',
      'quota',
      'few',
      '-n',
      'counted',
      '-o',
      'jsonpath={.status.used.count/backups\\.shop\\.example\\.com} {.status.used.pods}',
    );
  await eventually(async () => expect(await used()).toBe('0 0'), 60_000);
  expect((await apply(backup('one', 'counted'))).code).toBe(0);
  // Another count of the same quota leaves them what they are.
  await cluster.kubectl('run', 'pod', '--image=x', '-n', 'counted');
  await cluster.kubectl('delete', 'pod', 'pod', '-n', 'counted');
  await eventually(async () => expect(await used()).toBe('1 0'), 60_000);
  expect((await apply(backup('two', 'counted'))).stderr).toContain('exceeded quota: few');
  await cluster.kubectl('delete', 'backup', 'one', '-n', 'counted');
  await eventually(async () => expect(await used()).toBe('0 0'), 60_000);
  expect((await apply(backup('two', 'counted'))).code).toBe(0);
});

it('lets a definition go with all of its objects', async () => {
  await apply(backup('last', 'default'));
  await cluster.kubectl('delete', 'crd', 'backups.shop.example.com', '--timeout=120s');
  expect((await cluster.tryKubectl(['get', 'backups'])).stderr).toMatch(
    /could not find the requested resource|doesn't have a resource type/,
  );
});
