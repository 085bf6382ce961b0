import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { StatusError } from '@kubus/shared/errors';
import { contextOf, type ResourceCall } from '../http/call.ts';
import type { Pipeline } from '../http/contract.ts';
import { headerOf } from '../http/exchange.ts';
import { apiRequestOf } from '../http/resources.ts';
import { join } from './channels.ts';
import type { NodeStreams } from './contract.ts';
import { execOptions } from './exec-options.ts';
import { serveLog } from './logs.ts';
import { containerOf, nodeRequest, type TargetPod } from './target.ts';
import { acceptWebSocket, assertProtocol } from './websocket.ts';

export type { NodeStreams } from './contract.ts';

export interface ConnectionsOptions {
  pipeline: Pipeline;
  nodes: NodeStreams;
}

/** Serves what ends at a pod's node: its logs, and commands in its containers. */
export class Connections {
  readonly #options: ConnectionsOptions;

  constructor(options: ConnectionsOptions) {
    this.#options = options;
  }

  async serve(call: ResourceCall): Promise<void> {
    const { group, resource, subresource } = call.info;
    if (group === '' && resource === 'pods') {
      if (subresource === 'log') return serveLog(call, this.#options.pipeline, this.#options.nodes);
      if (subresource === 'exec' || subresource === 'attach') return this.#serveCommand(call, subresource);
    }
    throw new StatusError('NotFound', 'the server could not find the requested resource', {});
  }

  /** Everything that can refuse the request is asked before the upgrade: afterwards there is no HTTP to refuse it with. */
  async #serveCommand(call: ResourceCall, operation: 'exec' | 'attach'): Promise<void> {
    const { pipeline, nodes } = this.#options;
    const pod = (await pipeline.connect(apiRequestOf(call), contextOf(call))) as TargetPod;
    const options = execOptions(operation, call.info.name, call.query);
    const container = containerOf(pod, call.query.get('container') ?? '');
    const node = pod.spec?.nodeName ?? '';
    if (node === '') throw new StatusError('BadRequest', `pod ${pod.metadata.name} does not have a host assigned`);
    const { request, response, upgrade } = call;
    if (upgrade === undefined || headerOf(request, 'upgrade')?.toLowerCase() !== 'websocket') {
      throw new StatusError('BadRequest', 'unable to upgrade: the request asks for no WebSocket');
    }
    assertProtocol(request as IncomingMessage);
    const agent = await nodes.open(node, nodeRequest(operation, pod, container, { ...options }));
    (response as ServerResponse).detachSocket(upgrade.socket as Socket);
    const client = await acceptWebSocket(request as IncomingMessage, upgrade).catch(async (error: unknown) => {
      await agent.close();
      throw error;
    });
    await join(client, agent);
  }
}
