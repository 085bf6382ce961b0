import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';

/** A server that knows nothing but how to run kubectl's commands in one container. */
export interface BareExec {
  url: string;
  close(): void;
}

export interface BareExecOptions {
  /** Folder of the certificate that kubectl trusts: an api's own. */
  tls: string;
  /** The engine's socket. */
  engine: string;
  container: string;
  pod: string;
}

const channel = { stdin: 0, stdout: 1, stderr: 2, error: 3, close: 255 } as const;
const MAX_BUFFERED = 1024 * 1024;

/**
 * What kubectl, TLS, a WebSocket, one process in the middle and the engine cost with nothing between them: the floor of `kubectl cp`. It asks nobody who may do what, holds no
 * state, and goes to the engine itself.
 */
export async function serveBareExec(options: BareExecOptions): Promise<BareExec> {
  const pem = (name: string) => readFileSync(join(options.tls, name));
  const pod = JSON.stringify({
    ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name: options.pod, namespace: 'default' } },
    spec: { containers: [{ name: 'main' }] },
    status: { phase: 'Running' },
  });
  const server = createServer({ key: pem('server.key'), cert: pem('server.crt') }, (asked, answer) => {
    answer.writeHead(asked.url?.endsWith(`/pods/${options.pod}`) ? 200 : 404, { 'content-type': 'application/json' });
    answer.end(pod);
  });
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  server.on('upgrade', (asked: IncomingMessage, socket: Duplex, head: Buffer) =>
    sockets.handleUpgrade(asked, socket, head, (client) => {
      const command = new URL(asked.url ?? '', 'https://bare').searchParams.getAll('command');
      execute(options, command, client).catch(() => client.terminate());
    }),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { url: `https://127.0.0.1:${port}`, close: () => void server.close() };
}

async function execute({ engine, container }: BareExecOptions, command: string[], client: WebSocket): Promise<void> {
  // Messages that come before the command runs must not be lost.
  client.pause();
  const attach = { AttachStdin: true, AttachStdout: true, AttachStderr: true };
  const { Id } = (await ask(engine, `/containers/${container}/exec`, { ...attach, Cmd: command })) as { Id: string };
  const stream = await hijack(engine, `/exec/${Id}/start`);
  client.on('message', (data) => {
    const [to, ended] = data as Buffer;
    if (to === channel.close && ended === channel.stdin) stream.end();
    else if (to === channel.stdin && !stream.write((data as Buffer).subarray(1))) client.pause();
  });
  stream.on('drain', () => client.resume());
  client.resume();
  await output(stream, client);
  const { ExitCode } = (await ask(engine, `/exec/${Id}/json`)) as { ExitCode: number };
  client.send(message(channel.error, Buffer.from(JSON.stringify(statusOf(ExitCode)))));
  client.close(1000);
}

const statusOf = (code: number) =>
  code === 0 ? { status: 'Success' } : { status: 'Failure', reason: 'NonZeroExitCode', message: `${code}` };

/** Docker's frames: 1 byte of stream, 3 zero, 4 of length, data. Parts of a frame go on as they come. */
async function output(stream: Duplex, client: WebSocket): Promise<void> {
  let head = Buffer.alloc(0);
  let left = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    let rest = chunk;
    while (rest.length > 0) {
      if (left === 0) {
        const missing = 8 - head.length;
        head = Buffer.concat([head, rest.subarray(0, missing)]);
        rest = rest.subarray(missing);
        if (head.length < 8) break;
        left = head.readUInt32BE(4);
      }
      const piece = rest.subarray(0, left);
      rest = rest.subarray(piece.length);
      left -= piece.length;
      if (piece.length > 0) await send(client, message(head[0] ?? channel.stdout, piece));
      if (left === 0) head = Buffer.alloc(0);
    }
  }
}

function send(client: WebSocket, data: Buffer): Promise<void> | undefined {
  if (client.bufferedAmount < MAX_BUFFERED) return void client.send(data);
  return new Promise((resolve) => client.send(data, () => resolve()));
}

const message = (to: number, data: Uint8Array) => Buffer.concat([Uint8Array.of(to), data]);

async function ask(socketPath: string, path: string, body?: object): Promise<unknown> {
  const asked = request({
    ...{ socketPath, path, method: body === undefined ? 'GET' : 'POST' },
    headers: { host: 'docker', 'content-type': 'application/json' },
  });
  asked.end(body === undefined ? undefined : JSON.stringify(body));
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  const parts: Buffer[] = [];
  for await (const part of answer) parts.push(part as Buffer);
  return JSON.parse(Buffer.concat(parts).toString());
}

async function hijack(socketPath: string, path: string): Promise<Duplex> {
  const headers = { host: 'docker', 'content-type': 'application/json', connection: 'Upgrade', upgrade: 'tcp' };
  const asked = request({ socketPath, path, method: 'POST', headers });
  asked.end(JSON.stringify({ Detach: false, Tty: false }));
  const [, socket, head] = (await once(asked, 'upgrade')) as [IncomingMessage, Duplex, Buffer];
  if (head.length > 0) socket.unshift(head);
  return socket;
}
