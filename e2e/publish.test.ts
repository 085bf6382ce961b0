import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '@kubus/testkit';
import { connect, credsAuthenticator, type KV, type NatsConnection } from 'nats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cluster, root, startCluster } from './harness/index.ts';

let cluster: Cluster;
let nats: NatsConnection;
let desired: KV;
let status: KV;
let web: string;

interface SetStatus {
  phase: string;
  errors?: { message: string }[];
}

const names = (kinds: string) => cluster.kubectl('get', kinds, '-o', 'name');
const text = (lines: string[]) => lines.join('\n');

/** The status written for the newest value of the key. */
async function outcome(key: string, revision: number): Promise<SetStatus> {
  return eventually(async () => {
    const entry = await status.get(key);
    const value = entry?.json<SetStatus & { observedRevision: number }>();
    expect(value?.observedRevision).toBe(revision);
    return value as SetStatus;
  }, 30_000);
}

const configMap = (name: string, value: string) =>
  text(['apiVersion: v1', 'kind: ConfigMap', `metadata: {name: ${name}}`, `data: {value: "${value}"}`]);

beforeAll(async () => {
  cluster = await startCluster();
  web = await readFile(join(root, 'examples/web.yaml'), 'utf8');
  const record = JSON.parse(await readFile(join(cluster.stateDir, 'cluster.json'), 'utf8')) as { natsPort: number };
  nats = await connect({
    servers: `127.0.0.1:${record.natsPort}`,
    authenticator: credsAuthenticator(await readFile(join(cluster.stateDir, 'state/cli/nats.creds'))),
    inboxPrefix: '_INBOX.user.admin',
  });
  desired = await nats.jetstream().views.kv('kubus_desired', { bindOnly: true });
  status = await nats.jetstream().views.kv('kubus_status', { bindOnly: true });
});
afterAll(async () => {
  await nats?.close();
  await cluster?.destroy();
});

describe('npx kubus publish', () => {
  it('runs the manifest and prints the outcome', async () => {
    const published = await cluster.kubus('publish', '-f', `${root}/examples/web.yaml`, '--set', 'default.web');
    expect(published).toMatchObject({ code: 0 });
    expect(published.stdout).toContain('Deployment/web');
    await cluster.kubectl('rollout', 'status', 'deploy/web', '--timeout=120s');
  });

  it('removes everything with unpublish', async () => {
    expect(await cluster.kubus('unpublish', '--set', 'default.web')).toMatchObject({ code: 0 });
    await eventually(async () => {
      expect(await names('deploy,rs,pods,svc')).not.toContain('web');
      expect(await names('configmaps')).not.toContain('configmap/web');
      expect(await cluster.containers()).toEqual([]);
    }, 60_000);
  });

  it('fails with every cause when the set is rejected', async () => {
    const file = join(cluster.stateDir, 'bad.yaml');
    const { writeFile } = await import('node:fs/promises');
    await writeFile(
      file,
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: "Not Valid"}\n---\nkind: Nothing\napiVersion: v9\nmetadata: {name: x}\n',
    );
    const published = await cluster.kubus('publish', '-f', file, '--set', 'default.bad');
    expect(published.code).toBe(1);
    expect(published.stderr + published.stdout).toContain('Not Valid');
    expect(published.stderr + published.stdout).toContain('Nothing');
  });
});

describe('any NATS client', () => {
  it('applies by putting the key', async () => {
    const revision = await desired.put('default.web', web);
    expect(await outcome('default.web', revision)).toMatchObject({ phase: 'Applied' });
    await cluster.kubectl('rollout', 'status', 'deploy/web', '--timeout=120s');
  });

  it('prunes what left the set', async () => {
    const [config = ''] = web.split('---');
    const revision = await desired.put('default.web', config);
    await outcome('default.web', revision);
    await eventually(async () => {
      expect(await names('deploy,svc')).not.toContain('web');
      expect(await names('configmaps')).toContain('configmap/web');
      expect(await cluster.containers()).toEqual([]);
    }, 60_000);
  });

  it('gets the rejection of a bad manifest with every cause, and nothing changes', async () => {
    const revision = await desired.put(
      'default.web',
      text([
        configMap('fresh', '1'),
        '---',
        'apiVersion: apps/v1',
        'kind: Deployment',
        'metadata: {name: bad}',
        'spec: {replicas: -1}',
      ]),
    );
    const rejected = await outcome('default.web', revision);
    expect(rejected.phase).toBe('Rejected');
    const causes = JSON.stringify(rejected.errors);
    for (const field of ['spec.selector', 'spec.replicas']) expect(causes).toContain(field);
    expect(await names('configmaps')).not.toContain('fresh');
    expect(await names('configmaps')).toContain('configmap/web');
  });

  it('refuses a broken document and another namespace', async () => {
    const broken = await outcome('default.broken', await desired.put('default.broken', 'a: [1\nb'));
    expect(broken.phase).toBe('Rejected');
    const other = await outcome(
      'default.other',
      await desired.put(
        'default.other',
        text([
          configMap('x', '1'),
          '---',
          'apiVersion: v1',
          'kind: ConfigMap',
          'metadata: {name: second, namespace: kube-system}',
        ]),
      ),
    );
    expect(other.phase).toBe('Rejected');
    expect(JSON.stringify(other.errors)).toContain('kube-system');
    expect(await names('configmaps')).not.toContain('configmap/x');
  });

  it('deletes everything with the key', async () => {
    await desired.delete('default.web');
    await eventually(async () => expect(await names('configmaps')).not.toContain('configmap/web'), 30_000);
  });
});
