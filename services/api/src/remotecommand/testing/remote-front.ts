import type { KubeObject } from '@kubus/shared/object';
import { WebSocket } from 'ws';
import type { Handler, ResourceCall } from '../../http/index.ts';
import { startFront, type TestFront } from '../../http/testing/start-front.ts';
import { Connections } from '../index.ts';
import { FakeNodes } from './fake-node.ts';

/** The pod that {@link RemoteFront} has. */
export const podPath = '/api/v1/namespaces/default/pods/p';

export const podWith = (containers: string[]) =>
  ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'default', uid: 'u1' },
    spec: { nodeName: 'n1', containers: containers.map((name) => ({ name })), initContainers: [{ name: 'init' }] },
  }) as KubeObject;

/** A front before nodes that a test plays. */
export class RemoteFront {
  readonly front: TestFront;
  readonly nodes: FakeNodes;

  private constructor(front: TestFront, nodes: FakeNodes) {
    this.front = front;
    this.nodes = nodes;
  }

  static async start(): Promise<RemoteFront> {
    let connections: Handler<ResourceCall> | undefined;
    const front = await startFront({ connections: { serve: async (call) => connections?.serve(call) } });
    const nodes = new FakeNodes();
    connections = new Connections({ pipeline: front.pipeline, nodes, reader: front.pipeline.reader });
    return new RemoteFront(front, nodes);
  }

  /** For the next test: the pod has one container, and nobody has opened a stream. */
  reset(): void {
    this.nodes.opened.length = 0;
    this.nodes.refusal = undefined;
    this.nodes.script = () => undefined;
    this.front.pipeline.put(podWith(['main']));
  }

  /** A WebSocket to a subresource of the pod; fails when the upgrade is refused. */
  async open(query: string, protocols: string | string[], headers: object = { authorization: 'Bearer good' }) {
    const { port, certificates } = this.front;
    const url = `wss://127.0.0.1:${port}${podPath}/${query}`;
    const socket = new WebSocket(url, protocols, { ca: certificates.ca, headers: { ...headers } });
    const messages: Buffer[] = [];
    socket.on('message', (data: Buffer) => messages.push(data));
    const ended = new Promise<number>((done) => socket.once('close', done));
    await new Promise<void>((resolve, reject) => {
      socket.on('open', resolve);
      socket.on('unexpected-response', (_request, response) => reject(new Error(`answered ${response.statusCode}`)));
      socket.on('error', reject);
    });
    return { socket, messages, ended };
  }

  stop(): Promise<void> {
    return this.front.stop();
  }
}
