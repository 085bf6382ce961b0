import { once } from 'node:events';
import { connect } from 'node:tls';
import { StatusError } from '@kubus/shared/errors';
import type { KubeObject } from '@kubus/shared/object';
import { eventually } from '@kubus/testkit';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { Handler, ResourceCall } from '../http/index.ts';
import { ask, ask2 } from '../http/testing/client.ts';
import { startFront, type TestFront } from '../http/testing/start-front.ts';
import { Connections } from './index.ts';
import { FakeNodes } from './testing/fake-node.ts';

let front: TestFront;
let nodes: FakeNodes;
beforeAll(async () => {
  let connections: Handler<ResourceCall> | undefined;
  front = await startFront({ connections: { serve: async (call) => connections?.serve(call) } });
  nodes = new FakeNodes();
  connections = new Connections({ pipeline: front.pipeline, nodes, reader: front.pipeline.reader });
});
afterAll(() => front.stop());

const pod = (containers: string[], nodeName: string | undefined = 'n1') =>
  ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'default', uid: 'u1' },
    spec: { nodeName, containers: containers.map((name) => ({ name })), initContainers: [{ name: 'init' }] },
  }) as KubeObject;

beforeEach(() => {
  nodes.opened.length = 0;
  nodes.refusal = undefined;
  nodes.script = () => undefined;
  front.pipeline.put(pod(['main']));
});

const path = '/api/v1/namespaces/default/pods/p';
const exit7 = {
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Failure',
  reason: 'NonZeroExitCode',
  message: 'command terminated with exit code 7',
  details: { causes: [{ reason: 'ExitCode', message: '7' }] },
} as never;

describe.each([
  ['HTTP/1.1', ask],
  ['HTTP/2', ask2],
] as const)('logs over %s', (_name, send) => {
  it('are what the node sends', async () => {
    nodes.script = (agent) => {
      agent.say(1, 'one\n');
      agent.say(1, 'two\n');
      agent.close();
    };
    const reply = await send(front, `${path}/log?tailLines=2&timestamps=true&follow=true`);
    expect(reply).toMatchObject({ code: 200, text: 'one\ntwo\n', headers: { 'content-type': 'text/plain' } });
    expect(nodes.opened[0]).toMatchObject({
      node: 'n1',
      request: {
        operation: 'logs',
        namespace: 'default',
        pod: 'p',
        uid: 'u1',
        container: 'main',
        options: { follow: true, previous: false, timestamps: true, tailLines: 2 },
      },
    });
  });

  it('are cut at limitBytes', async () => {
    nodes.script = (agent) => agent.say(1, '0123456789');
    expect((await send(front, `${path}/log?limitBytes=4`)).text).toBe('0123');
    expect(nodes.last.closedByApi).toBe(true);
  });

  it('fail as the node says when it has nothing to give', async () => {
    nodes.script = (agent) =>
      agent.close(
        new StatusError('BadRequest', 'previous terminated container "main" in pod "p" not found').toStatus(),
      );
    expect(await send(front, `${path}/log?previous=true`)).toMatchObject({ code: 400, json: { reason: 'BadRequest' } });
  });
});

describe('logs', () => {
  it('follow a quiet container with headers sent and nothing else', async () => {
    const reply = ask(front, `${path}/log?follow=true`);
    await eventually(() => expect(nodes.opened).toHaveLength(1));
    nodes.last.say(1, 'late\n');
    nodes.last.close();
    expect((await reply).text).toBe('late\n');
  });

  it('of a pod without a node are empty', async () => {
    front.pipeline.put({ ...pod(['main']), spec: { containers: [{ name: 'main' }] } } as KubeObject);
    expect(await ask(front, `${path}/log`)).toMatchObject({ code: 200, text: '' });
  });

  it.each([
    [
      ['a', 'b'],
      '',
      'a container name must be specified for pod p, choose one of: [a b] or one of the init containers: [init]',
    ],
    [['a'], 'x', 'container x is not valid for pod p'],
  ])('of %j want container "%s" to be named rightly', async (containers, name, message) => {
    front.pipeline.put(pod(containers));
    expect(await ask(front, `${path}/log?container=${name}`)).toMatchObject({ code: 400, json: { message } });
  });

  it('with options that cannot be are refused with each cause', async () => {
    const { code, json } = await ask(
      front,
      `${path}/log?tailLines=-1&limitBytes=x&sinceSeconds=1&sinceTime=2026-01-01T00:00:00Z`,
    );
    expect(code).toBe(422);
    expect(json.details.causes.map((cause: { field: string }) => cause.field)).toEqual(['tailLines', 'limitBytes', '']);
  });

  it('of a node that does not answer are a clear failure', async () => {
    nodes.refusal = new StatusError('ServiceUnavailable', 'the agent of node "n1" does not answer');
    expect(await ask(front, `${path}/log`)).toMatchObject({
      code: 503,
      json: { message: expect.stringContaining('n1') },
    });
  });
});

interface Terminal {
  socket: WebSocket;
  received: [number, string][];
  ended: Promise<number>;
}

function open(
  query: string,
  protocol = 'v5.channel.k8s.io',
  headers = { authorization: 'Bearer good' },
): Promise<Terminal> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`wss://127.0.0.1:${front.port}${path}/${query}`, protocol, {
      ca: front.certificates.ca,
      headers,
    });
    const received: [number, string][] = [];
    // An empty message says that the command may be spoken to.
    socket.on('message', (data: Buffer) => {
      if (data.length > 1) received.push([data[0] as number, data.subarray(1).toString()]);
    });
    const ended = new Promise<number>((done) => socket.once('close', done));
    socket.on('open', () => resolve({ socket, received, ended }));
    socket.on('unexpected-response', (_request, response) => reject(new Error(`answered ${response.statusCode}`)));
    socket.on('error', reject);
  });
}

/** The messages as they come. */
async function openRaw(query: string, protocols: string[]) {
  const socket = new WebSocket(`wss://127.0.0.1:${front.port}${path}/${query}`, protocols, {
    ca: front.certificates.ca,
    headers: { authorization: 'Bearer good' },
  });
  const messages: string[] = [];
  socket.on('message', (data: Buffer) => messages.push(data.toString()));
  const ended = new Promise<number>((done) => socket.once('close', done));
  await new Promise<void>((resolve, reject) => {
    socket.on('open', resolve);
    socket.on('unexpected-response', (_request, response) => reject(new Error(`answered ${response.statusCode}`)));
    socket.on('error', reject);
  });
  return { socket, messages, ended };
}

describe('portforward over the channels of a WebSocket', () => {
  it('joins each port with its channels, says which it is, and why it failed', async () => {
    nodes.script = (agent, { options }) => {
      if (options['port'] === 81) agent.close(new StatusError('ServiceUnavailable', 'connection refused').toStatus());
    };
    const { socket, messages, ended } = await openRaw('portforward?ports=80&ports=81', ['v4.channel.k8s.io']);
    socket.send(Buffer.from('\0to 80'));
    const [first] = nodes.opened;
    await eventually(() =>
      expect(nodes.opened[0]?.agent.received).toEqual([{ channel: 0, data: Buffer.from('to 80') }]),
    );
    first?.agent.say(1, 'from 80');
    await eventually(() => expect(messages).toHaveLength(6));
    expect(messages.slice(0, 4)).toEqual(['\0P\0', '\x01P\0', '\x02Q\0', '\x03Q\0']);
    expect(messages.slice(4).sort()).toEqual([
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

describe('logs over a WebSocket', () => {
  const listen = (query: string, protocols: string[]) =>
    new Promise<{ socket: WebSocket; text: () => string; ended: Promise<void> }>((resolve, reject) => {
      const socket = new WebSocket(`wss://127.0.0.1:${front.port}${path}/log?${query}`, protocols, {
        ca: front.certificates.ca,
        headers: { authorization: 'Bearer good' },
      });
      let text = '';
      socket.on('message', (data: Buffer) => {
        text += data.toString();
      });
      const ended = new Promise<void>((done) => socket.once('close', () => done()));
      socket.on('open', () => resolve({ socket, text: () => text, ended }));
      socket.on('unexpected-response', (_request, response) => reject(new Error(`answered ${response.statusCode}`)));
      socket.on('error', reject);
    });

  it.each([
    [[], 'one\n'],
    [['binary.k8s.io'], 'one\n'],
    [['base64.binary.k8s.io'], Buffer.from('one\n').toString('base64')],
  ])('are sent in the protocol %j', async (protocols, expected) => {
    nodes.script = (agent) => {
      agent.say(1, 'one\n');
      agent.close();
    };
    const log = await listen('', protocols);
    await log.ended;
    expect(log.text()).toBe(expected);
  });

  it('end at the node when the client leaves, and are refused in protocols that nobody speaks', async () => {
    const log = await listen('follow=true', ['binary.k8s.io']);
    nodes.last.say(1, 'one');
    await eventually(() => expect(log.text()).toBe('one'));
    log.socket.close();
    await eventually(() => expect(nodes.last.closedByApi).toBe(true));
    await expect(listen('', ['v5.channel.k8s.io'])).rejects.toThrow('answered 400');
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
    expect(terminal.received).toEqual([
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
    const { socket, messages, ended } = await openRaw('exec?command=sh&stdin=true&stdout=true', offered);
    socket.send(text ? coded(0, 'input') : Buffer.from(coded(0, 'input')));
    await eventually(() => expect(nodes.last.received).toEqual([{ channel: 0, data: Buffer.from('input') }]));
    nodes.last.say(1, 'out');
    nodes.last.close(exit7);
    expect(await ended).toBe(1000);
    expect(socket.protocol).toBe(protocol);
    expect(messages.slice(0, 2)).toEqual([coded(1, ''), coded(1, 'out')]);
    expect(messages.slice(2)).toEqual([coded(3, outcome === '' ? 'command terminated with exit code 7' : outcome)]);
  });

  it('tells older clients nothing of success', async () => {
    const { messages, ended } = await openRaw('exec?command=true&stderr=true', ['channel.k8s.io']);
    nodes.last.close();
    expect(await ended).toBe(1000);
    expect(messages).toEqual(['\x02']);
  });

  it('takes the outcome also from the end of the stream, and success for none', async () => {
    for (const [given, expected] of [
      [exit7, 'Failure'],
      [undefined, 'Success'],
    ] as const) {
      const terminal = await open('exec?command=true&stdout=true');
      nodes.last.close(given);
      await terminal.ended;
      expect(JSON.parse(terminal.received[0]?.[1] ?? '')).toMatchObject({ status: expected });
    }
  });

  it('gives what comes in one turn in one message, of any length', async () => {
    for (const length of [124, 125, 65_534, 65_535, 200_000]) {
      const { messages, ended } = await openRaw('exec?command=x&stdout=true&stderr=true', ['v5.channel.k8s.io']);
      nodes.last.say(1, 'a'.repeat(length - 1));
      nodes.last.say(1, 'b');
      nodes.last.say(2, 'err');
      nodes.last.close();
      expect(await ended).toBe(1000);
      expect(messages.slice(1, 3)).toEqual([`\x01${'a'.repeat(length - 1)}b`, '\x02err']);
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
