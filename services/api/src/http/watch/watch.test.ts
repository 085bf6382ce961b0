import { eventually } from '@kubus/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ask, openWatch } from '../testing/client.ts';
import { startFront, type TestFront } from '../testing/start-front.ts';
import { ChunkJoiner, Flusher } from './flusher.ts';

let front: TestFront;
beforeEach(async () => {
  front = await startFront({ maxWatchBacklogBytes: 200_000 });
});
afterEach(() => front.stop());

const maps = '/api/v1/namespaces/default/configmaps';
const map = (name: string, text = '') => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default' },
  data: { text },
});

describe('a watch over HTTP', () => {
  it('sends its headers at once and then each change as a line', async () => {
    const watch = await openWatch(front, `${maps}?watch=true`);
    expect(watch).toMatchObject({ code: 200, events: [] });
    front.pipeline.put(map('a'));
    front.pipeline.put(map('a'));
    await eventually(() => expect(watch.events.map((e) => e.type)).toEqual(['ADDED', 'MODIFIED']));
    watch.close();
  });

  it('begins with what is there and says when that is done', async () => {
    for (let i = 0; i < 300; i += 1) front.pipeline.put(map(`m${i}`, 'x'.repeat(2000)));
    const watch = await openWatch(front, `${maps}?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan`);
    await eventually(() => expect(watch.events).toHaveLength(301));
    expect(watch.events.at(-1)).toEqual({
      type: 'BOOKMARK',
      object: {
        kind: 'ConfigMap',
        apiVersion: 'v1',
        metadata: { resourceVersion: '301', annotations: { 'k8s.io/initial-events-end': 'true' } },
      },
    });
    watch.close();
  });

  it('does not count what was there against a client that takes its time to read it', async () => {
    for (let i = 0; i < 1000; i += 1) front.pipeline.put(map(`m${i}`, 'x'.repeat(10_000)));
    const watch = await openWatch(front, `${maps}?watch=true&sendInitialEvents=true`);
    watch.response.pause();
    front.pipeline.put(map('later'));
    await new Promise(setImmediate);
    expect(front.pipeline.sinks.size).toBe(1);
    watch.response.resume();
    await eventually(() => expect(watch.events).toHaveLength(1002));
    watch.close();
  });

  it('tells of a revision that is gone in an ERROR event', async () => {
    const watch = await openWatch(front, `${maps}?watch=true&resourceVersion=1`);
    await watch.ended;
    expect(watch.events).toMatchObject([{ type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } }]);
  });

  it('refuses with a Status what is refused before it begins', async () => {
    expect(await ask(front, '/api/v1/nonsense?watch=true')).toMatchObject({ code: 404, json: { kind: 'Status' } });
  });

  it('ends after timeoutSeconds', async () => {
    const watch = await openWatch(front, `${maps}?watch=true&timeoutSeconds=1`);
    await watch.ended;
    expect(watch.events).toEqual([]);
    expect(front.pipeline.sinks.size).toBe(0);
    expect(await ask(front, `${maps}?watch=true&timeoutSeconds=soon`)).toMatchObject({
      code: 400,
      json: { message: expect.stringContaining('strconv.ParseInt: parsing "soon": invalid syntax') },
    });
  });

  it('stops the watch when the client goes away', async () => {
    const watch = await openWatch(front, `${maps}?watch=true`);
    expect(front.pipeline.sinks.size).toBe(1);
    watch.close();
    await eventually(() => expect(front.pipeline.sinks.size).toBe(0));
  });

  it('closes a client that does not read, and nobody else', async () => {
    const slow = await openWatch(front, `${maps}?watch=true`);
    const other = await openWatch(front, `${maps}?watch=true`);
    slow.response.pause();
    let sent = 0;
    while (front.pipeline.sinks.size > 1) {
      sent += 1;
      front.pipeline.put(map('a', 'x'.repeat(100_000)));
      await eventually(() => expect(other.events).toHaveLength(sent));
    }
    front.pipeline.put(map('a'));
    await eventually(() => expect(other.events).toHaveLength(sent + 1));
    slow.response.resume();
    await slow.ended;
    other.close();
  });

  it('ends when the server stops, with all that was announced', async () => {
    const watch = await openWatch(front, `${maps}?watch=true`);
    front.pipeline.put(map('a'));
    await front.front.stop(10_000);
    await watch.ended;
    expect(watch.events.map((e) => e.type)).toEqual(['ADDED']);
  });

  it('delivers everything in order to many watchers', async () => {
    const watches = await Promise.all(Array.from({ length: 50 }, () => openWatch(front, `${maps}?watch=true`)));
    for (let i = 0; i < 200; i += 1) {
      front.pipeline.put(map(`m${i}`));
      if (i % 20 === 0) await new Promise(setImmediate);
    }
    const expected = Array.from({ length: 200 }, (_, i) => `m${i}`);
    const names = (events: (typeof watches)[number]['events']) =>
      events.map((e) => (e.object.metadata as { name: string }).name);
    await eventually(() => {
      for (const watch of watches) expect(names(watch.events)).toEqual(expected);
    });
    for (const watch of watches) watch.close();
  });
});

describe('a watch of other forms', () => {
  it('defines the columns of a Table in its first event only', async () => {
    const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io';
    const watch = await openWatch(front, `${maps}?watch=true`, { accept });
    front.pipeline.put(map('a'));
    front.pipeline.put(map('b'));
    await eventually(() => expect(watch.events).toHaveLength(2));
    const [first, second] = watch.events.map((e) => e.object) as [
      { columnDefinitions: unknown; rows: unknown[] },
      object,
    ];
    expect(first).toMatchObject({
      kind: 'Table',
      columnDefinitions: expect.arrayContaining([expect.objectContaining({ name: 'Name' })]),
      rows: [{}],
    });
    expect(second).toMatchObject({ kind: 'Table', columnDefinitions: null });
    watch.close();
  });

  it('streams a list in no Table, but as it is to those who take that too', async () => {
    const table = 'application/json;as=Table;v=v1;g=meta.k8s.io';
    const path = `${maps}?watch=true&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan`;
    expect((await ask(front, path, { headers: { accept: table } })).code).toBe(406);
    const watch = await openWatch(front, path, { accept: `${table},application/json` });
    await eventually(() => expect(watch.events).toMatchObject([{ type: 'BOOKMARK', object: { kind: 'ConfigMap' } }]));
    watch.close();
  });

  it('gives metadata alone to those who ask for it', async () => {
    const accept = 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io';
    const watch = await openWatch(front, `${maps}?watch=true&sendInitialEvents=true`, { accept });
    front.pipeline.put(map('a'));
    await eventually(() => expect(watch.events).toHaveLength(2));
    expect(watch.events[0]).toMatchObject({ type: 'BOOKMARK', object: { kind: 'PartialObjectMetadata' } });
    expect(watch.events[1]?.object).not.toHaveProperty('data');
    watch.close();
  });
});

describe('rounds of writing', () => {
  it('pauses as long as the last round took', async () => {
    let now = 0;
    const flusher = new Flusher({ now: () => now });
    const order: string[] = [];
    flusher.mark({
      flush: () => {
        now += 5;
        order.push('costly');
      },
    });
    await new Promise(setImmediate);
    flusher.mark({ flush: () => order.push('next') });
    await new Promise(setImmediate);
    expect(order).toEqual(['costly']);
    await eventually(() => expect(order).toEqual(['costly', 'next']));
  });

  it('joins the same chunks once for all', () => {
    const joiner = new ChunkJoiner();
    const [a, b, c] = ['a', 'b', 'c'].map((text) => Buffer.from(text)) as [Buffer, Buffer, Buffer];
    const first = joiner.join([a, b]);
    expect(joiner.join([a, b])).toBe(first);
    expect(joiner.join([a, c]).toString()).toBe('ac');
    expect(joiner.join([a, b])).not.toBe(first);
  });
});
