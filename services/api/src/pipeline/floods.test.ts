import type { KubeObject } from '@kubus/shared/object';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { admin, type Client, configMap, core, startCluster, type TestCluster } from './testing/cluster.ts';

// AT-A8: what adds up, request by request, has a bound.

let cluster: TestCluster;
let client: Client;
const maps = { ...core, resource: 'configmaps', namespace: 'default' } as const;
const templates = { ...core, resource: 'podtemplates', namespace: 'default' } as const;
const merge = 'application/merge-patch+json';

beforeAll(async () => {
  cluster = await startCluster();
  client = cluster.as(admin);
}, 60_000);
afterAll(() => cluster.stop());

describe('an object', () => {
  it('becomes by patches no larger than a request may be, and stays as it was', async () => {
    const container = { name: 'main', image: 'x' };
    const template = { spec: { containers: [container] } };
    await client.ok({ ...templates, verb: 'create', body: { metadata: { name: 'grown' }, template } });
    const contentType = 'application/strategic-merge-patch+json';
    const grow = (name: string) => {
      const env = [{ name, value: 'x'.repeat(1_200_000) }];
      const body = { template: { spec: { containers: [{ ...container, env }] } } };
      return client.send({ ...templates, verb: 'patch', name: 'grown', contentType, body });
    };
    expect((await grow('A')).code).toBe(200);
    expect((await grow('B')).code).toBe(200);
    expect(await grow('C')).toMatchObject({ code: 413, body: { reason: 'RequestEntityTooLarge' } });
    const kept = (await client.ok({ ...templates, verb: 'get', name: 'grown' })) as KubeObject & {
      template: { spec: { containers: { env: { name: string }[] }[] } };
    };
    expect(kept.template.spec.containers[0]?.env.map(({ name }) => name).sort()).toEqual(['A', 'B']);
    await client.ok({ ...templates, verb: 'delete', name: 'grown' });
  });

  it('takes nothing over from dry runs that many want to change it at the same time', async () => {
    await client.ok({ ...maps, verb: 'create', body: configMap('contended') });
    const change = (data: Record<string, string>, query: Record<string, string> = {}) =>
      client.ok({ ...maps, verb: 'patch', name: 'contended', contentType: merge, query, body: { data } });
    const numbers = Array.from({ length: 20 }, (_, at) => at);
    const all: Promise<unknown>[] = [];
    for (const at of numbers) {
      all.push(change({ [`real-${at}`]: 'x' }), change({ [`real-${at}`]: 'y' }));
      // Those that come while others wait for their turn wait for theirs.
      await new Promise(setImmediate);
      all.push(change({ [`dry-${at}`]: 'x' }, { dryRun: 'All' }));
    }
    await Promise.all(all);
    const { data } = await client.ok<KubeObject & { data: object }>({ ...maps, verb: 'get', name: 'contended' });
    expect(Object.keys(data).sort()).toEqual(numbers.map((at) => `real-${at}`).sort());
  });

  it('remembers ten of those who updated it, however many there were', async () => {
    await client.ok({ ...maps, verb: 'create', body: configMap('managed', { made: 'x' }) });
    for (let at = 0; at < 40; at += 1) {
      const query = { fieldManager: `manager-${at}` };
      const body = { data: { [`key-${at}`]: 'x' } };
      await client.ok({ ...maps, verb: 'patch', name: 'managed', contentType: merge, query, body });
    }
    const { metadata } = await client.ok({ ...maps, verb: 'get', name: 'managed' });
    const managers = (metadata.managedFields ?? []).map(({ manager }) => manager);
    expect(managers.length).toBeLessThanOrEqual(11);
    expect(managers).toEqual(expect.arrayContaining(['ancient-changes', 'manager-39']));
  });
});

describe('a selector', () => {
  it('of thousands of values and of hundreds of terms selects what it says', async () => {
    await client.ok({ ...maps, verb: 'create', body: { metadata: { name: 'found', labels: { a: 'v9999', b: 'x' } } } });
    await client.ok({ ...maps, verb: 'create', body: { metadata: { name: 'other', labels: { a: 'w', b: 'x' } } } });
    const values = Array.from({ length: 10_000 }, (_, i) => `v${i}`).join();
    const terms = Array.from({ length: 500 }, (_, i) => `!absent-${i}`).join();
    const names = async (labelSelector: string) => {
      const list = (await client.ok({ ...maps, verb: 'list', query: { labelSelector } })) as KubeObject & {
        items: KubeObject[];
      };
      return list.items.map(({ metadata }) => metadata.name);
    };
    expect(await names(`a in (${values}),${terms}`)).toEqual(['found']);
    expect(await names(`a,a notin (${values}),${terms}`)).toEqual(['other']);
  });
});
