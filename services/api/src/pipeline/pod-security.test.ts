import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { admin, type Client, core, podBody, startCluster, type TestCluster } from './testing/cluster.ts';

let cluster: TestCluster;
let client: Client;

const namespaces = { ...core, resource: 'namespaces' } as const;
const prefix = 'pod-security.kubernetes.io/';

beforeAll(async () => {
  cluster = await startCluster();
  client = cluster.as(admin);
}, 60_000);
afterAll(() => cluster.stop());

async function namespace(name: string, labels: Record<string, string>): Promise<void> {
  const named = Object.fromEntries(Object.entries(labels).map(([key, value]) => [prefix + key, value]));
  await client.ok({ ...namespaces, verb: 'create', body: { metadata: { name, labels: named } } });
  const accounts = { ...core, resource: 'serviceaccounts', namespace: name } as const;
  await client.ok({ ...accounts, verb: 'create', body: { metadata: { name: 'default' } } });
}

const create = (where: string, name: string, spec: object = {}) =>
  client.send({ ...core, resource: 'pods', namespace: where, verb: 'create', body: podBody(name, { ...spec }) });

const privileged = { containers: [{ name: 'main', image: 'x', securityContext: { privileged: true } }] };
const why = 'privileged (container "main" must not set securityContext.privileged=true)';

describe('a namespace’s Pod Security labels', () => {
  it('refuse pods that are not as the standard asks', async () => {
    await namespace('strict', { enforce: 'baseline' });
    expect((await create('strict', 'plain')).code).toBe(201);
    expect(await create('strict', 'bad', privileged)).toMatchObject({
      code: 403,
      body: { message: `pods "bad" is forbidden: violates PodSecurity "baseline:latest": ${why}` },
    });
  });

  it('hold for containers that join a pod later, too, and warn nobody of what is refused', async () => {
    await namespace('debugged', { enforce: 'baseline', warn: 'baseline' });
    expect((await create('debugged', 'plain')).code).toBe(201);
    const target = { ...core, resource: 'pods', namespace: 'debugged', name: 'plain' } as const;
    const debug = (securityContext: object) => {
      const ephemeralContainers = [{ name: 'debugger', image: 'x', securityContext }];
      const body = { spec: { ephemeralContainers } };
      const contentType = 'application/strategic-merge-patch+json';
      return client.send({ ...target, verb: 'patch', subresource: 'ephemeralcontainers', contentType, body });
    };
    const refused = await debug({ privileged: true });
    expect(refused).toMatchObject({
      code: 403,
      body: { message: expect.stringContaining('container "debugger" must not set securityContext.privileged=true') },
    });
    expect(refused).not.toHaveProperty('warnings');
    expect((await debug({})).code).toBe(200);
  });

  it('warn of pods, and of what makes such pods', async () => {
    await namespace('warned', { warn: 'baseline', 'warn-version': 'v1.30' });
    const warnings = [`would violate PodSecurity "baseline:v1.30": ${why}`];
    expect(await create('warned', 'bad', privileged)).toMatchObject({ code: 201, warnings });
    const labels = { app: 'a' };
    const spec = { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: privileged } };
    const deployments = { group: 'apps', version: 'v1', resource: 'deployments', namespace: 'warned' } as const;
    const body = { metadata: { name: 'd' }, spec };
    expect(await client.send({ ...deployments, verb: 'create', body })).toMatchObject({ code: 201, warnings });
  });

  it('let a pod that is there already be changed in what they do not look at', async () => {
    await namespace('later', {});
    await create('later', 'bad', privileged);
    const labels = { [`${prefix}enforce`]: 'baseline' };
    const patch = { ...namespaces, verb: 'patch', name: 'later', contentType: 'application/merge-patch+json' } as const;
    const stricter = await client.send({ ...patch, body: { metadata: { labels } } });
    expect(stricter.warnings).toEqual([
      'existing pods in namespace "later" violate the new PodSecurity enforce level "baseline:latest"',
      `bad: ${why}`,
    ]);
    const pods = { ...core, resource: 'pods', namespace: 'later' } as const;
    const label = { ...pods, verb: 'patch', name: 'bad', contentType: 'application/merge-patch+json' } as const;
    expect((await client.send({ ...label, body: { metadata: { labels: { a: 'b' } } } })).code).toBe(200);
    const image = { ...label, contentType: 'application/strategic-merge-patch+json' } as const;
    const body = { spec: { containers: [{ name: 'main', image: 'y' }] } };
    expect((await client.send({ ...image, body })).code).toBe(403);
  });

  it('are refused when they say nothing that is known', async () => {
    const labels = { [`${prefix}enforce`]: 'tight', [`${prefix}warn-version`]: '1.2' };
    const refused = await client.refused({ ...namespaces, verb: 'create', body: { metadata: { name: 'x', labels } } });
    expect(refused.details?.causes?.map(({ field, message }) => `${field}: ${message}`)).toEqual([
      `metadata.labels[${prefix}enforce]: Invalid value: "tight": must be one of privileged, baseline, restricted`,
      `metadata.labels[${prefix}warn-version]: Invalid value: "1.2": must be "latest" or "v1.x"`,
    ]);
  });
});

describe('a configuration of PodSecurity', () => {
  it('holds where a namespace says nothing, but not for whom and what is exempt', async () => {
    const standard = { level: 'baseline', minor: Number.POSITIVE_INFINITY } as const;
    const configured = await startCluster({
      pluginConfigurations: {
        PodSecurity: {
          defaults: { enforce: standard, audit: standard, warn: standard },
          exemptions: {
            usernames: new Set(['ada']),
            namespaces: new Set(['default']),
            runtimeClasses: new Set(['sealed']),
          },
        },
      },
    });
    const asAdmin = configured.as(admin);
    const node = { group: 'node.k8s.io', version: 'v1' } as const;
    const body = { metadata: { name: 'sealed' }, handler: 'sealed' };
    await asAdmin.ok({ ...node, resource: 'runtimeclasses', verb: 'create', body });
    await asAdmin.ok({ ...namespaces, verb: 'create', body: { metadata: { name: 'shop' } } });
    for (const where of ['default', 'shop']) {
      const account = { ...core, resource: 'serviceaccounts', namespace: where } as const;
      await asAdmin.ok({ ...account, verb: 'create', body: { metadata: { name: 'default' } } });
    }
    const make = async (who: Client, where: string, name: string, spec: object = {}) => {
      const request = { ...core, resource: 'pods', namespace: where, verb: 'create' } as const;
      return (await who.send({ ...request, body: podBody(name, { ...privileged, ...spec }) })).code;
    };
    const ada = configured.as({ username: 'ada', groups: ['system:masters', 'system:authenticated'] });
    expect(await make(asAdmin, 'shop', 'bad')).toBe(403);
    expect(await make(asAdmin, 'shop', 'sealed', { runtimeClassName: 'sealed' })).toBe(201);
    expect(await make(asAdmin, 'default', 'there')).toBe(201);
    expect(await make(ada, 'shop', 'hers')).toBe(201);
    await configured.stop();
  });
});
