import { expect, it } from 'vitest';
import type { KubeObject } from '../object/index.ts';
import { CachedInformer, type InformerEvent, type InformerSink } from './index.ts';

const pods = { group: '', resource: 'pods' };

interface Pod extends KubeObject {
  spec?: { nodeName?: string };
}

function pod(namespace: string, name: string, revision: number, nodeName?: string, uid = name): Pod {
  const metadata = { namespace, name, uid, resourceVersion: String(revision) };
  return { kind: 'Pod', apiVersion: 'v1', metadata, ...(nodeName === undefined ? {} : { spec: { nodeName } }) };
}

/** An informer whose source is driven by hand. */
function setUp() {
  const calls = { refreshed: 0, stopped: 0 };
  let sink: InformerSink<Pod> | undefined;
  const informer = new CachedInformer<Pod>({
    resource: pods,
    source: {
      follow: async (given) => {
        sink = given;
        return { refresh: () => calls.refreshed++, stop: async () => void calls.stopped++ };
      },
    },
    indexes: { node: (object) => (object.spec?.nodeName === undefined ? [] : [object.spec.nodeName]) },
  });
  const seen: string[] = [];
  const say = ({ type, object, previous }: InformerEvent<Pod>) => {
    const from = previous === undefined ? '' : ` from ${previous.metadata.resourceVersion}`;
    seen.push(`${type} ${object.metadata.name}@${object.metadata.resourceVersion}${from}`);
  };
  const started = informer.start();
  return { informer, started, seen, say, calls, feed: sink as unknown as InformerSink<Pod> };
}

const names = (objects: readonly KubeObject[]) => objects.map((object) => object.metadata.name).sort();

it('holds what was listed and what came after, by key, namespace and index', async () => {
  const { informer, started, feed } = setUp();
  expect(informer.synced).toBe(false);
  feed.replace([pod('a', 'x', 1, 'n1'), pod('b', 'y', 2)], 5);
  await started;
  feed.change('added', pod('a', 'z', 6, 'n1'), 6);
  feed.change('updated', pod('a', 'x', 7, 'n2'), 7);
  expect(informer.revision).toBe(7);
  expect(names(informer.list())).toEqual(['x', 'y', 'z']);
  expect(names(informer.list('a'))).toEqual(['x', 'z']);
  expect(informer.list('c')).toEqual([]);
  expect(names(informer.byIndex('node', 'n1'))).toEqual(['z']);
  expect(names(informer.byIndex('node', 'n2'))).toEqual(['x']);
  feed.change('deleted', pod('a', 'x', 8, 'n2'), 8);
  expect(informer.get('a', 'x')).toBeUndefined();
  expect(informer.byIndex('node', 'n2')).toEqual([]);
  expect(() => informer.byIndex('owner', 'n2')).toThrow('no index "owner"');
});

it('keeps names apart that mean something to JavaScript', async () => {
  const { informer, feed } = setUp();
  feed.replace([pod('__proto__', 'constructor', 1, '__proto__')], 1);
  expect(informer.get('__proto__', 'constructor')?.spec?.nodeName).toBe('__proto__');
  expect(informer.get('__proto__', 'toString')).toBeUndefined();
  expect(informer.get('toString', 'constructor')).toBeUndefined();
  expect(names(informer.byIndex('node', '__proto__'))).toEqual(['constructor']);
  expect(informer.byIndex('node', 'constructor')).toEqual([]);
});

it('tells each change once, in order, with the state before', () => {
  const { informer, seen, say, feed } = setUp();
  const stop = informer.onChange(say);
  feed.replace([pod('a', 'x', 1)], 1);
  feed.change('updated', pod('a', 'x', 2), 2);
  feed.change('updated', pod('a', 'x', 2), 2);
  feed.change('deleted', pod('a', 'x', 3), 3);
  feed.change('deleted', pod('a', 'none', 4), 4);
  stop();
  feed.change('added', pod('a', 'y', 5), 5);
  expect(seen).toEqual(['added x@1', 'updated x@2 from 1', 'deleted x@3 from 2']);
});

it('shows one who comes late what is there', () => {
  const { informer, seen, say, feed } = setUp();
  feed.replace([pod('a', 'x', 1)], 1);
  informer.onChange(say);
  expect(seen).toEqual(['added x@1']);
});

it('tells only what differs after another list', () => {
  const { informer, seen, say, feed } = setUp();
  feed.replace([pod('a', 'same', 1), pod('a', 'changed', 2), pod('a', 'gone', 3), pod('a', 'anew', 4)], 4);
  informer.onChange(say);
  seen.length = 0;
  feed.replace(
    [pod('a', 'same', 1), pod('a', 'changed', 6), pod('a', 'anew', 7, 'n', 'second'), pod('a', 'more', 8)],
    9,
  );
  expect(seen.sort()).toEqual([
    'added anew@7',
    'added more@8',
    'deleted anew@4 from 4',
    'deleted gone@3 from 3',
    'updated changed@6 from 2',
  ]);
  expect(informer.revision).toBe(9);
});

it('follows a list that is behind what it had seen', async () => {
  const { informer, feed } = setUp();
  feed.replace([pod('a', 'x', 9)], 9);
  feed.replace([pod('a', 'x', 4)], 5);
  expect(informer.revision).toBe(5);
  feed.change('updated', pod('a', 'x', 6), 6);
  expect(informer.get('a', 'x')?.metadata.resourceVersion).toBe('6');
});

it('lets one wait until a revision has been seen, and asks for progress meanwhile', async () => {
  const { informer, feed, calls } = setUp();
  const first = informer.waitFor(2);
  feed.progress(3);
  expect(informer.synced).toBe(false);
  feed.replace([], 3);
  await first;
  const byChange = informer.waitFor(4);
  const byProgress = informer.waitFor(6);
  feed.change('added', pod('a', 'x', 5), 5);
  await byChange;
  feed.progress(6);
  await byProgress;
  expect(calls.refreshed).toBeGreaterThan(0);
  feed.progress(4);
  expect(informer.revision).toBe(6);
  await informer.waitFor(6);
});

it('does not let one wait for ever', async () => {
  const { informer, feed } = setUp();
  await expect(informer.waitFor(1, 5)).rejects.toThrow('has not listed yet, revision 1 was waited for');
  feed.replace([], 3);
  await expect(informer.waitFor(4, 5)).rejects.toThrow(
    'the informer of pods is at revision 3, revision 4 was waited for',
  );
});

it('ends those who wait when it is stopped', async () => {
  const { informer, started, calls } = setUp();
  const waiting = informer.waitFor(1);
  const ends = Promise.allSettled([waiting, started]);
  await informer.stop();
  await informer.stop();
  expect((await ends).map((end) => end.status)).toEqual(['rejected', 'rejected']);
  await expect(informer.waitFor(0)).rejects.toThrow('was stopped');
  expect(calls.stopped).toBe(1);
});
