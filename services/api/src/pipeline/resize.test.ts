import type { Pod } from '@kubus/shared/schema';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { admin, type Client, core, podBody, startCluster, type TestCluster } from './testing/cluster.ts';

const pods = { ...core, resource: 'pods', namespace: 'default' } as const;

let cluster: TestCluster;
let client: Client;

beforeAll(async () => {
  cluster = await startCluster({ takesPods: true });
  client = cluster.as(admin);
}, 60_000);
afterAll(() => cluster.stop());

const resources = { requests: { cpu: '100m', memory: '64Mi' }, limits: { cpu: '1' } };

async function create(name: string): Promise<Pod> {
  const containers = [{ name: 'main', image: 'x', resources }];
  return client.ok<Pod>({ ...pods, verb: 'create', body: podBody(name, { containers }) });
}

function resize(name: string, container: object, more: object = {}) {
  const body = { spec: { containers: [{ name: 'main', ...container }], ...more } };
  const contentType = 'application/strategic-merge-patch+json';
  return client.send({ ...pods, verb: 'patch', name, subresource: 'resize', contentType, body });
}

describe('resize', () => {
  it('changes what a running pod asks for, and nothing else', async () => {
    await create('grows');
    const next = { requests: { cpu: '200m' } };
    const { code, body } = await resize('grows', { resources: next, image: 'other' }, { hostname: 'other' });
    expect(code).toBe(200);
    const { spec, metadata } = body as Pod;
    expect(metadata.generation).toBe(2);
    expect(spec?.containers[0]).toMatchObject({
      image: 'x',
      resources: { requests: { cpu: '200m', memory: '64Mi' }, limits: { cpu: '1' } },
    });
    expect(spec?.hostname).toBeUndefined();
  });

  it('is the only way to do so', async () => {
    await create('fixed');
    const contentType = 'application/strategic-merge-patch+json';
    const body = { spec: { containers: [{ name: 'main', resources: { requests: { cpu: '200m' } } }] } };
    expect((await client.send({ ...pods, verb: 'patch', name: 'fixed', contentType, body })).code).toBe(422);
  });

  it.each([
    [
      'of other resources',
      { resources: { requests: { 'ephemeral-storage': '1Gi' } } },
      'only cpu and memory resources are mutable',
    ],
    ['that takes a request away', { resources: { requests: { memory: null } } }, 'resource requests cannot be removed'],
    ['that takes a limit away', { resources: { limits: null } }, 'resource limits cannot be removed'],
    [
      'that makes another class of it',
      { resources: { requests: { cpu: '1', memory: '64Mi' }, limits: { cpu: '1', memory: '64Mi' } } },
      'Pod QOS Class may not change as a result of resizing',
    ],
    ['under another name', { name: 'other', image: 'x' }, 'containers may not be added or removed on resize'],
  ])('is refused for one %s', async (what, container, why) => {
    const name = `no-${what.replaceAll(' ', '-')}`;
    await create(name);
    const { code, body } = await resize(name, container);
    expect([code, JSON.stringify(body)]).toEqual([422, expect.stringContaining(why)]);
  });
});
