import { isExpired, StatusError } from '@kubus/shared/errors';
import type { KubeObject } from '@kubus/shared/object';
import { eventually } from '@kubus/testkit';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { WatchQueue } from '../watchcache/index.ts';
import { admin, type Client, configMap, core, podBody, startCluster, type TestCluster } from './testing/cluster.ts';

const maps = { ...core, resource: 'configmaps', namespace: 'default' } as const;
const pods = { ...core, resource: 'pods', namespace: 'default' } as const;

interface List extends KubeObject {
  metadata: KubeObject['metadata'] & { continue?: string; remainingItemCount?: number };
  items: KubeObject[];
}

let cluster: TestCluster;
let client: Client;

beforeAll(async () => {
  cluster = await startCluster({ takesPods: true });
  client = cluster.as(admin);
  for (const [name, tier] of [
    ['a', 'x'],
    ['b', 'y'],
    ['c', 'x'],
    ['d', 'y'],
    ['e', 'x'],
  ] as const) {
    await client.ok({ ...maps, verb: 'create', body: { ...configMap(name), metadata: { name, labels: { tier } } } });
  }
  await client.ok({ ...pods, verb: 'create', body: podBody('p1', { nodeName: 'n1' }) });
  await client.ok({ ...pods, verb: 'create', body: podBody('p2', { nodeName: 'n2' }) });
}, 60_000);
afterAll(() => cluster.stop());

const list = (query: Record<string, string> = {}, of: object = maps) =>
  client.ok<List>({ ...(of as typeof maps), verb: 'list', query });
const names = ({ items }: List): string[] => items.map(({ metadata }) => metadata.name);

describe('get and list', () => {
  it('reads an object, and says which is not there', async () => {
    expect(await client.ok({ ...maps, verb: 'get', name: 'a' })).toMatchObject({ metadata: { name: 'a' } });
    expect(await client.refused({ ...maps, verb: 'get', name: 'z' })).toMatchObject({
      code: 404,
      message: 'configmaps "z" not found',
      details: { name: 'z', kind: 'configmaps' },
    });
    const status = await client.refused({ ...maps, verb: 'get', name: 'a', query: { resourceVersion: 'x' } });
    expect([status.code, status.message]).toEqual([
      400,
      'resourceVersion: Invalid value: "x": strconv.ParseUint: parsing "x": invalid syntax',
    ]);
    for (const name of ['limit', 'timeoutSeconds']) {
      const { code, message } = await client.refused({ ...maps, verb: 'list', query: { [name]: 'abc' } });
      expect([code, message]).toEqual([400, 'strconv.ParseInt: parsing "abc": invalid syntax']);
    }
  });

  it('has the text of a list at hand: what JSON.stringify makes of its body, from the cache, of pages and of nothing', async () => {
    for (const query of [{}, { limit: '2' }, { labelSelector: 'tier=x' }, { labelSelector: 'tier=none' }]) {
      const { body, json } = await client.send({ ...maps, verb: 'list', query });
      const parts = [...(json?.() ?? [])].map((part) => Buffer.from(part as string));
      expect(Buffer.concat(parts).toString()).toBe(JSON.stringify(body));
    }
    const secrets = { ...core, resource: 'secrets', namespace: 'default' } as const;
    const { json } = await client.send({ ...secrets, verb: 'list' });
    expect([...(json?.() ?? [])].join('')).toContain('"kind":"SecretList"');
  });

  it('lists what was committed before, as a list of the kind', async () => {
    const listed = await list();
    expect(listed).toMatchObject({ kind: 'ConfigMapList', apiVersion: 'v1' });
    expect(names(listed)).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(Number(listed.metadata.resourceVersion)).toBeGreaterThan(0);
  });

  it('selects by labels and fields', async () => {
    expect(names(await list({ labelSelector: 'tier in (x)' }))).toEqual(['a', 'c', 'e']);
    expect(names(await list({ labelSelector: 'tier!=x', fieldSelector: 'metadata.name!=b' }))).toEqual(['d']);
    expect(names(await list({ fieldSelector: 'metadata.name=c' }))).toEqual(['c']);
    expect(names(await list({ fieldSelector: 'spec.nodeName=n1' }, pods))).toEqual(['p1']);
    expect(names(await list({ fieldSelector: 'spec.nodeName=n1,status.phase!=Pending' }, pods))).toEqual([]);
    const bad = (query: Record<string, string>, of: object = maps) =>
      client.refused({ ...(of as typeof maps), verb: 'list', query });
    expect(await bad({ labelSelector: 'a b' })).toMatchObject({ code: 400 });
    expect((await bad({ fieldSelector: 'spec.x=1' }, pods)).message).toBe('field label not supported: spec.x');
    expect((await bad({ fieldSelector: 'spec.x=1' })).message).toBe(
      '"spec.x" is not a known field selector: only "metadata.name", "metadata.namespace"',
    );
  });

  it('pages through a list at the revision of its first page', async () => {
    const first = await list({ limit: '2' });
    expect([names(first), first.metadata.remainingItemCount]).toEqual([['a', 'b'], 3]);
    await client.ok({ ...maps, verb: 'create', body: configMap('bb') });
    const second = await list({ limit: '2', continue: first.metadata.continue as string });
    expect([names(second), second.metadata.resourceVersion]).toEqual([['c', 'd'], first.metadata.resourceVersion]);
    const third = await list({ limit: '2', continue: second.metadata.continue as string });
    expect([names(third), third.metadata.continue]).toEqual([['e'], undefined]);
    await client.ok({ ...maps, verb: 'delete', name: 'bb' });
  });

  it('fills pages with what is selected', async () => {
    const first = await list({ limit: '2', labelSelector: 'tier=x' });
    expect([names(first), first.metadata.remainingItemCount]).toEqual([['a', 'c'], undefined]);
    const second = await list({ limit: '2', labelSelector: 'tier=x', continue: first.metadata.continue as string });
    expect(names(second)).toEqual(['e']);
  });

  it('that a write has overtaken ends with a token to go on with, unless part of the page was read before', async () => {
    const too = () => new StatusError('Expired', 'too old', undefined, { continue: 'next' });
    const query = { limit: '3', labelSelector: 'tier=x' };
    const first = await list({ ...query, limit: '1' });
    const rest = { ...query, continue: first.metadata.continue as string };
    // Once the cache has seen a change, only the store knows what was there before.
    await client.ok({ ...maps, verb: 'create', body: configMap('overtaking') });
    await list({});
    const read = cluster.store.list.bind(cluster.store);
    const reads = vi.spyOn(cluster.store, 'list');
    reads.mockRejectedValueOnce(too());
    const asked = await client.refused({ ...maps, verb: 'list', query: rest });
    expect([asked.reason, asked.metadata]).toMatchObject(['Expired', { continue: 'next' }]);
    reads.mockImplementationOnce((one) => read({ ...one, limit: 1 })).mockRejectedValueOnce(too());
    const within = await client.refused({ ...maps, verb: 'list', query: rest });
    expect([within.reason, within.metadata]).toEqual(['Expired', {}]);
    reads.mockRestore();
    await client.ok({ ...maps, verb: 'delete', name: 'overtaking' });
    await list({});
  });

  it('refuses options that contradict each other', async () => {
    const bad = async (query: Record<string, string>) =>
      (await client.refused({ ...maps, verb: 'list', query })).message;
    expect(await bad({ resourceVersionMatch: 'Exact' })).toContain(
      'resourceVersionMatch is forbidden unless resourceVersion is provided',
    );
    expect(await bad({ sendInitialEvents: 'true' })).toContain('sendInitialEvents is forbidden for list');
    expect(await bad({ continue: 'x', resourceVersion: '5' })).toBe(
      'specifying resource version is not allowed when using continue',
    );
    expect(await client.refused({ ...maps, verb: 'list', query: { continue: 'tampered' } })).toMatchObject({
      code: 400,
    });
  });

  it('waits for a revision that is asked for, and tells one that is not there', async () => {
    const { metadata } = await client.ok({ ...maps, verb: 'get', name: 'a' });
    const at = metadata.resourceVersion as string;
    expect(names(await list({ resourceVersion: at }))).toContain('a');
    expect(names(await list({ resourceVersion: '0', limit: '1' }))).toHaveLength(5);
    const exact = await list({
      resourceVersion: (await list()).metadata.resourceVersion as string,
      resourceVersionMatch: 'Exact',
    });
    expect(names(exact)).toHaveLength(5);
    const old = await client.refused({
      ...maps,
      verb: 'list',
      query: { resourceVersion: '1', resourceVersionMatch: 'Exact' },
    });
    expect([old.code, old.reason]).toEqual([410, 'Expired']);
  });
});

describe('watch', () => {
  const context = { user: admin, userAgent: 'test', signal: new AbortController().signal };

  async function watching(request: object) {
    const queue = new WatchQueue();
    const watch = await cluster.pipeline.watch({ ...maps, ...request, verb: 'watch' }, context, queue);
    const seen: string[] = [];
    const done = (async () => {
      for await (const item of queue) {
        seen.push(
          'event' in item
            ? `${item.event.type} ${item.event.object.metadata.name}`
            : `BOOKMARK ${item.initialEventsEnd}`,
        );
      }
    })();
    return {
      seen,
      stop: async () => {
        watch.stop();
        queue.end();
        await done;
      },
    };
  }

  it('begins with what is there, then tells what changes, in order', async () => {
    const { seen, stop } = await watching({ query: { fieldSelector: 'metadata.name=w1' } });
    await client.ok({ ...maps, verb: 'create', body: configMap('w1') });
    await client.ok({ ...maps, verb: 'create', body: configMap('w2') });
    await client.ok({ ...maps, verb: 'update', name: 'w1', body: configMap('w1', { a: '1' }) });
    await client.ok({ ...maps, verb: 'delete', name: 'w1' });
    await eventually(() => expect(seen).toEqual(['ADDED w1', 'MODIFIED w1', 'DELETED w1']));
    await stop();
  });

  it('goes on after a revision, without gap or repeat', async () => {
    const { metadata } = await list();
    await client.ok({ ...maps, verb: 'create', body: configMap('after') });
    const { seen, stop } = await watching({ query: { resourceVersion: metadata.resourceVersion as string } });
    await eventually(() => expect(seen).toEqual(['ADDED after']));
    await stop();
  });

  it('marks the end of the initial events for who asks for it', async () => {
    const query = {
      sendInitialEvents: 'true',
      resourceVersionMatch: 'NotOlderThan',
      allowWatchBookmarks: 'true',
      labelSelector: 'tier=x',
    };
    const { seen, stop } = await watching({ query });
    await eventually(() => expect(seen).toEqual(['ADDED a', 'ADDED c', 'ADDED e', 'BOOKMARK true']));
    await stop();
  });

  it('refuses a revision that is too old to go on from, and options that contradict each other', async () => {
    await client.ok({ ...maps, verb: 'update', name: 'a', body: configMap('a', { n: '1' }) });
    await cluster.forgetHistory();
    const open = (query: Record<string, string>) =>
      cluster.pipeline.watch({ ...maps, verb: 'watch', query }, context, new WatchQueue());
    await expect(open({ resourceVersion: '1' })).rejects.toSatisfy(isExpired);
    await expect(open({ sendInitialEvents: 'true' })).rejects.toThrow(
      'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
    );
    await expect(open({ resourceVersion: '-1' })).rejects.toThrow('invalid syntax');
  });

  it('gives events of another version in that version', async () => {
    const group = { group: 'events.k8s.io', version: 'v1', resource: 'events' };
    const { seen, stop } = await watching(group);
    const event = {
      metadata: { name: 'e1' },
      involvedObject: { kind: 'Pod', namespace: 'default', name: 'p1' },
      message: 'hello',
      reason: 'Tested',
    };
    await client.ok({ ...core, resource: 'events', namespace: 'default', verb: 'create', body: event });
    await eventually(() => expect(seen).toEqual(['ADDED e1']));
    await stop();
    const read = await client.ok({ ...group, namespace: 'default', verb: 'get', name: 'e1' });
    expect(read).toMatchObject({ apiVersion: 'events.k8s.io/v1', note: 'hello', regarding: { name: 'p1' } });
    expect(read).not.toHaveProperty('message');
  });
});
