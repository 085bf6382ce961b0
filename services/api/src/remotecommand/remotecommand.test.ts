import { once } from 'node:events';
import { connect } from 'node:tls';
import { StatusError } from '@kubus/shared/errors';
import { eventually } from '@kubus/testkit';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ask, ask2 } from '../http/testing/client.ts';
import type { TestFront } from '../http/testing/start-front.ts';
import type { FakeNodes } from './testing/fake-node.ts';
import { podPath as path, RemoteFront } from './testing/remote-front.ts';

let remote: RemoteFront;
let front: TestFront;
let nodes: FakeNodes;
beforeAll(async () => {
  remote = await RemoteFront.start();
  ({ front, nodes } = remote);
});
beforeEach(() => remote.reset());
afterAll(() => remote.stop());

const exit7 = {
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Failure',
  reason: 'NonZeroExitCode',
  message: 'command terminated with exit code 7',
  details: { causes: [{ reason: 'ExitCode', message: '7' }] },
} as never;

/** What came on each channel. An empty message says that the command may be spoken to. */
async function open(query: string, protocol = 'v5.channel.k8s.io', headers?: object) {
  const { socket, messages, ended } = await remote.open(query, protocol, headers);
  const received = () =>
    messages.filter((data) => data.length > 1).map((data) => [data[0] as number, data.subarray(1).toString()] as const);
  return { socket, received, ended };
}

/** The messages as they come. */
async function openRaw(query: string, protocols: string[]) {
  const { socket, messages, ended } = await remote.open(query, protocols);
  return { socket, texts: () => messages.map(String), ended };
}

describe('portforward over the channels of a WebSocket', () => {
  it('joins each port with its channels, says which it is, and why it failed', async () => {
    nodes.script = (agent, { options }) => {
      if (options['port'] === 81) agent.close(new StatusError('ServiceUnavailable', 'connection refused').toStatus());
    };
    const { socket, texts, ended } = await openRaw('portforward?ports=80&ports=81', ['v4.channel.k8s.io']);
    socket.send(Buffer.from('\0to 80'));
    const [first] = nodes.opened;
    await eventually(() =>
      expect(nodes.opened[0]?.agent.received).toEqual([{ channel: 0, data: Buffer.from('to 80') }]),
    );
    first?.agent.say(1, 'from 80');
    await eventually(() => expect(texts()).toHaveLength(6));
    expect(texts().slice(0, 4)).toEqual(['\0P\0', '\x01P\0', '\x02Q\0', '\x03Q\0']);
    expect(texts().slice(4).sort()).toEqual([
      '\0from 80',
      '\x03error forwarding port 81 to pod p, uid u1: connection refused',
    ]);
    nodes.opened[0]?.agent.close();
    expect(await ended).toBe(1000);
  });

  it('ends the connections of a client that has gone', async () => {
    const { socket } = await openRaw('portforward?ports=80,81', []);
    await eventually(() => expect(nodes.opened).toHaveLength(2));
    socket.terminate();
    await eventually(() => expect(nodes.opened.map(({ agent }) => agent.closedByApi)).toEqual([true, true]));
  });

  it.each([
    'portforward',
    'portforward?ports=0',
    'portforward?ports=x',
    'portforward?ports=65536',
  ])('refuses %s before the upgrade', async (query) => {
    await expect(openRaw(query, ['v4.channel.k8s.io'])).rejects.toThrow('answered 400');
    expect(nodes.opened).toHaveLength(0);
  });
});

describe('exec over a WebSocket', () => {
  it.each([
    'v5.channel.k8s.io',
    'v4.channel.k8s.io',
  ])('speaks %s both ways and gives the exit code', async (protocol) => {
    const terminal = await open('exec?command=sh&command=-c&command=x&stdin=true&stdout=true&stderr=true', protocol);
    expect(terminal.socket.protocol).toBe(protocol);
    terminal.socket.send(Buffer.from('\0input'));
    await eventually(() => expect(nodes.last.received).toEqual([{ channel: 0, data: Buffer.from('input') }]));
    nodes.last.say(1, 'out');
    nodes.last.say(2, 'err');
    nodes.last.say(3, JSON.stringify(exit7));
    nodes.last.close();
    expect(await terminal.ended).toBe(1000);
    expect(terminal.received()).toEqual([
      [1, 'out'],
      [2, 'err'],
      [3, JSON.stringify(exit7)],
    ]);
    expect(nodes.opened[0]?.request).toMatchObject({
      operation: 'exec',
      container: 'main',
      options: { command: ['sh', '-c', 'x'], stdin: true, stdout: true, stderr: true, tty: false },
    });
  });

  it.each([
    ['channel.k8s.io', ''],
    ['base64.channel.k8s.io', ''],
    ['', ''],
    ['v4.base64.channel.k8s.io', JSON.stringify(exit7)],
  ])('speaks %j as older clients do', async (protocol, outcome) => {
    const text = protocol.includes('base64');
    const coded = (channel: number, data: string) =>
      text ? `${channel}${Buffer.from(data).toString('base64')}` : `${String.fromCharCode(channel)}${data}`;
    const offered = protocol === '' ? [] : ['v2.channel.k8s.io', protocol];
    const { socket, texts, ended } = await openRaw('exec?command=sh&stdin=true&stdout=true', offered);
    socket.send(text ? coded(0, 'input') : Buffer.from(coded(0, 'input')));
    await eventually(() => expect(nodes.last.received).toEqual([{ channel: 0, data: Buffer.from('input') }]));
    nodes.last.say(1, 'out');
    nodes.last.close(exit7);
    expect(await ended).toBe(1000);
    expect(socket.protocol).toBe(protocol);
    expect(texts().slice(0, 2)).toEqual([coded(1, ''), coded(1, 'out')]);
    expect(texts().slice(2)).toEqual([coded(3, outcome === '' ? 'command terminated with exit code 7' : outcome)]);
  });

  it('tells older clients nothing of success', async () => {
    const { texts, ended } = await openRaw('exec?command=true&stderr=true', ['channel.k8s.io']);
    nodes.last.close();
    expect(await ended).toBe(1000);
    expect(texts()).toEqual(['\x02']);
  });

  it('takes the outcome also from the end of the stream, and success for none', async () => {
    for (const [given, expected] of [
      [exit7, 'Failure'],
      [undefined, 'Success'],
    ] as const) {
      const terminal = await open('exec?command=true&stdout=true');
      nodes.last.close(given);
      await terminal.ended;
      expect(JSON.parse(terminal.received()[0]?.[1] ?? '')).toMatchObject({ status: expected });
    }
  });

  it('gives what comes in one turn in one message, of any length', async () => {
    for (const length of [124, 125, 65_534, 65_535, 200_000]) {
      const { texts, ended } = await openRaw('exec?command=x&stdout=true&stderr=true', ['v5.channel.k8s.io']);
      nodes.last.say(1, 'a'.repeat(length - 1));
      nodes.last.say(1, 'b');
      nodes.last.say(2, 'err');
      nodes.last.close();
      expect(await ended).toBe(1000);
      expect(texts().slice(1, 3)).toEqual([`\x01${'a'.repeat(length - 1)}b`, '\x02err']);
    }
  });

  it('passes on the end of stdin and the size of the terminal', async () => {
    const terminal = await open('exec?command=sh&stdin=true&stdout=true&tty=true&stderr=true');
    terminal.socket.send(Buffer.from('\x04{"Width":80,"Height":24}\n'));
    terminal.socket.send(Buffer.from([255, 0]));
    await eventually(() =>
      expect(nodes.last.received).toEqual([
        { channel: 4, data: Buffer.from('{"Width":80,"Height":24}\n') },
        { channel: 0 },
      ]),
    );
    expect(nodes.opened[0]?.request.options).toMatchObject({ tty: true, stderr: false });
    terminal.socket.close();
  });

  it('tells the agent when the client has gone', async () => {
    const terminal = await open('exec?command=sh&stdin=true&stdout=true');
    terminal.socket.terminate();
    await eventually(() => expect(nodes.last.closedByApi).toBe(true));
  });

  it('keeps the order of much input', async () => {
    const terminal = await open('attach?stdin=true&stdout=true');
    for (let i = 0; i < 500; i += 1) terminal.socket.send(Buffer.from(`\0${i},`));
    const text = () => nodes.last.received.map((item) => Buffer.from(item.data ?? []).toString()).join('');
    const expected = Array.from({ length: 500 }, (_, i) => `${i},`).join('');
    await eventually(() => expect(text()).toBe(expected));
    terminal.socket.close();
  });

  it.each([
    ['exec?stdout=true', 'v5.channel.k8s.io', 422],
    ['exec?command=sh', 'v5.channel.k8s.io', 400],
    ['exec?command=sh&stdout=true', 'v9.channel.k8s.io', 400],
    ['exec?command=sh&stdout=true&container=x', 'v5.channel.k8s.io', 400],
  ])('refuses %s with %s before the upgrade', async (query, protocol, code) => {
    await expect(open(query, protocol)).rejects.toThrow(`answered ${code}`);
    expect(nodes.opened).toHaveLength(0);
  });

  it('refuses those who are not known, and requests that are no upgrade', async () => {
    await expect(open('exec?command=sh&stdout=true', undefined, {} as never)).rejects.toThrow('answered 401');
    expect((await ask(front, `${path}/exec?command=sh&stdout=true`)).code).toBe(400);
    expect((await ask2(front, `${path}/exec?command=sh&stdout=true`)).code).toBe(400);
  });

  it('leaves everything else on an upgrade to the usual answers', async () => {
    const headers = { connection: 'Upgrade', upgrade: 'websocket', authorization: 'Bearer good' };
    expect((await ask(front, '/version', { headers })).json).toMatchObject({ minor: '36' });
    expect((await ask(front, '/api/v1/nonsense', { headers })).code).toBe(404);
  });
});

/** Bytes as a client sends them once it has left HTTP, for each way of leaving it. */
describe.each([
  ['exec?command=sh&stdin=true&stdout=true', 'websocket', 'Sec-WebSocket-Protocol: v5.channel.k8s.io'],
  ['exec?command=sh&stdin=true&stdout=true', 'SPDY/3.1', 'X-Stream-Protocol-Version: v4.channel.k8s.io'],
  ['portforward', 'websocket', 'Sec-WebSocket-Protocol: SPDY/3.1+portforward.k8s.io'],
  ['portforward', 'SPDY/3.1', 'X-Stream-Protocol-Version: portforward.k8s.io'],
  ['portforward?ports=80', 'websocket', 'Sec-WebSocket-Protocol: v4.channel.k8s.io'],
  ['exec?command=sh&stdin=true&stdout=true', 'websocket', 'Sec-WebSocket-Protocol: base64.channel.k8s.io'],
])('%s by %s', (query, upgrade, protocol) => {
  /** Resolves when the server has ended the connection, or taken all of it and gone on. */
  async function attack(bytes: Uint8Array): Promise<void> {
    const socket = connect({ port: front.port, host: '127.0.0.1', ca: front.certificates.ca });
    socket.on('error', () => undefined);
    const key = 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==';
    const head = `GET ${path}/${query} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: ${upgrade}\r\n`;
    socket.write(`${head}Authorization: Bearer good\r\n${key}\r\n${protocol}\r\n\r\n`);
    expect(String((await once(socket, 'data'))[0])).toMatch(/^HTTP\/1.1 101 /);
    socket.end(bytes);
    socket.resume();
    await once(socket, 'close');
  }

  it('outlives whatever bytes a client sends', async () => {
    const frame = fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 40 }),
      // A masked binary message of a WebSocket.
      fc.uint8Array({ maxLength: 60 }).map((body) => Uint8Array.of(0x82, 0x80 + body.length, 0, 0, 0, 0, ...body)),
      // A control frame of SPDY/3.
      fc
        .tuple(fc.nat(10), fc.nat(255), fc.uint8Array({ maxLength: 40 }))
        .map(([type, flags, body]) => Uint8Array.of(0x80, 3, 0, type, flags, 0, 0, body.length, ...body)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(frame, { minLength: 1, maxLength: 6 }), (frames) => attack(Buffer.concat(frames))),
      { numRuns: 25 },
    );
    expect((await ask(front, '/version')).code).toBe(200);
  });
});
