import type { Change } from '@kubus/shared/changelog';
import { isExpired, StatusError } from '@kubus/shared/errors';
import type { InformerSink } from '@kubus/shared/informer';
import type { KubeObject } from '@kubus/shared/object';
import { afterEach, describe, expect, it } from 'vitest';
import type { CacheEvent, WatchQuery } from './index.ts';
import { WatchQueue } from './index.ts';
import { ResourceCache, type ResourceCacheOptions } from './resource-cache.ts';

const pods = { group: '', resource: 'pods' };
const open: ResourceCache[] = [];

afterEach(async () => {
  for (const cache of open.splice(0)) await cache.stop();
});

/** A cache whose source is driven by hand; `committed` is what Redis would say. */
function setUp(options: Partial<ResourceCacheOptions> = {}) {
  let sink: InformerSink | undefined;
  const committed = { cluster: 0, resources: [0] };
  const source = {
    follow: async (given: InformerSink) => {
      sink = given;
      return { refresh: () => undefined, stop: async () => undefined };
    },
  };
  const cache = new ResourceCache({
    resource: pods,
    source,
    store: { revisions: async () => committed },
    history: async () => undefined,
    triggers: new Map([['spec.nodeName', (pod: KubeObject) => (pod as Pod).spec?.nodeName ?? '']]),
    window: { freshMs: 1_000, min: 2, max: 4 },
    freshnessMs: 10_000,
    bookmarkMs: 60_000,
    clock: () => 0,
    ...options,
  });
  open.push(cache);
  return { cache, committed, feed: sink as InformerSink };
}

interface Pod extends KubeObject {
  spec?: { nodeName?: string };
}

function pod(name: string, revision: number, labels: Record<string, string> = {}, nodeName?: string): Pod {
  const metadata = { namespace: name.slice(0, 1), name, uid: name, resourceVersion: String(revision), labels };
  return { kind: 'Pod', apiVersion: 'v1', metadata, ...(nodeName === undefined ? {} : { spec: { nodeName } }) };
}

/** Takes up to `room` items, and writes down what it is given. */
async function watch(cache: ResourceCache, query: WatchQuery, room = 1_000) {
  const seen: string[] = [];
  const events: CacheEvent[] = [];
  const state = { seen, events, ended: undefined as undefined | { error: StatusError | undefined }, stop: () => {} };
  const take = (text: string) => {
    if (seen.length >= room) return false;
    seen.push(text);
    return true;
  };
  const handle = await cache.watch(query, {
    event: (event) => {
      events.push(event);
      return take(`${event.type} ${event.object.metadata.name}@${event.object.metadata.resourceVersion}`);
    },
    bookmark: (revision, end) => take(`BOOKMARK ${revision}${end ? ' end' : ''}`),
    end: (error) => {
      state.ended = { error };
    },
  });
  state.stop = () => handle.stop();
  return state;
}

const web = (object: KubeObject) => object.metadata.labels?.app === 'web';

it('gives what is there, the end of it, and then every change in order', async () => {
  const { cache, feed } = setUp();
  feed.replace([pod('b1', 3), pod('a1', 2)], 5);
  const { seen } = await watch(cache, { from: 'initial', initialEventsEnd: true });
  feed.change('added', pod('a2', 6), 6);
  feed.change('updated', pod('a1', 7), 7);
  feed.change('deleted', pod('b1', 8), 8);
  expect(seen).toEqual(['ADDED a1@2', 'ADDED b1@3', 'BOOKMARK 5 end', 'ADDED a2@6', 'MODIFIED a1@7', 'DELETED b1@8']);
});

it('shows changes to a selector as objects that come and go', async () => {
  const { cache, feed } = setUp();
  feed.replace([pod('a1', 1), pod('a2', 2, { app: 'web', v: '1' })], 2);
  const { seen, events } = await watch(cache, { from: 2, predicate: web });
  feed.change('updated', pod('a1', 3, { app: 'web' }), 3);
  feed.change('updated', pod('a1', 4, { app: 'web', v: '2' }), 4);
  feed.change('updated', pod('a2', 5, { app: 'db' }), 5);
  feed.change('updated', pod('a2', 6, { app: 'db', v: '3' }), 6);
  feed.change('deleted', pod('a2', 7, { app: 'db' }), 7);
  feed.change('deleted', pod('a1', 8, { app: 'web' }), 8);
  expect(seen).toEqual(['ADDED a1@3', 'MODIFIED a1@4', 'DELETED a2@5', 'DELETED a1@8']);
  // The object that went out of sight is the one that was last seen, at the revision of the change.
  expect(events[2]?.object.metadata.labels).toEqual({ app: 'web', v: '1' });
});

it('keeps namespaces, names and nodes apart', async () => {
  const { cache, feed } = setUp();
  feed.replace([], 0);
  const namespace = await watch(cache, { from: 0, namespace: 'a' });
  const name = await watch(cache, { from: 0, namespace: 'b', name: 'b1' });
  const nowhere = await watch(cache, { from: 0, namespace: 'a', name: 'b1' });
  const onNode = (nodeName: string) => (object: KubeObject) => (object as Pod).spec?.nodeName === nodeName;
  const nodes = await Promise.all(
    ['n1', 'n2'].map((value) =>
      watch(cache, { from: 0, predicate: onNode(value), trigger: { name: 'spec.nodeName', value } }),
    ),
  );
  feed.change('added', pod('a1', 1), 1);
  feed.change('updated', pod('a1', 2, {}, 'n1'), 2);
  feed.change('added', pod('b1', 3, {}, 'n2'), 3);
  feed.change('deleted', pod('a1', 4, {}, 'n1'), 4);
  expect(namespace.seen).toEqual(['ADDED a1@1', 'MODIFIED a1@2', 'DELETED a1@4']);
  expect(name.seen).toEqual(['ADDED b1@3']);
  expect(nowhere.seen).toEqual([]);
  expect(nodes.map((n) => n.seen)).toEqual([['ADDED a1@2', 'DELETED a1@4'], ['ADDED b1@3']]);
});

it('resumes from any revision of its window, and from none before', async () => {
  const { cache, feed } = setUp();
  feed.replace([], 10);
  for (let i = 11; i <= 16; i++) feed.change('added', pod(`a${i}`, i), i);
  expect((await watch(cache, { from: 12 })).seen).toEqual([
    'ADDED a13@13',
    'ADDED a14@14',
    'ADDED a15@15',
    'ADDED a16@16',
  ]);
  expect((await watch(cache, { from: 15 })).seen).toEqual(['ADDED a16@16']);
  await expect(watch(cache, { from: 11 })).rejects.toThrow('too old resource version: 11 (12)');
  await expect(watch(cache, { from: 11 })).rejects.toSatisfy(isExpired);
});

describe('a watch that begins before the window', () => {
  const change = (type: Change['type'], object: Pod): Change => {
    const { namespace = '', name, resourceVersion } = object.metadata;
    return { type, key: { ...pods, namespace, name }, revision: Number(resourceVersion), previousRevision: 0, object };
  };
  const log = [
    change('updated', pod('a1', 11, { app: 'web' })),
    change('created', pod('a2', 12, { app: 'db' })),
    change('updated', pod('a2', 13, { app: 'web' })),
    change('deleted', pod('a1', 14, { app: 'web' })),
  ];
  const within = (after: number, until: number) => log.filter(({ revision }) => revision > after && revision <= until);

  it('is given what the log holds, then what the window holds', async () => {
    const asked: [number, number][] = [];
    const { cache, feed } = setUp({
      window: { freshMs: 1_000, min: 2, max: 8 },
      history: async (...range) => {
        asked.push(range);
        return within(...range);
      },
    });
    feed.replace([pod('a2', 13, { app: 'web' })], 15);
    feed.change('added', pod('a3', 16), 16);
    const [whole, part] = await Promise.all([watch(cache, { from: 10 }), watch(cache, { from: 12 })]);
    expect(whole.seen).toEqual(['MODIFIED a1@11', 'ADDED a2@12', 'MODIFIED a2@13', 'DELETED a1@14', 'ADDED a3@16']);
    expect(part.seen).toEqual(['MODIFIED a2@13', 'DELETED a1@14', 'ADDED a3@16']);
    expect((await watch(cache, { from: 11, namespace: 'a', name: 'a2' })).seen).toEqual([
      'ADDED a2@12',
      'MODIFIED a2@13',
    ]);
    expect(asked).toEqual([[10, 15]]);
  });

  it('has to list again where a selector needs to know what was before', async () => {
    const { cache, feed } = setUp({
      window: { freshMs: 1_000, min: 2, max: 8 },
      history: async (...r) => within(...r),
    });
    feed.replace([pod('a2', 13, { app: 'web' })], 15);
    await expect(watch(cache, { from: 10, predicate: web })).rejects.toThrow('too old resource version: 10 (11)');
    expect((await watch(cache, { from: 11, predicate: web })).seen).toEqual(['ADDED a2@13', 'DELETED a1@14']);
  });

  it('has to list again when the log cannot tell, or more than the window takes, and the log is not asked again', async () => {
    let asked = 0;
    const { cache, feed } = setUp({
      window: { freshMs: 1_000, min: 2, max: 3 },
      history: async (after, until) => {
        asked++;
        if (after === 5) throw new Error('JetStream is away');
        return within(after, until);
      },
    });
    feed.replace([], 15);
    await expect(watch(cache, { from: 5 })).rejects.toSatisfy(isExpired);
    await expect(watch(cache, { from: 10 })).rejects.toSatisfy(isExpired);
    await expect(watch(cache, { from: 9 })).rejects.toSatisfy(isExpired);
    expect(asked).toBe(2);
    expect((await watch(cache, { from: 11 })).seen).toEqual(['ADDED a2@12', 'MODIFIED a2@13', 'DELETED a1@14']);
  });
});

it('lets old changes go when they are no longer fresh', async () => {
  let now = 0;
  const { cache, feed } = setUp({ clock: () => now });
  feed.replace([], 0);
  for (let i = 1; i <= 3; i++) feed.change('added', pod(`a${i}`, i), i);
  now = 5_000;
  feed.change('added', pod('a4', 4), 4);
  await expect(watch(cache, { from: 1 })).rejects.toSatisfy(isExpired);
  expect((await watch(cache, { from: 2 })).seen).toEqual(['ADDED a3@3', 'ADDED a4@4']);
});

it('begins a watch of the future where it was asked to', async () => {
  const { cache, feed } = setUp();
  feed.replace([], 5);
  const { seen } = await watch(cache, { from: 7 });
  feed.change('added', pod('a6', 6), 6);
  feed.change('added', pod('a7', 7), 7);
  feed.change('added', pod('a8', 8), 8);
  expect(seen).toEqual(['ADDED a8@8']);
});

it('encodes an event once for all watchers who see the same', async () => {
  const { cache, feed } = setUp();
  feed.replace([], 0);
  const watches = await Promise.all([1, 2, 3].map(() => watch(cache, { from: 0 })));
  const filtered = await watch(cache, { from: 0, predicate: web });
  feed.change('added', pod('a1', 1, { app: 'web' }), 1);
  let encodings = 0;
  const encode = () => Buffer.from(`${++encodings}`);
  const bytes = [...watches, filtered].map((w) => w.events[0]?.encoded('json', encode));
  expect(encodings).toBe(1);
  expect(new Set(bytes).size).toBe(1);
  watches[0]?.events[0]?.encoded('table', encode);
  expect(encodings).toBe(2);
});

it('ends a watch that cannot keep up, and gives the others everything', async () => {
  const { cache, feed } = setUp();
  feed.replace([], 0);
  const slow = await watch(cache, { from: 0 }, 2);
  const quick = await watch(cache, { from: 0 });
  for (let i = 1; i <= 4; i++) feed.change('added', pod(`a${i}`, i), i);
  expect(slow.seen).toHaveLength(2);
  expect(slow.ended).toEqual({ error: undefined });
  expect(quick.seen).toHaveLength(4);
});

it('gives nothing more to a watch that was stopped, also while it is given something', async () => {
  const { cache, feed } = setUp();
  feed.replace([], 0);
  const seen: string[] = [];
  const handle = await cache.watch(
    { from: 0 },
    {
      event: (event) => {
        seen.push(event.object.metadata.name);
        handle.stop();
        return false;
      },
      bookmark: () => true,
      end: () => seen.push('end'),
    },
  );
  feed.change('added', pod('a1', 1), 1);
  feed.change('added', pod('a2', 2), 2);
  expect(seen).toEqual(['a1']);
});

it('tells every watcher to list again after its place was lost', async () => {
  const { cache, feed } = setUp();
  feed.replace([], 5);
  const watching = await watch(cache, { from: 5 });
  feed.replace([pod('a1', 3)], 4);
  expect(watching.ended?.error).toSatisfy(isExpired);
  expect(cache.revision).toBe(4);
  expect((await cache.list({ freshness: 'any' })).items).toHaveLength(1);
  await expect(watch(cache, { from: 3 })).rejects.toSatisfy(isExpired);
});

it('sends bookmarks to those who asked, when there is something to say', async () => {
  const { cache, feed } = setUp({ bookmarkMs: 1 });
  feed.replace([], 5);
  const asked = await watch(cache, { from: 5, bookmarks: true });
  const not = await watch(cache, { from: 5 });
  feed.progress(9);
  await expect.poll(() => asked.seen).toEqual(['BOOKMARK 9']);
  expect(not.seen).toEqual([]);
});

it('reads as fresh as is asked', async () => {
  const { cache, committed, feed } = setUp({ freshnessMs: 5_000 });
  feed.replace([pod('a1', 3), pod('b1', 2)], 5);
  expect(await cache.list({ freshness: 'any', namespace: 'a' })).toMatchObject({
    revision: 5,
    items: [{ metadata: { name: 'a1' } }],
  });
  // Other resources went on to 9, this one did not.
  Object.assign(committed, { cluster: 9, resources: [3] });
  expect(await cache.list({ freshness: 'latest' })).toMatchObject({ revision: 9 });
  Object.assign(committed, { cluster: 12, resources: [11] });
  const latest = cache.list({ freshness: 'latest' });
  const notOlder = cache.get('a', 'a2', 11);
  feed.change('added', pod('a2', 11), 11);
  expect((await latest).items.map((o) => o.metadata.name)).toEqual(['a1', 'a2', 'b1']);
  expect((await latest).revision).toBe(12);
  expect((await notOlder)?.metadata.name).toBe('a2');
});

it('says so when it cannot be as fresh as is asked', async () => {
  const { cache, feed } = setUp({ freshnessMs: 50 });
  feed.replace([], 5);
  const error = await cache.list({ freshness: 6 }).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(StatusError);
  expect((error as StatusError).toStatus()).toMatchObject({
    code: 504,
    reason: 'Timeout',
    message: 'Timeout: Too large resource version: 6, current: 5',
    details: { causes: [{ reason: 'ResourceVersionTooLarge' }], retryAfterSeconds: 1 },
  });
});

it('can be iterated, and ends a reader that falls behind after its initial events', async () => {
  const { cache, feed } = setUp();
  feed.replace([pod('a1', 1), pod('a2', 2), pod('a3', 3)], 3);
  const queue = new WatchQueue(2);
  await cache.watch({ from: 'initial' }, queue);
  queue.opened();
  for (let i = 4; i <= 6; i++) feed.change('added', pod(`a${i}`, i), i);
  const names: string[] = [];
  for await (const item of queue) if ('event' in item) names.push(item.event.object.metadata.name);
  expect(names).toEqual(['a1', 'a2', 'a3', 'a4', 'a5']);
});

it('ends an iteration with the error of the watch', async () => {
  const { cache, feed } = setUp();
  feed.replace([], 3);
  const queue = new WatchQueue();
  await cache.watch({ from: 3 }, queue);
  const reading = (async () => {
    for await (const _ of queue);
  })();
  feed.replace([], 9);
  await expect(reading).rejects.toSatisfy(isExpired);
});

it('gives lists in pages, as long as nothing has changed since the first', async () => {
  const { cache, committed, feed } = setUp();
  feed.replace([pod('b1', 4), pod('a2', 2, { app: 'web' }), pod('a1', 1), pod('c1', 5, { app: 'web' })], 5);
  Object.assign(committed, { cluster: 9, resources: [5] });
  const names = (page?: { items: readonly KubeObject[] }) => page?.items.map(({ metadata }) => metadata.name);
  const first = await cache.page({ limit: 2, from: 'latest' });
  expect([names(first), first?.revision, first?.last, first?.left]).toEqual([['a1', 'a2'], 9, 'a/a2', 2]);
  const from = { last: 'a/a2', revision: 9 };
  expect(names(await cache.page({ limit: 0, from }))).toEqual(['b1', 'c1']);
  expect(await cache.page({ limit: 2, from })).toMatchObject({ revision: 9, last: '', left: 0 });
  expect(names(await cache.page({ namespace: 'a', limit: 1, from: { last: 'a/a1', revision: 9 } }))).toEqual(['a2']);
  expect(await cache.page({ limit: 1, predicate: web, from: 'any' })).toMatchObject({ last: 'a/a2' });
  expect(names(await cache.page({ limit: 1, predicate: web, from }))).toEqual(['c1']);
  expect(await cache.page({ limit: 1, from: { last: 'a/a2', revision: 10 } })).toBeUndefined();
  feed.change('updated', pod('b1', 11), 11);
  expect(await cache.page({ limit: 1, from })).toBeUndefined();
  expect(names(await cache.page({ limit: 1, from: { last: 'a/a2', revision: 11 } }))).toEqual(['b1']);
});

it('leaves pages to the store where names are ordered otherwise there', async () => {
  const { cache, feed } = setUp();
  feed.replace([pod('a1', 1), pod('a2', 2)], 2);
  expect(await cache.page({ limit: 1, from: 'any' })).toBeDefined();
  feed.change('added', pod('a%', 3), 3);
  expect(await cache.page({ limit: 1, from: 'any' })).toBeUndefined();
});

describe('the size of a resource', () => {
  it('is how many objects there are, and how large some of them are on average', () => {
    const { cache, feed } = setUp();
    expect(cache.size).toEqual({ objects: 0, averageBytes: 0 });
    const bytes = (object: KubeObject) => JSON.stringify(object).length;
    const first = pod('ax', 1);
    feed.replace([first], 1);
    expect(cache.size).toEqual({ objects: 1, averageBytes: bytes(first) });
    const many = Array.from({ length: 99 }, (_, i) => pod(`b${100 + i}`, 2, { app: 'x'.repeat(50) }));
    for (const [i, object] of many.entries()) feed.change('added', object, 2 + i);
    const { objects, averageBytes } = cache.size;
    expect(objects).toBe(100);
    expect(averageBytes).toBeGreaterThan(bytes(many[0] as KubeObject) - 10);
    expect(averageBytes).toBeLessThanOrEqual(bytes(many[0] as KubeObject));
  });
});
