import { startRedis } from '@kubus/testkit';
import { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { bundledIn, encodeParts } from './bus/api/bundle.ts';
import { answerOf, encodeRequest, encodeResponse, encodeWatch, envelopeOf, joined } from './bus/api/envelope.ts';
import { decodeFrame, encodeFrame, type Frame } from './bus/link/frame.ts';
import { formatChangeSubject } from './changelog/index.ts';
import { commitOf, formatChange, headOf, objectTextOf, parseChange, parseHead } from './changelog/message.ts';
import { audienceOf } from './reconcile/index.ts';
import { formatKey, parseJobData } from './reconcile/keys.ts';
import { formatContinue, parseContinue } from './store/continue-token.ts';
import { KeyRing, Outbox } from './store/index.ts';

/*
 * Replicas of two versions run side by side while a cluster is upgraded, and go back to the former one when it fails. The texts here are what versions that are in use write: they must be read
 * for good, whatever is added to them, and what is written now must be what those read.
 */

const pods = { group: '', resource: 'pods' };
const key = { ...pods, namespace: 'shop', name: 'web' };
const object = { kind: 'Pod', apiVersion: 'v1', metadata: { namespace: 'shop', name: 'web', resourceVersion: '7' } };
const bytes = (text: string) => Buffer.from(text);

describe('a change in the change log', () => {
  const head = '{"type":"updated","revision":7,"previousRevision":5,"commit":"ab-1"';
  const text = `${head},"object":${JSON.stringify(object)}}`;
  const change = { type: 'updated', revision: 7, previousRevision: 5 } as const;

  it('is written as it was', () => {
    expect(formatChange({ ...change, commit: 'ab-1' }, JSON.stringify(object)).toString()).toBe(text);
    expect(formatChangeSubject(key)).toBe('kubus.changes.core.pods.shop.web');
  });

  it('is read, also with fields of a later version before its object', () => {
    for (const one of [text, text.replace(',"object"', ',"later":1,"object"')]) {
      expect(parseChange(key, bytes(one), {})).toEqual({ ...change, key, object });
      const found = headOf(bytes(one)) ?? '';
      expect(parseHead(found)).toMatchObject({ ...change, commit: 'ab-1' });
      expect(Buffer.from(objectTextOf(bytes(one), found)).toString()).toBe(JSON.stringify(object));
      expect(commitOf(bytes(one))).toBe('ab-1');
    }
  });
});

describe('the outbox', () => {
  it('is read as the commit script of a former version wrote it', async () => {
    const server = await startRedis();
    const redis = new Redis(server.url);
    const outbox = new Outbox({ url: server.url });
    try {
      const fields = ['k', 'deployments.apps', 'm', 'shop/web', 'x', 'u 5 ab-1', 'v', JSON.stringify(object)];
      await redis.xadd('{kubus}:outbox', '7-0', ...fields);
      const [entry] = await outbox.read(6, 1, 1);
      expect(entry).toMatchObject({
        revision: 7,
        key: { group: 'apps', resource: 'deployments', namespace: 'shop', name: 'web' },
        type: 'updated',
        previousRevision: 5,
        commit: 'ab-1',
      });
    } finally {
      outbox.close();
      redis.disconnect();
      await server.stop();
    }
  });
});

describe('a request on the bus', () => {
  const request = { verb: 'get', ...pods, version: 'v1', namespace: 'shop', name: 'web' } as const;
  const text = `{"request":${JSON.stringify(request)}}`;

  it('is written as it was, by who does not know what time it is', () => {
    expect(encodeRequest(request)).toBe(text);
  });

  it('is read without a time, and with what a later version says', () => {
    for (const more of ['', ',"until":1000,"later":true']) {
      const envelope = JSON.parse(`${text.slice(0, -1)}${more}}`);
      expect(envelopeOf(envelope, text.length)).toMatchObject({ type: 'request', request });
    }
  });

  it('is answered as it was, unless it asks for the time, and its answer is read', () => {
    expect(Buffer.from(joined(encodeResponse({ code: 200, body: object }))).toString()).toBe(
      `{"code":200,"body":${JSON.stringify(object)}}`,
    );
    expect(answerOf({ code: 200, body: object, later: 1 })).toMatchObject({
      type: 'response',
      response: { code: 200, body: object },
    });
  });
});

describe('requests and answers that share a message', () => {
  it('are written and read as they were', () => {
    const parts = [
      { token: 'a', json: ['{"request":1}'] },
      { token: 'b2', json: ['{"request":2}'] },
    ];
    const text = '["a",{"request":1},"b2",{"request":2}]';
    expect(Buffer.from(encodeParts(parts)).toString()).toBe(text);
    expect(bundledIn(JSON.parse(text))).toEqual([
      ['a', { request: 1 }],
      ['b2', { request: 2 }],
    ]);
  });
});

describe('a watch and a stream', () => {
  it('are asked for as they were, and granted with what a later version says', () => {
    const request = { verb: 'watch', ...pods, version: 'v1', namespace: 'shop' } as const;
    const text = `{"watch":${JSON.stringify(request)},"heartbeatMs":5000}`;
    expect(encodeWatch(request, 5_000)).toBe(text);
    const later = JSON.parse(`${text.slice(0, -1)},"later":true}`);
    expect(envelopeOf(later, text.length)).toMatchObject({ type: 'watch', request, heartbeatMs: 5_000 });
  });

  it.each<[Frame, string]>([
    [{ type: 'accept', token: 'abc' }, '0100616263'],
    [{ type: 'data', channel: 2, sequence: 7, data: Buffer.from('hi') }, '0202000000076869'],
    [{ type: 'end', channel: 2, sequence: 8 }, '030200000008'],
    [{ type: 'state', next: 3, taken: 5 }, '0400000000034014000000000000'],
    [{ type: 'close', sequence: 9 }, '050000000009'],
  ])('consist of the frames that they were: %j', (frame, hex) => {
    expect(Buffer.from(encodeFrame(frame)).toString('hex')).toBe(hex);
    expect(decodeFrame(Buffer.from(hex, 'hex'))).toEqual(frame);
  });
});

it('a list in pages goes on at a replica of another version', () => {
  const scope = { resource: pods, namespace: 'shop' };
  const token = { revision: 7, last: 'shop/web' };
  const text = 'WzEsInBvZHMiLCJzaG9wIiw3LCJzaG9wL3dlYiJd';
  expect(formatContinue(scope, token)).toBe(text);
  expect(parseContinue(scope, text)).toEqual(token);
});

it('a Secret is opened that a former version has sealed', () => {
  const ring = new KeyRing([{ id: 'key1', secret: Buffer.alloc(32, 7) }]);
  const metadata = { namespace: 'shop', name: 'web', uid: 'u-1' };
  const sealed =
    'v1:key1:qlH1PjlQd7qGwT5t6+BDPvgvdjaszaFd2jjN0yUjKyL9Eq/fpqwJW49ffxoQpJjSeSEsogYf8F5HOHPe0AWHXxiaMS49btGWtooyQKj/lO0K1zM7oqUUGa6h50cbY+99gq6OyFJLaNfOqxdd1H78CPrAvBXxv2NrlZf+sAxXc0vPSyx8+YePvKjvVNg=';
  const stored = { kind: 'Secret', apiVersion: 'v1', metadata, 'kubus.io/sealed': sealed };
  const opened = ring.open({ group: '', resource: 'secrets', namespace: 'shop', name: 'web' }, stored);
  expect(opened).toEqual({ kind: 'Secret', apiVersion: 'v1', metadata, data: { a: 'Yg==' } });
});

describe('a job', () => {
  it('is named and read as it was, whatever it carries beside', () => {
    expect(formatKey({ namespace: 'shop', name: 'web' })).toBe('shop/web');
    const data = { controller: 'deployment', namespace: 'shop', name: 'web', later: 1 };
    expect(parseJobData(data, 'deployment')).toEqual({ namespace: 'shop', name: 'web' });
  });

  it('is left to each other by versions with the same controllers that watch the same, not by others', () => {
    const map = () => [];
    const job = { name: 'job', watches: [{ resource: pods, map }] };
    const other = { name: 'replicaset', watches: [{ resource: pods, map }] };
    expect(audienceOf([job, other])).toBe(audienceOf([other, job]));
    expect(audienceOf([job])).not.toBe(audienceOf([job, other]));
    expect(audienceOf([job])).not.toBe(audienceOf([{ ...job, watches: [] }]));
  });
});
