import { eventually } from '@kubus/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { standardPlugins } from '../admission/index.ts';
import { admin, type Client, core, startCluster, type TestCluster } from './testing/cluster.ts';

const maps = { ...core, resource: 'configmaps', namespace: 'nowhere' } as const;

let all: TestCluster;
let without: TestCluster;
let client: Client;
beforeAll(async () => {
  [all, without] = await Promise.all([startCluster(), startCluster({ disabledPlugins: standardPlugins })]);
  client = without.as(admin);
}, 60_000);
afterAll(() => Promise.all([all?.stop(), without?.stop()]));

it('a plugin that is switched off decides nothing', async () => {
  const create = { ...maps, verb: 'create', body: { metadata: { name: 'a' } } } as const;
  expect(await all.as(admin).refused(create)).toMatchObject({ reason: 'NotFound' });
  await client.ok(create);
  const pod = { metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i' }] } };
  const { spec } = await client.ok<never>({ ...maps, resource: 'pods', verb: 'create', body: pod });
  expect(spec).not.toHaveProperty('tolerations');
  expect(spec).not.toHaveProperty('priority');
  expect(spec).not.toHaveProperty('serviceAccountName');
});

it('nothing is held to a quota where ResourceQuota is switched off', async () => {
  const quota = (client: Client) => {
    const body = { metadata: { name: 'none' }, spec: { hard: { services: '0' } } };
    return client.ok({ ...core, resource: 'resourcequotas', namespace: 'default', verb: 'create', body });
  };
  const body = { metadata: { name: 'x' }, spec: { ports: [{ port: 80 }] } };
  const service = { ...core, resource: 'services', namespace: 'default', verb: 'create', body } as const;
  for (const cluster of [all, without]) await quota(cluster.as(admin));
  const dryRun = { ...service, query: { dryRun: 'All' } };
  await eventually(async () => expect((await all.as(admin).send(dryRun)).code).toBe(403));
  await client.ok(service);
});
