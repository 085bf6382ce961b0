import {
  type ClientHttp2Session,
  connect,
  createServer,
  type IncomingHttpHeaders,
  type IncomingHttpStatusHeader,
  type OutgoingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { readBytes } from './body.ts';
import { Http2Request, Http2Response } from './http2-exchange.ts';
import { startFront, type TestFront } from './testing/start-front.ts';

const maps = '/api/v1/namespaces/default/configmaps';

let front: TestFront;
let session: ClientHttp2Session;
beforeAll(async () => {
  front = await startFront();
  session = connect(front.url, { ca: front.certificates.ca });
});
beforeEach(() => {
  front.pipeline.requests.length = 0;
});
afterAll(async () => {
  session.close();
  await front.stop();
});

/** What is answered before and after the body is sent; the stream has ended. */
function exchange(headers: OutgoingHttpHeaders, body?: string) {
  const stream = session.request({ authorization: 'Bearer good', ...headers }, { endStream: body === undefined });
  const interim: (number | undefined)[] = [];
  let final: IncomingHttpHeaders & IncomingHttpStatusHeader = {};
  let text = '';
  stream.on('headers', (received) => interim.push(received[':status']));
  stream.on('response', (received) => {
    final = received;
  });
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  if (body !== undefined) stream.end(body);
  return new Promise<{ interim: typeof interim; code: number | undefined; headers: typeof final; text: string }>(
    (resolve, reject) => {
      stream.on('error', reject);
      stream.on('close', () => resolve({ interim, code: final[':status'], headers: final, text }));
    },
  );
}

it('tells a client that waits for it to go on with its body', async () => {
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'default' } };
  const headers = { ':method': 'POST', ':path': maps, 'content-type': 'application/json', expect: '100-continue' };
  expect(await exchange(headers, JSON.stringify(object))).toMatchObject({ interim: [100], code: 201 });
});

it('refuses other expectations, and to be a tunnel', async () => {
  expect(await exchange({ ':path': maps, expect: 'the-impossible' })).toMatchObject({ code: 417, text: '' });
  expect(await exchange({ ':method': 'CONNECT', ':authority': 'elsewhere:80' })).toMatchObject({ code: 405, text: '' });
  expect(front.pipeline.requests).toHaveLength(0);
});

it('answers HEAD with the head of what GET is answered', async () => {
  const got = await exchange({ ':path': '/version' });
  const head = await exchange({ ':path': '/version', ':method': 'HEAD' });
  expect([head.code, head.text]).toEqual([200, '']);
  expect(head.headers['content-length']).toBe(got.headers['content-length']);
});

it('keeps the stream of a request until its answer is written, and not longer', async () => {
  const own = createServer();
  const life: string[] = [];
  const ended = Promise.withResolvers<void>();
  own.on('stream', async (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, _flags: number, raw: string[]) => {
    stream.on('finish', () => life.push('written'));
    stream.on('close', () => ended.resolve(void life.push('closed')));
    const body = await readBytes(new Http2Request(stream, headers, raw), 100, new AbortController().signal);
    life.push(body.toString());
    // The end of the request has been seen, too.
    setImmediate(() => new Http2Response(stream).end(Buffer.from('done')));
  });
  await new Promise<void>((resolve) => own.listen(0, resolve));
  const client = connect(`http://127.0.0.1:${(own.address() as AddressInfo).port}`);
  const request = client.request({ ':method': 'POST', 'content-length': '6' });
  request.write('abc');
  request.end('def');
  await ended.promise;
  client.close();
  own.close();
  expect(life).toEqual(['abcdef', 'written', 'closed']);
});
