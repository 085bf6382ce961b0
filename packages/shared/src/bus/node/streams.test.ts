import { eventually, startNats, type TestServer } from '@kubus/testkit';
import type { NatsConnection } from 'nats';
import { afterEach, beforeAll, expect, it } from 'vitest';
import { StatusError } from '../../errors/index.ts';
import { connectBus } from '../connect.ts';
import type { BusStream, NodeStreamRequest } from '../contract.ts';
import { type NodeStreamHandler, type NodeStreamsOptions, openStream, serveStreams } from './streams.ts';

let server: TestServer;
const ends: (() => Promise<void>)[] = [];
beforeAll(async () => {
  server = await startNats();
  return () => server.stop();
});
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function connection(identity: { kind: 'service' | 'node'; name: string }): Promise<NatsConnection> {
  const nc = await connectBus({ servers: server.url, identity, reconnectMs: 20 });
  ends.push(() => nc.close());
  return nc;
}

const request: NodeStreamRequest = {
  operation: 'exec',
  namespace: 'default',
  pod: 'web',
  uid: 'u1',
  options: { command: ['sh'] },
};

async function serve(handler: NodeStreamHandler, options: NodeStreamsOptions = { node: 'a.b' }) {
  const nc = await connection({ kind: 'node', name: 'a.b' });
  const served = serveStreams(nc, handler, options);
  await nc.flush();
  ends.push(() => served.stop());
  return { nc, served };
}

const api = () => connection({ kind: 'service', name: 'api' });
const text = (data: Uint8Array | undefined) => (data === undefined ? 'end' : Buffer.from(data).toString());

async function read(stream: BusStream): Promise<string[]> {
  const seen: string[] = [];
  for await (const { channel, data } of stream.incoming) seen.push(`${channel}:${text(data)}`);
  return seen;
}

it('carries a conversation on channels, half closed, until the node is done', async () => {
  const seen: NodeStreamRequest[] = [];
  await serve(async (asked, stream, node) => {
    seen.push(asked);
    const said: string[] = [];
    for await (const { data } of stream.incoming) {
      if (data === undefined) break;
      said.push(text(data));
    }
    await stream.send(1, Buffer.from(`${node} heard ${said.join('')}`));
    await stream.end(1);
  });
  const stream = await openStream(await api(), 'a.b', { ...request, container: 'main' });
  await stream.send(0, Buffer.from('hello '));
  await stream.send(0, Buffer.from('node'));
  await stream.end(0);
  expect(await read(stream)).toEqual(['1:a.b heard hello node', '1:end']);
  expect(await stream.closed).toBeUndefined();
  expect(seen).toEqual([{ ...request, container: 'main' }]);
});

it('gives back the status with which the node ends the stream', async () => {
  await serve(async (_, stream) => {
    await stream.send(1, Buffer.from('x'));
    throw new StatusError('NotFound', 'no such container');
  });
  const stream = await openStream(await api(), 'a.b', request);
  expect(await read(stream)).toEqual(['1:x']);
  expect(await stream.closed).toMatchObject({ reason: 'NotFound', message: 'no such container' });
});

it('says at once that a node is not connected', async () => {
  await expect(openStream(await api(), 'nobody', request)).rejects.toMatchObject({ reason: 'ServiceUnavailable' });
});

it('says that a node does not answer', async () => {
  const nc = await connection({ kind: 'node', name: 'deaf' });
  nc.subscribe('kubus.node.deaf.*', { callback: () => undefined });
  await nc.flush();
  await expect(openStream(await api(), 'deaf', request, { timeoutMs: 50 })).rejects.toMatchObject({
    reason: 'Timeout',
  });
});

it('refuses what is no request, and more streams than it serves', async () => {
  await serve((_, stream) => read(stream).then(() => undefined), { node: 'a.b', maxStreams: 1 });
  const nc = await api();
  const wrong = { ...request, uid: 7 } as unknown as NodeStreamRequest;
  await expect(openStream(nc, 'a.b', wrong)).rejects.toMatchObject({ reason: 'BadRequest' });
  const first = await openStream(nc, 'a.b', request);
  await expect(openStream(nc, 'a.b', request)).rejects.toMatchObject({ reason: 'TooManyRequests' });
  await first.close();
});

it('ignores a stream that would be answered elsewhere', async () => {
  let served = 0;
  await serve(async () => {
    served += 1;
  });
  const nc = await api();
  nc.publish('kubus.node.a=2Eb.exec', JSON.stringify({ token: 'x', request }), { reply: 'kubus.api.service.api' });
  nc.publish('kubus.node.a=2Eb.exec', JSON.stringify({ token: '../x', request }), { reply: 'kubus.stream.a=2Eb.x' });
  await read(await openStream(nc, 'a.b', request));
  expect(served).toBe(1);
});

it('notices soon that the node is gone, and the node that the api is', async () => {
  const gone = Promise.withResolvers<unknown>();
  const handler: NodeStreamHandler = (_, stream) =>
    read(stream).then(
      () => undefined,
      (error) => gone.resolve(error),
    );
  const { nc: node } = await serve(handler, { node: 'a.b', heartbeatMs: 50 });
  const first = await openStream(await api(), 'a.b', request, { heartbeatMs: 50 });
  await node.close();
  await expect(read(first)).rejects.toMatchObject({ reason: 'ServiceUnavailable' });

  await serve(handler, { node: 'a.b', heartbeatMs: 50 });
  const other = await api();
  await openStream(other, 'a.b', request, { heartbeatMs: 50 });
  await other.close();
  expect(await gone.promise).toMatchObject({ reason: 'ServiceUnavailable' });
});

it('tells open streams when the node stops', async () => {
  const { served } = await serve((_, stream) => read(stream).then(() => undefined));
  const stream = await openStream(await api(), 'a.b', request);
  await served.stop();
  expect(await stream.closed).toMatchObject({ message: 'the node agent is stopping' });
});

it('carries much data without loss and without gathering it', async () => {
  const total = 64 * 1024 * 1024;
  const piece = Buffer.alloc(1024 * 1024, 'x');
  let sent = 0;
  const { nc } = await serve(async (_, stream) => {
    for (; sent < total; sent += piece.length) await stream.send(1, piece);
  });
  const stream = await openStream(await api(), 'a.b', request);
  await eventually(() => expect(sent).toBeGreaterThan(0));
  expect(sent).toBeLessThan(8 * 1024 * 1024);
  let bytes = 0;
  for await (const { data } of stream.incoming) bytes += data?.length ?? 0;
  expect(bytes).toBe(total);
  expect(nc.isClosed()).toBe(false);
});
