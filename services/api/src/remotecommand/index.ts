import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { StatusError } from '@kubus/shared/errors';
import { contextOf, type ResourceCall } from '../http/call.ts';
import type { Pipeline } from '../http/contract.ts';
import { headerOf } from '../http/exchange.ts';
import { apiRequestOf } from '../http/resources.ts';
import type { Upgrade } from '../http/upgrade.ts';
import type { ServiceReader } from '../outbound/index.ts';
import { join, type RemoteClient } from './channels.ts';
import type { NodeStreams } from './contract.ts';
import { type ExecOptions, execOptions } from './exec-options.ts';
import { acceptLogSocket, assertLogProtocol } from './log-socket.ts';
import { serveLog } from './logs.ts';
import { portForwarding } from './port-forward.ts';
import { serveProxy } from './proxy/index.ts';
import { spdyClient, spdyProtocols } from './spdy-client.ts';
import { acceptSpdy, asksForSpdy, negotiateStreamProtocol } from './spdy-upgrade.ts';
import { containerOf, nodeRequest, type TargetPod } from './target.ts';
import { acceptWebSocket, assertProtocol } from './websocket.ts';

export interface ConnectionsOptions {
  pipeline: Pipeline;
  nodes: NodeStreams;
  /** Finds the pods behind services. */
  reader: ServiceReader;
}

/** A node that cannot be reached is told at once: with a time to try again, clients would keep their users waiting. */
function dialing(nodes: NodeStreams): NodeStreams {
  return {
    open: async (node, request) => {
      try {
        return await nodes.open(node, request);
      } catch (error) {
        if (!(error instanceof StatusError) || error.details?.retryAfterSeconds === undefined) throw error;
        throw new StatusError(error.reason, `error dialing backend: ${error.message}`, undefined, { cause: error });
      }
    },
  };
}

/** Serves what ends at a pod's node: its logs, commands in its containers, its ports. */
export class Connections {
  readonly #options: ConnectionsOptions;

  constructor(options: ConnectionsOptions) {
    this.#options = { ...options, nodes: dialing(options.nodes) };
  }

  async serve(call: ResourceCall): Promise<void> {
    const { group, resource, subresource } = call.info;
    if (group === '' && resource === 'pods') {
      if (subresource === 'log') return this.#serveLog(call);
      if (subresource === 'exec' || subresource === 'attach') return this.#serveCommand(call, subresource);
      if (subresource === 'portforward') return this.#servePorts(call);
    }
    if (group === '' && subresource === 'proxy') return serveProxy(call, this.#options);
    throw new StatusError('NotFound', 'the server could not find the requested resource', {});
  }

  async #serveLog(call: ResourceCall): Promise<void> {
    const { pipeline, nodes } = this.#options;
    if (call.upgrade === undefined) return serveLog(call, pipeline, nodes);
    const upgrade = upgradeOf(call);
    const request = call.request as IncomingMessage;
    assertLogProtocol(request);
    return serveLog(call, pipeline, nodes, () => {
      leaveHttp(call);
      return acceptLogSocket(request, upgrade);
    });
  }

  /** Everything that can refuse the request is asked before the upgrade: afterwards there is no HTTP to refuse it with. */
  async #serveCommand(call: ResourceCall, operation: 'exec' | 'attach'): Promise<void> {
    const { pod, node } = await this.#target(call);
    const options = execOptions(operation, call.info.name, call.query);
    const container = containerOf(pod, call.query.get('container') ?? '');
    const accept = this.#acceptor(upgradeOf(call), call.request as IncomingMessage, options);
    const agent = await this.#options.nodes.open(node, nodeRequest(operation, pod, container, { ...options }));
    leaveHttp(call);
    const client = await accept().catch(async (error: unknown) => {
      await agent.close();
      throw error;
    });
    await join(client, agent);
  }

  /** Chooses how to speak with the client; throws when there is no way. */
  #acceptor(upgrade: Upgrade, request: IncomingMessage, options: ExecOptions): () => Promise<RemoteClient> {
    if (!asksForSpdy(request)) {
      assertProtocol(request);
      return () => acceptWebSocket(request, upgrade, options);
    }
    const protocol = negotiateStreamProtocol(request, spdyProtocols);
    return () => spdyClient(acceptSpdy(upgrade, protocol), options);
  }

  async #servePorts(call: ResourceCall): Promise<void> {
    const { pod, node } = await this.#target(call);
    const upgrade = upgradeOf(call);
    const request = call.request as IncomingMessage;
    const forward = portForwarding(request, call.query);
    leaveHttp(call);
    await forward(upgrade, {
      pod: pod.metadata.name,
      uid: pod.metadata.uid ?? '',
      open: (port) => this.#options.nodes.open(node, nodeRequest('portforward', pod, undefined, { port })),
    });
  }

  async #target(call: ResourceCall): Promise<{ pod: TargetPod; node: string }> {
    const pod = (await this.#options.pipeline.connect(apiRequestOf(call), contextOf(call), call.query)) as TargetPod;
    const node = pod.spec?.nodeName ?? '';
    if (node === '') throw new StatusError('BadRequest', `pod ${pod.metadata.name} does not have a host assigned`);
    return { pod, node };
  }
}

function upgradeOf(call: ResourceCall): Upgrade {
  const asked = headerOf(call.request, 'upgrade')?.toLowerCase();
  if (call.upgrade !== undefined && (asked === 'websocket' || asked === 'spdy/3.1')) return call.upgrade;
  throw new StatusError('BadRequest', 'unable to upgrade: the request asks for neither WebSocket nor SPDY/3.1');
}

function leaveHttp(call: ResourceCall): void {
  if (call.upgrade !== undefined) (call.response as ServerResponse).detachSocket(call.upgrade.socket as Socket);
}
