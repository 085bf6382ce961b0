import type { KubeObject } from '@kubus/shared/object';
import { eventually } from '@kubus/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { admin, type Client, configMap, core, startCluster, type TestCluster, user } from './testing/cluster.ts';

const maps = { ...core, resource: 'configmaps' } as const;
interface List extends KubeObject {
  metadata: KubeObject['metadata'] & { continue?: string };
  items: KubeObject[];
}

let cluster: TestCluster;
let client: Client;
let jane: Client;

beforeAll(async () => {
  cluster = await startCluster();
  client = cluster.as(admin);
  jane = cluster.as(user('jane'));
  for (const name of ['aaa', 'mine', 'zzz']) {
    await client.ok({ ...core, resource: 'namespaces', verb: 'create', body: { metadata: { name } } });
    for (const map of ['a', 'b', 'c']) {
      await client.ok({ ...maps, namespace: name, verb: 'create', body: configMap(map, { of: name }) });
    }
  }
  const rules = [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list', 'watch'] }];
  const rbac = { group: 'rbac.authorization.k8s.io', version: 'v1', resource: 'rolebindings', namespace: 'mine' };
  await client.ok({ ...rbac, resource: 'roles', verb: 'create', body: { metadata: { name: 'reader' }, rules } });
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'reader' };
  const subjects = [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'jane' }];
  await client.ok({ ...rbac, verb: 'create', body: { metadata: { name: 'jane' }, roleRef, subjects } });
  await eventually(() => jane.ok({ ...maps, namespace: 'mine', verb: 'list' }));
}, 60_000);
afterAll(() => cluster.stop());

const namespacesOf = ({ items }: List): string[] => [
  ...new Set(items.map(({ metadata }) => metadata.namespace as string)),
];

describe('who may read one namespace', () => {
  it('gets nothing of another by a token to continue with that was given out for it', async () => {
    for (const namespace of ['aaa', 'zzz', '']) {
      const at = namespace === '' ? {} : { namespace };
      const page = await client.ok<List>({ ...maps, ...at, verb: 'list', query: { limit: '1' } });
      const query = { limit: '2', continue: page.metadata.continue as string };
      const { code, body } = await jane.send({ ...maps, namespace: 'mine', verb: 'list', query });
      const seen = code === 200 ? namespacesOf(body as List) : [];
      expect([namespace, seen.filter((name) => name !== 'mine')]).toEqual([namespace, []]);
    }
  });

  it('gets nothing of another by selectors, a revision of the past, or any version', async () => {
    const fieldSelector = 'metadata.namespace=aaa';
    expect((await jane.ok<List>({ ...maps, namespace: 'mine', verb: 'list', query: { fieldSelector } })).items).toEqual(
      [],
    );
    for (const query of [
      { resourceVersion: '0' },
      { resourceVersion: '1', resourceVersionMatch: 'NotOlderThan' },
      {},
    ]) {
      expect(namespacesOf(await jane.ok<List>({ ...maps, namespace: 'mine', verb: 'list', query }))).toEqual(['mine']);
      expect(await jane.refused({ ...maps, verb: 'list', query })).toMatchObject({ code: 403 });
      expect(await jane.refused({ ...maps, namespace: 'aaa', verb: 'list', query })).toMatchObject({ code: 403 });
    }
  });

  it('watches nothing of another, whatever the revision', async () => {
    const seen: string[] = [];
    const sink = {
      event: ({ object }: { object: KubeObject }) => seen.push(object.metadata.namespace as string) > 0,
      bookmark: () => true,
      end: () => undefined,
    };
    const context = { user: user('jane'), userAgent: 'test', signal: new AbortController().signal };
    const { metadata } = await client.ok<List>({ ...maps, verb: 'list' });
    for (const resourceVersion of ['0', metadata.resourceVersion as string]) {
      const query = { resourceVersion };
      const watch = await cluster.pipeline.watch({ ...maps, namespace: 'mine', verb: 'watch', query }, context, sink);
      await client.ok({
        ...maps,
        namespace: 'aaa',
        verb: 'patch',
        name: 'a',
        contentType: 'application/merge-patch+json',
        body: { data: { at: resourceVersion } },
      });
      await client.ok({
        ...maps,
        namespace: 'mine',
        verb: 'patch',
        name: 'a',
        contentType: 'application/merge-patch+json',
        body: { data: { at: resourceVersion } },
      });
      await (await cluster.caches.of({ group: '', resource: 'configmaps' })).get('', '', 'latest');
      watch.stop();
    }
    expect(seen.length).toBeGreaterThan(3);
    expect([...new Set(seen)]).toEqual(['mine']);
    await expect(
      cluster.pipeline.watch({ ...maps, namespace: 'aaa', verb: 'watch' }, context, sink),
    ).rejects.toMatchObject({ code: 403 });
  });
});
