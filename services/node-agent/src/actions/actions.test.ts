import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import { createServer as createHttp2Server, type OutgoingHttpHeaders } from 'node:http2';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import type { Probe } from '@kubus/shared/schema';
import { afterEach, describe, expect, it } from 'vitest';
import type { ExecSession } from '../runtime/contract.ts';
import { runtimeActions } from './index.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function listening(server: Server): Promise<number> {
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

const noCommands = { exec: () => Promise.reject(new Error('no commands here')) };

const probe = (spec: Probe, ports: { name: string; containerPort: number }[] = []) =>
  runtimeActions(noCommands).probe(spec, { id: 'c1', container: { name: 'main', ports }, address: '127.0.0.1' });

describe('an HTTP probe', () => {
  const serve = (listener: RequestListener) => listening(createServer(listener));

  it('succeeds from 200 to 399 and tells the status otherwise', async () => {
    const port = await serve((request, response) => {
      response.writeHead(Number(request.url?.slice(1))).end('text');
    });
    const get = (status: number) => probe({ httpGet: { path: `/${status}`, port } });
    expect(await get(200)).toEqual({ result: 'success', output: 'text' });
    expect(await get(399)).toMatchObject({ result: 'success' });
    expect(await get(404)).toMatchObject({ result: 'failure', output: 'HTTP probe failed with statuscode: 404' });
  });

  it('sends its headers, a Host among them, to a port that is given by name', async () => {
    let seen: NodeJS.Dict<string | string[]> = {};
    const port = await serve((request, response) => {
      seen = request.headers;
      response.end();
    });
    const httpHeaders = [
      { name: 'Host', value: 'shop.example' },
      { name: 'X-Key', value: 'a' },
      { name: 'X-Key', value: 'b' },
      { name: 'Accept', value: '' },
    ];
    await probe({ httpGet: { path: 'x', port: 'web', httpHeaders } }, [{ name: 'web', containerPort: port }]);
    expect(seen).toMatchObject({ host: 'shop.example', 'x-key': 'a, b', 'user-agent': 'kube-probe/1.36' });
    expect(seen['accept']).toBe(undefined);
  });

  it('follows redirections on its host, and only warns of those to another', async () => {
    const port = await serve((request, response) => {
      if (request.url === '/new') response.end('here');
      else
        response.writeHead(302, { location: request.url === '/away' ? 'http://other.example/' : '/new' }).end('moved');
    });
    expect(await probe({ httpGet: { path: '/old', port } })).toEqual({ result: 'success', output: 'here' });
    expect(await probe({ httpGet: { path: '/away', port } })).toEqual({
      result: 'warning',
      output: 'Probe terminated redirects, Response body: moved',
    });
  });

  it('fails when nobody listens, and when the answer takes too long', async () => {
    const port = await serve(() => undefined);
    const slow = await probe({ timeoutSeconds: 0.05, httpGet: { path: '/', port } });
    expect(slow.output).toContain('context deadline exceeded (Client.Timeout exceeded while awaiting headers)');
    expect((await probe({ httpGet: { path: '/', port: 1 } })).output).toBe(
      'Get "http://127.0.0.1:1/": dial tcp 127.0.0.1:1: connect: connection refused',
    );
  });

  it.each([
    ['lines that end without CR', 'HTTP/1.1 200 OK\nContent-Length: 2\n\nok'],
    ['more than it announces', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok and more'],
  ])('takes an answer of a careless server: %s', async (_, answer) => {
    const port = await listening(createTcpServer((socket) => socket.once('data', () => socket.end(answer))));
    expect(await probe({ httpGet: { path: '/', port } })).toEqual({ result: 'success', output: 'ok' });
  });

  it('cannot be carried out without its port', async () => {
    await expect(probe({ httpGet: { path: '/', port: 'absent' } })).rejects.toThrow(
      "couldn't find port: absent in main",
    );
  });
});

describe('a TCP probe', () => {
  it('succeeds when the connection is taken', async () => {
    const port = await listening(createTcpServer((socket) => socket.end()));
    expect(await probe({ tcpSocket: { port } })).toMatchObject({ result: 'success' });
    expect(await probe({ tcpSocket: { port: 1 } })).toEqual({
      result: 'failure',
      output: 'dial tcp 127.0.0.1:1: connect: connection refused',
    });
  });
});

describe('a gRPC probe', () => {
  /** Answers as the health protocol does: healthy is only the service `good` and the server as a whole. */
  const serve = async (grpcStatus = '0') => {
    const server = createHttp2Server();
    server.on('stream', (stream, headers) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const request = Buffer.concat(chunks);
        expect(request.readUInt32BE(1)).toBe(request.length - 5);
        const service = request.subarray(7).toString();
        expect(headers[':path']).toBe('/grpc.health.v1.Health/Check');
        stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
        stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': grpcStatus, 'grpc-message': 'unknown' }));
        stream.end(Buffer.from([0, 0, 0, 0, 2, 0x08, service === '' || service === 'good' ? 1 : 2]));
      });
    });
    return listening(server as unknown as Server);
  };

  it('succeeds when the service says that it serves', async () => {
    const port = await serve();
    expect(await probe({ grpc: { port } })).toMatchObject({ result: 'success' });
    expect(await probe({ grpc: { port, service: 'good' } })).toMatchObject({ result: 'success' });
    expect(await probe({ grpc: { port, service: 'bad' } })).toEqual({
      result: 'failure',
      output: 'service unhealthy (responded with "NOT_SERVING")',
    });
  });

  it('fails when the protocol is not spoken, or nobody answers', async () => {
    const output = async (port: number, timeoutSeconds = 5) =>
      (await probe({ timeoutSeconds, grpc: { port, service: 'good' } })).output;
    const rpcFailed = 'error: health rpc probe failed: rpc error:';
    expect(await output(await serve('12'))).toBe(
      'error: this server does not implement the grpc health protocol (grpc.health.v1.Health): unknown',
    );
    expect(await output(await serve('5'))).toBe(`${rpcFailed} code = NotFound desc = unknown`);
    expect(await output(await answering({ ':status': 503, 'content-type': 'text/plain' }))).toBe(
      `${rpcFailed} code = Unavailable desc = unexpected HTTP status code received from server: 503 (Service Unavailable); transport: received unexpected content-type "text/plain"`,
    );
    expect(await output(await answering({ ':status': 200, 'content-type': 'application/grpc' }))).toBe(
      `${rpcFailed} code = Internal desc = server closed the stream without sending trailers`,
    );
    for (const port of [await listening(createTcpServer()), 1])
      expect(await output(port, 0.05)).toBe(
        `timeout: failed to connect service "127.0.0.1:${port}" within 50ms: context deadline exceeded`,
      );
    expect(await output(await answering(undefined), 0.1)).toBe('timeout: health rpc did not complete within 100ms');
  });

  it('waits for a server that does not listen yet as long as it may take', async () => {
    const port = await serve();
    const server = servers.pop();
    await new Promise((resolve) => server?.close(resolve));
    const asked = probe({ timeoutSeconds: 30, grpc: { port } });
    server?.listen(port, '127.0.0.1');
    servers.push(...(server === undefined ? [] : [server]));
    expect(await asked).toMatchObject({ result: 'success' });
  });

  /** With a head and nothing more, or not at all. */
  const answering = (headers: OutgoingHttpHeaders | undefined) => {
    const server = createHttp2Server();
    server.on('stream', (stream) => headers !== undefined && stream.respond(headers, { endStream: true }));
    return listening(server as unknown as Server);
  };
});

describe('a command', () => {
  const session = (exitCode: Promise<number>, text = ''): ExecSession => ({
    output: (take) => take({ stream: 1, data: Buffer.from(text) }),
    write: async () => undefined,
    endInput: () => undefined,
    resize: async () => undefined,
    exitCode: () => exitCode,
    destroy: () => undefined,
  });
  const container = { name: 'main' };
  const target = { id: 'c1', container, address: '' };
  const actions = (opened: () => Promise<ExecSession>) => runtimeActions({ exec: opened });
  const never = new Promise<never>(() => undefined);

  it('as a probe succeeds with exit code 0, and its output tells why it failed', async () => {
    const exec = { command: ['cat', '/x'] };
    const run = (code: number) => actions(async () => session(Promise.resolve(code), 'no such file'));
    expect(await run(0).probe({ exec }, target)).toMatchObject({ result: 'success' });
    expect(await run(1).probe({ exec }, target)).toEqual({ result: 'failure', output: 'no such file' });
  });

  it('as a probe fails when it takes too long, also to begin', async () => {
    const exec = { command: ['sleep', '9'] };
    for (const opened of [async () => session(never), () => never]) {
      const outcome = await actions(opened).probe({ timeoutSeconds: 0.02, exec }, target);
      expect(outcome.output).toBe('command timed out: "sleep 9" timed out after 20ms');
    }
  });

  it('as a hook fails with any other exit code, and is given up when its container has to go', async () => {
    const exec = { command: ['x'] };
    const run = actions(async () => session(Promise.resolve(3)));
    await expect(run.hook({ exec }, target, new AbortController().signal)).rejects.toThrow('exited with 3');
    await actions(async () => session(never)).hook({ exec }, target, AbortSignal.timeout(20));
  });
});

describe('a hook', () => {
  const hook = runtimeActions(noCommands).hook;
  const target = { id: 'c1', container: { name: 'main' }, address: '127.0.0.1' };
  const signal = new AbortController().signal;

  it('may sleep, also not at all, and wakes when it is given up', async () => {
    await hook({ sleep: { seconds: 0 } }, target, signal);
    await hook({ sleep: { seconds: 1000 } }, target, AbortSignal.timeout(10));
  });

  it('may ask by HTTP, and fails when nobody answers, whatever the answer', async () => {
    const port = await listening(createServer((_, response) => response.writeHead(500).end()));
    await hook({ httpGet: { path: '/', port } }, target, signal);
    await expect(hook({ httpGet: { path: '/', port: 1 } }, target, signal)).rejects.toThrow('connection refused');
  });

  it('that asks by HTTPS who speaks HTTP alone is carried out by that, without credentials, and says so', async () => {
    const heard: IncomingHttpHeaders[] = [];
    const port = await listening(
      createServer(({ headers }, response) => {
        heard.push(headers);
        response.end();
      }),
    );
    const httpHeaders = ['Authorization', 'X-Own'].map((name) => ({ name, value: 'x' }));
    const get = { scheme: 'HTTPS', port, httpHeaders };
    expect(await hook({ httpGet: get }, target, signal)).toEqual({ plainInstead: `127.0.0.1:${port}` });
    expect(heard).toEqual([expect.objectContaining({ 'x-own': 'x' })]);
    expect(heard[0]).not.toHaveProperty('authorization');
    expect((await probe({ httpGet: get })).output).toBe(
      `Get "https://127.0.0.1:${port}/": http: server gave HTTP response to HTTPS client`,
    );
  });

  it('without a handler that is carried out fails', async () => {
    await expect(hook({ tcpSocket: { port: 1 } }, target, signal)).rejects.toThrow('invalid handler');
  });
});
