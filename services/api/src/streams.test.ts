import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { joinNode } from '@kubus/shared/bootstrap';
import { type BusStream, connectBus, type NodeStreamRequest, serveStreams } from '@kubus/shared/bus';
import { type Status, StatusError } from '@kubus/shared/errors';
import { eventually } from '@kubus/testkit';
import type { NatsConnection } from 'nats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApi, type TestApi } from './testing/start-api.ts';

let api: TestApi;
let connection: NatsConnection;
let serve: (request: NodeStreamRequest, stream: BusStream) => Promise<void>;
let node: { stop(): Promise<void> };

/** A node that has joined as every node does, with its own credentials, and serves what the test says. */
async function startNode(name: string): Promise<void> {
  const secret = (file: string) => readFile(join(api.dir, 'services/node-agent', file), 'utf8');
  const creds = await joinNode({
    node: name,
    dir: join(api.dir, name),
    servers: api.nats.url,
    joinCreds: await secret('join.creds'),
    token: await secret('join.token'),
  });
  connection = await connectBus({ servers: api.nats.url, identity: { kind: 'node', name }, creds });
  node = serveStreams(connection, (request, stream) => serve(request, stream), { node: name });
}

beforeAll(async () => {
  api = await startApi();
  await startNode('node-1');
  await api.kubectl.run(['create', 'serviceaccount', 'default']);
  for (const [name, nodeName] of [
    ['here', 'node-1'],
    ['elsewhere', 'node-2'],
  ]) {
    const spec = { nodeName, containers: [{ name: 'main', image: 'x' }] };
    const input = JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec });
    expect((await api.kubectl.run(['apply', '-f', '-'], { input })).stderr).toBe('');
  }
});
afterAll(async () => {
  await node?.stop();
  await connection?.close();
  await api?.stop();
});

const run = (command: string, input = '') => api.kubectl.run(command.split(' '), { input });

/** Gives back what comes in, and ends with an exit code. */
async function cat(stream: BusStream, code: number): Promise<void> {
  for await (const { channel, data } of stream.incoming) {
    if (channel !== 0) continue;
    if (data === undefined) break;
    await stream.send(1, data);
  }
  const causes = [{ reason: 'ExitCode', message: String(code) }];
  const failure = { status: 'Failure', reason: 'NonZeroExitCode', details: { causes } };
  const outcome = { kind: 'Status', apiVersion: 'v1', metadata: {}, ...(code === 0 ? { status: 'Success' } : failure) };
  await stream.send(3, Buffer.from(JSON.stringify(outcome)));
  await stream.close(outcome as Status);
}

describe('kubectl to a node over the bus', () => {
  it('gets a long log whole and in order', async () => {
    const lines = Array.from({ length: 40_000 }, (_, i) => `line ${i}\n`).join('');
    serve = async (request, stream) => {
      expect(request).toMatchObject({ operation: 'logs', pod: 'here', container: 'main', options: { tailLines: 5 } });
      for (let at = 0; at < lines.length; at += 10_000) await stream.send(1, Buffer.from(lines.slice(at, at + 10_000)));
      await stream.end(1);
    };
    const { code, stdout } = await run('logs here --tail=5');
    expect(code).toBe(0);
    expect(stdout === lines).toBe(true);
  });

  it('follows a log until it goes away, and the node learns that it has', async () => {
    const left = Promise.withResolvers<void>();
    serve = async (_request, stream) => {
      await stream.send(1, Buffer.from('first\n'));
      await stream.closed;
      left.resolve();
    };
    const following = api.kubectl.spawn(['logs', '-f', 'here']);
    let seen = '';
    following.stdout?.on('data', (chunk) => (seen += chunk));
    await eventually(() => expect(seen).toBe('first\n'));
    following.kill();
    await left.promise;
  });

  it('runs a command with much input and its exit code', async () => {
    serve = (_request, stream) => cat(stream, 3);
    const input = Array.from({ length: 30_000 }, (_, i) => `in ${i}\n`).join('');
    const { code, stdout } = await run('exec -i here -- cat', input);
    expect(code).toBe(3);
    expect(stdout === input).toBe(true);
  });

  it('says what the node says when it refuses', async () => {
    serve = async () => {
      throw new StatusError('BadRequest', 'container "main" in pod "here" is waiting to start: ContainerCreating');
    };
    expect((await run('logs here')).stderr).toContain('is waiting to start: ContainerCreating');
  });

  it('says at once that a node is not there', async () => {
    for (const command of ['logs elsewhere', 'exec elsewhere -- ls']) {
      const { code, stderr } = await run(command);
      expect(code).toBe(1);
      expect(stderr).toContain('error dialing backend: node node-2 is not connected');
    }
  });

  it('needs leave to create an exec, whatever the method of the request', async () => {
    await run('create role looker --verb=get --resource=pods,pods/exec,pods/log');
    await run('create rolebinding looker --role=looker --user=jane');
    serve = (_request, stream) => stream.send(1, Buffer.from('shown\n')).then(() => stream.end(1));
    await eventually(async () => expect((await run('logs here --as=jane')).stdout).toBe('shown\n'));
    const { code, stderr } = await run('exec here --as=jane -- ls');
    expect(code).toBe(1);
    expect(stderr).toContain('cannot create resource "pods/exec"');
  });
});
