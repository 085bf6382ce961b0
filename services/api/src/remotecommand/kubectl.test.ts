import { connect } from 'node:net';
import type { KubeObject } from '@kubus/shared/object';
import { eventually } from '@kubus/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Kubectl } from '../http/testing/kubectl.ts';
import type { TestFront } from '../http/testing/start-front.ts';
import type { FakeNodes } from './testing/fake-node.ts';
import { podWith, RemoteFront } from './testing/remote-front.ts';

let front: TestFront;
let nodes: FakeNodes;
let kubectl: Kubectl;
beforeAll(async () => {
  ({ front, nodes } = await RemoteFront.start());
  front.pipeline.put({ ...podWith(['main']), status: { phase: 'Running' } } as KubeObject);
  kubectl = await Kubectl.create({ url: front.url, ca: front.certificates.ca, token: 'good' });
});
afterAll(async () => {
  await kubectl.remove();
  await front.stop();
});
beforeEach(() => {
  nodes.opened.length = 0;
});

const failure = (code: number) =>
  JSON.stringify({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    reason: 'NonZeroExitCode',
    message: `command terminated with non-zero exit code: exit status ${code}`,
    details: { causes: [{ reason: 'ExitCode', message: String(code) }] },
  });

describe.each([
  ['WebSocket', {}],
  ['SPDY', { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: 'false', KUBECTL_PORT_FORWARD_WEBSOCKETS: 'false' }],
])('kubectl over %s', (_name, env) => {
  it('runs a command, with its output, errors and exit code', async () => {
    nodes.script = (agent) => {
      agent.say(1, 'out\n');
      agent.say(2, 'err\n');
      agent.say(3, failure(7));
      agent.close();
    };
    const result = await kubectl.run(['exec', 'p', '--', 'ls', '-l'], { env });
    expect(result).toMatchObject({ code: 7, stdout: 'out\n' });
    expect(result.stderr).toContain('err\n');
    expect(nodes.opened[0]?.request.options).toMatchObject({ command: ['ls', '-l'], stdout: true, stderr: true });
  });

  it('passes all of a large input and its end, and gets all of a large output', async () => {
    nodes.script = (agent) => {
      void eventually(() => {
        // Other channels end by themselves, and sooner.
        if (!agent.received.some(({ channel, data }) => channel === 0 && data === undefined))
          throw new Error('not yet');
      }).then(() => {
        for (const { channel, data } of agent.received)
          if (channel === 0 && data) agent.say(1, Buffer.from(data).toString());
        agent.close();
      });
    };
    const input = Array.from({ length: 50_000 }, (_, i) => `line ${i}\n`).join('');
    const { code, stdout } = await kubectl.run(['exec', '-i', 'p', '--', 'cat'], { env, input });
    expect(code).toBe(0);
    expect(stdout === input).toBe(true);
  });

  it('forwards a port, several connections at once', async () => {
    nodes.script = (agent, request) => agent.say(1, `hello from ${request.options['port']}`);
    const child = kubectl.spawn(['port-forward', 'p', ':80'], { env });
    let output = '';
    child.stdout?.on('data', (chunk) => (output += chunk));
    child.stderr?.on('data', (chunk) => (output += chunk));
    const port = await eventually(() => {
      const match = /127\.0\.0\.1:(\d+) -> 80/.exec(output);
      if (match === null) throw new Error(output);
      return Number(match[1]);
    });
    const sockets = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')];
    const heard = sockets.map(() => '');
    for (const [i, socket] of sockets.entries()) {
      socket.on('data', (chunk) => (heard[i] += chunk.toString()));
      socket.write(`from ${i}`);
    }
    await eventually(() => expect(heard).toEqual(['hello from 80', 'hello from 80']));
    const texts = () =>
      nodes.opened.map(({ agent }) => agent.received.map((item) => Buffer.from(item.data ?? []).toString()).join(''));
    await eventually(() => expect(texts().sort()).toEqual(['from 0', 'from 1']));
    for (const socket of sockets) socket.destroy();
    child.kill();
  });
});

it('kubectl logs shows what the node sends, and its failure', async () => {
  nodes.script = (agent) => {
    agent.say(1, 'one\ntwo\n');
    agent.close();
  };
  expect(await kubectl.run(['logs', 'p', '--tail=2'])).toMatchObject({ code: 0, stdout: 'one\ntwo\n' });
  expect(await kubectl.run(['logs', 'p', '-c', 'none'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('container none is not valid for pod p'),
  });
});
