import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Docker from 'dockerode';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { statusOf } from './calls.ts';
import { hijack } from './hijack.ts';

const socketPath = join(tmpdir(), `kubus-hijack-${process.pid}`);
const docker = new Docker({ socketPath });
let server: Server;
/** What the engine does with a connection. */
let serve: (socket: Socket) => void;

beforeAll(async () => {
  server = createServer((socket) => {
    socket.on('error', () => undefined);
    serve(socket);
  }).listen(socketPath);
  await once(server, 'listening');
});
afterAll(() => {
  server.close();
});

const upgraded = 'HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n';

/** Pieces that arrive one after the other, whatever is in them. */
async function inPieces(socket: Socket, pieces: readonly string[]): Promise<void> {
  for (const piece of pieces) {
    socket.write(piece);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function outputOf(path: string, body?: object): Promise<string> {
  const connection = await hijack(docker, path, body);
  let output = '';
  await connection.takeAll(async (chunk) => {
    output += `${chunk}`;
  });
  return output;
}

it('asks as HTTP does, and gives the connection that comes of it', async () => {
  let asked = '';
  serve = (socket) => {
    socket.write(upgraded);
    socket.on('data', (data) => {
      asked += `${data}`;
    });
    socket.on('end', () => socket.end('bye'));
  };
  const connection = await hijack(docker, '/exec/e1/start', { Tty: false, note: 'ä' });
  await connection.write(Buffer.from('input'));
  connection.end();
  const taken: string[] = [];
  expect(await connection.takeAll(async (chunk) => void taken.push(`${chunk}`))).toBeUndefined();
  expect(taken.join('')).toBe('bye');
  const [head, rest] = asked.split('\r\n\r\n');
  expect(head?.split('\r\n')).toEqual([
    'POST /exec/e1/start HTTP/1.1',
    'Host: docker',
    'Connection: Upgrade',
    'Upgrade: tcp',
    'Content-Type: application/json',
    'Content-Length: 25',
  ]);
  expect(rest).toBe('{"Tty":false,"note":"ä"}input');
});

it('knows the end of the answer wherever the connection was cut', async () => {
  const whole = `${upgraded}one\r\n\r\ntwo`;
  for (const cuts of [[], [whole.length - 10], [10, upgraded.length - 2], [upgraded.length - 1, upgraded.length + 1]]) {
    const pieces = [0, ...cuts].map((from, i) => whole.slice(from, cuts[i]));
    serve = (socket) => void inPieces(socket, pieces).then(() => socket.end());
    expect(await outputOf('/attach')).toBe('one\r\n\r\ntwo');
  }
});

it('tells why the engine refuses, in its own words', async () => {
  const body = '{"message":"Container c1 is paused"}';
  const head = `HTTP/1.1 409 Conflict\r\nContent-Type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`;
  serve = (socket) => void inPieces(socket, [head, body.slice(0, 9), body.slice(9)]);
  const error = await hijack(docker, '/exec/e1/start', {}).catch((e: unknown) => e);
  expect(error).toMatchObject({ message: 'Container c1 is paused' });
  expect(statusOf(error)).toBe(409);
  serve = (socket) => socket.write('HTTP/1.1 500 Internal Server Error\r\n\r\n');
  await expect(hijack(docker, '/exec/e1/start', {})).rejects.toThrow('HTTP 500');
});

it('fails when the engine goes without an answer, gives none, or is not there', async () => {
  serve = (socket) => socket.end('HTTP/1.1 101 UPGR');
  await expect(hijack(docker, '/attach')).rejects.toThrow(/without an answer/);
  serve = (socket) => socket.write('x'.repeat(100_000));
  await expect(hijack(docker, '/attach')).rejects.toThrow(/no HTTP/);
  const nobody = new Docker({ socketPath: `${socketPath}-none` });
  await expect(hijack(nobody, '/attach')).rejects.toThrow(/ENOENT/);
});

it('reaches an engine over TCP', async () => {
  const overTcp = createServer((socket) => socket.end(`${upgraded}there`)).listen(0, '127.0.0.1');
  await once(overTcp, 'listening');
  const { port } = overTcp.address() as { port: number };
  const connection = await hijack(new Docker({ host: '127.0.0.1', port, protocol: 'http' }), '/attach');
  let output = '';
  await connection.takeAll(async (chunk) => {
    output += `${chunk}`;
  });
  expect(output).toBe('there');
  overTcp.close();
});
