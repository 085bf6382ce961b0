import { StatusError } from '@kubus/shared/errors';
import type { KubeObject } from '@kubus/shared/object';
import { eventually } from '@kubus/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ask, ask2 } from '../http/testing/client.ts';
import type { TestFront } from '../http/testing/start-front.ts';
import type { FakeNodes } from './testing/fake-node.ts';
import { podPath as path, podWith as pod, RemoteFront } from './testing/remote-front.ts';

let remote: RemoteFront;
let front: TestFront;
let nodes: FakeNodes;
beforeAll(async () => {
  remote = await RemoteFront.start();
  ({ front, nodes } = remote);
});
beforeEach(() => remote.reset());
afterAll(() => remote.stop());

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
    const fields = json.details.causes.map(({ field }: { field?: string }) => field);
    // What the options lack together is no field's: a Status leaves the empty one out.
    expect(fields).toEqual(['tailLines', 'limitBytes', undefined]);
  });

  it('of a node that does not answer are a clear failure', async () => {
    nodes.refusal = new StatusError('ServiceUnavailable', 'the agent of node "n1" does not answer');
    expect(await ask(front, `${path}/log`)).toMatchObject({
      code: 503,
      json: { message: expect.stringContaining('n1') },
    });
  });
});

describe('logs over a WebSocket', () => {
  async function listen(query: string, protocols: string[]) {
    const { socket, messages, ended } = await remote.open(`log?${query}`, protocols);
    return { socket, ended, text: () => Buffer.concat(messages).toString() };
  }

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
