import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net';
import type { BusStream, NodeStreamRequest } from '@kubus/shared/bus';
import { type Status, StatusError } from '@kubus/shared/errors';
import type { KubeObject } from '@kubus/shared/object';
import { eventually } from '@kubus/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { ask, ask2 } from '../../http/testing/client.ts';
import { startFront, type TestFront } from '../../http/testing/start-front.ts';
import { Connections } from '../index.ts';
import { rewriteLocation } from './location.ts';

let front: TestFront;
let backend: Server;
let port: number;
const opened: { node: string; request: NodeStreamRequest }[] = [];
const seen: { method: string | undefined; url: string | undefined; headers: IncomingHttpHeaders; body: string }[] = [];
let refusal: StatusError | undefined;

/** A node's end: whatever it is asked for, it connects to the one server of this test. */
function over(socket: Socket): BusStream {
  const closed = Promise.withResolvers<Status | undefined>();
  socket.once('close', () => closed.resolve(undefined));
  async function* incoming() {
    for await (const data of socket as AsyncIterable<Buffer>) yield { channel: 1, data };
    yield { channel: 1 };
  }
  return {
    send: (_channel, data) => new Promise((resolve) => socket.write(data, () => resolve())),
    end: async () => void socket.end(),
    incoming: incoming(),
    close: async () => void socket.destroy(),
    closed: closed.promise,
  };
}

beforeAll(async () => {
  backend = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method, url, headers } = request;
    seen.push({ method, url, headers, body: Buffer.concat(chunks).toString() });
    if (url === '/away') response.writeHead(302, { location: '/home?x=1' }).end();
    else response.writeHead(201, { 'x-own': 'yes', 'content-type': 'text/html' }).end(`<p>${url}</p>`);
  });
  const sockets = new WebSocketServer({ server: backend });
  sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(`echo ${data}`)));
  await once(backend.listen(0, '127.0.0.1'), 'listening');
  port = (backend.address() as AddressInfo).port;
  const nodes = {
    open: async (node: string, request: NodeStreamRequest) => {
      if (refusal !== undefined) throw refusal;
      opened.push({ node, request });
      return over(connect({ port, host: '127.0.0.1', allowHalfOpen: true }));
    },
  };
  let connections: Connections | undefined;
  front = await startFront({ connections: { serve: async (call) => connections?.serve(call) } });
  connections = new Connections({ pipeline: front.pipeline, nodes, reader: front.pipeline.reader });
});
afterAll(async () => {
  await front.stop();
  backend.close();
});

const put = (kind: string, name: string, rest: object, labels = {}) =>
  front.pipeline.put({
    apiVersion: 'v1',
    kind,
    metadata: { name, namespace: 'default', uid: `uid-${name}`, labels },
    ...rest,
  } as KubeObject);

beforeEach(() => {
  opened.length = 0;
  seen.length = 0;
  refusal = undefined;
  front.pipeline.requests.length = 0;
  front.pipeline.objects.clear();
  const containers = [{ name: 'main', ports: [{ containerPort: 8080 }] }];
  put('Pod', 'p', { spec: { nodeName: 'n1', containers }, status: { podIP: '10.1.0.1' } });
  put('Service', 's', { spec: { ports: [{ name: 'web', port: 80, targetPort: 9090 }] } });
  put('Node', 'n1', {});
});

const endpoints = (...list: { address: string; pod?: string; ready?: boolean }[]) =>
  put(
    'EndpointSlice',
    's-1',
    {
      ports: [{ name: 'web', port: 9090 }],
      endpoints: list.map(({ address, pod, ready }) => ({
        addresses: [address],
        conditions: ready === undefined ? {} : { ready },
        ...(pod === undefined ? {} : { targetRef: { kind: 'Pod', namespace: 'default', name: pod } }),
      })),
    },
    { 'kubernetes.io/service-name': 's' },
  );

const base = '/api/v1/namespaces/default';
const forwarded = (name: string, to: number) => ({
  node: 'n1',
  request: {
    operation: 'portforward',
    namespace: 'default',
    pod: name,
    uid: `uid-${name}`,
    options: { port: to, loopback: false },
  },
});

describe.each([
  ['HTTP/1.1', ask],
  ['HTTP/2', ask2],
] as const)('pods/proxy over %s', (_name, send) => {
  it('passes request and answer on, without the credentials of the client', async () => {
    const reply = await send(front, `${base}/pods/p/proxy/a%2Fb/c?q=1&q=2`, { method: 'POST', body: 'the body' });
    expect(reply).toMatchObject({ code: 201, text: '<p>/a%2Fb/c?q=1&q=2</p>', headers: { 'x-own': 'yes' } });
    expect(seen[0]).toMatchObject({ method: 'POST', url: '/a%2Fb/c?q=1&q=2', body: 'the body' });
    expect(seen[0]?.headers).toMatchObject({
      'x-forwarded-uri': `${base}/pods/p/proxy/a%2Fb/c`,
      'x-forwarded-proto': 'https',
      'x-forwarded-for': expect.stringContaining('127.0.0.1'),
    });
    expect(seen[0]?.headers).not.toHaveProperty('authorization');
    expect(opened).toEqual([forwarded('p', 8080)]);
  });
});

describe('pods/proxy', () => {
  it('goes to the port that is named, and asks for the pod by its whole name', async () => {
    await ask(front, `${base}/pods/http:p:81/proxy/`);
    expect(opened).toEqual([forwarded('p', 81)]);
    expect(front.pipeline.requests[0]?.request).toMatchObject({ verb: 'get', name: 'http:p:81' });
  });

  it('sends a browser to the slash behind which relative links work', async () => {
    const reply = await ask(front, `${base}/pods/p/proxy?x=1`);
    expect(reply).toMatchObject({ code: 301, headers: { location: `${base}/pods/p/proxy/?x=1` } });
    expect(opened).toHaveLength(0);
  });

  it('keeps redirections of the pod below the proxy', async () => {
    const reply = await ask(front, `${base}/pods/p:80/proxy/away`);
    expect(reply).toMatchObject({ code: 302, headers: { location: `${base}/pods/p:80/proxy/home?x=1` } });
  });

  it.each([
    ['in lines that end without CR', 'HTTP/1.1 200 OK\nContent-Type: text/plain\nContent-Length: 5\n\nhello'],
    [
      'that is chunked and announces a length too, which is not believed',
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
    ],
  ])('passes on an answer %s', async (_, answer) => {
    const careless = createTcpServer((socket) => socket.once('data', () => socket.end(answer)));
    await once(careless.listen(0, '127.0.0.1'), 'listening');
    const usual = port;
    port = (careless.address() as AddressInfo).port;
    const { code, text, headers } = await ask(front, `${base}/pods/p/proxy/`).finally(() => {
      port = usual;
      careless.close();
    });
    expect([code, text]).toEqual([200, 'hello']);
    expect(headers['content-length']).not.toBe('2');
  });

  it.each(['ftp:p:80', 'p:0', 'p:99999', 'a:b:c:d', ':80'])('refuses the name %s', async (name) => {
    expect((await ask(front, `${base}/pods/${name}/proxy/`)).code).toBe(400);
  });

  it('says that the node cannot be reached', async () => {
    refusal = new StatusError('ServiceUnavailable', 'node n1 is not connected', { retryAfterSeconds: 1 });
    const { code, json } = await ask(front, `${base}/pods/p/proxy/`);
    expect([code, json.message]).toEqual([503, 'error dialing backend: node n1 is not connected']);
  });

  it('upgrades, which takes leave to create', async () => {
    const socket = new WebSocket(`wss://127.0.0.1:${front.port}${base}/pods/p/proxy/chat`, {
      ca: front.certificates.ca,
      headers: { authorization: 'Bearer good' },
    });
    await once(socket, 'open');
    socket.send('hello');
    expect(String((await once(socket, 'message'))[0])).toBe('echo hello');
    socket.close();
    await eventually(() => expect(socket.readyState).toBe(WebSocket.CLOSED));
    expect(front.pipeline.requests[0]?.request).toMatchObject({ verb: 'create', subresource: 'proxy' });
  });
});

describe('services/proxy', () => {
  it.each(['s:web', 's:80', 'http:s:80'])('reaches a ready pod of %s', async (name) => {
    put('Pod', 'q', { spec: { nodeName: 'n1', containers: [] }, status: { podIP: '10.1.0.2' } });
    endpoints({ address: '10.1.0.1', pod: 'p', ready: false }, { address: '10.1.0.2', pod: 'q' });
    expect((await ask(front, `${base}/services/${name}/proxy/x`)).text).toBe('<p>/x</p>');
    expect(opened).toEqual([forwarded('q', 9090)]);
  });

  it.each([
    ['a pod that has another address', { address: '10.1.0.9', pod: 'p' }],
    ['a pod that is not there', { address: '10.1.0.1', pod: 'gone' }],
    ['an address that is no pod', { address: '169.254.169.254' }],
    ['the loopback', { address: '127.0.0.1', pod: 'p' }],
  ])('does not go to %s', async (_, endpoint) => {
    endpoints(endpoint);
    const { code, json } = await ask(front, `${base}/services/s:web/proxy/`);
    expect([code, json.message]).toEqual([503, 'no endpoints available for service "s:web"']);
    expect(opened).toHaveLength(0);
  });

  describe('without endpoint slices', () => {
    const ready = { podIP: '10.1.0.2', conditions: [{ type: 'Ready', status: 'True' }] };
    const containers = [{ name: 'main', ports: [{ name: 'http', containerPort: 9191 }] }];
    const service = (targetPort: number | string) =>
      put('Service', 's', { spec: { selector: { app: 'a' }, ports: [{ port: 80, targetPort }] } });

    it.each([
      [9090, 9090],
      ['http', 9191],
    ])('reaches a ready pod that the service selects, at its port %s', async (targetPort, expected) => {
      service(targetPort);
      put('Pod', 'other', { spec: { nodeName: 'n1', containers }, status: ready });
      put('Pod', 'q', { spec: { nodeName: 'n1', containers }, status: ready }, { app: 'a' });
      expect((await ask(front, `${base}/services/s:80/proxy/x`)).text).toBe('<p>/x</p>');
      expect(opened).toEqual([forwarded('q', expected)]);
    });

    it.each([
      ['is not ready', { podIP: '10.1.0.2' }],
      ['has no address', { conditions: ready.conditions }],
      ['has ended', { ...ready, phase: 'Succeeded' }],
    ])('does not go to a pod that %s', async (_, status) => {
      service(9090);
      put('Pod', 'q', { spec: { nodeName: 'n1', containers }, status }, { app: 'a' });
      expect((await ask(front, `${base}/services/s:80/proxy/`)).code).toBe(503);
      expect(opened).toHaveLength(0);
    });
  });

  it('says which port there is not', async () => {
    const { code, json } = await ask(front, `${base}/services/s:81/proxy/`);
    expect([code, json.message]).toEqual([503, 'no service port 81 found for service "s"']);
  });
});

describe('nodes/proxy', () => {
  it('reaches the agent, and nothing else of the machine', async () => {
    await ask(front, '/api/v1/nodes/n1/proxy/healthz');
    expect(opened).toEqual([
      { node: 'n1', request: { operation: 'kubelet', namespace: '', pod: '', uid: '', options: {} } },
    ]);
    expect((await ask(front, '/api/v1/nodes/n1:6379/proxy/')).code).toBe(400);
    expect(opened).toHaveLength(1);
  });
});

it.each([
  ['/a?b#c', '/p/a?b#c'],
  ['a/b', 'a/b'],
  ['https://host:1/a?b', '/p/a?b'],
  ['https://other/a', 'https://other/a'],
  ['//other/a', '//other/a'],
  ['http://[', 'http://['],
])('a redirection to %s becomes %s', (from, to) => {
  expect(rewriteLocation(from, { host: 'host:1', prefix: '/p' })).toBe(to);
});
