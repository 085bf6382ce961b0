import type { IncomingMessage } from 'node:http';
import type { Status } from '@kubus/shared/errors';
import type { Upgrade } from '../http/upgrade.ts';
import { acceptChannels, assertOffered, type ChannelSocket } from './channel-socket.ts';
import { CHANNEL, type ChannelItem, type RemoteClient } from './channels.ts';
import type { ExecOptions } from './exec-options.ts';

/** By which closing a channel can be told, and so the end of stdin (KEP-4006). */
const CLOSING = 'v5.channel.k8s.io';

/** Subprotocols of remote commands. Those before v4, and no protocol, tell the outcome of a command as text, and success not at all. */
const protocols = [
  CLOSING,
  'v4.channel.k8s.io',
  'v4.base64.channel.k8s.io',
  'channel.k8s.io',
  'base64.channel.k8s.io',
] as const;

/** Throws BadRequest when the client speaks only other protocols. */
export function assertProtocol(request: IncomingMessage): void {
  assertOffered(request, protocols);
}

/** Completes the handshake, and tells the client by an empty message that it may begin. */
export async function acceptWebSocket(
  request: IncomingMessage,
  upgrade: Upgrade,
  options: ExecOptions,
): Promise<RemoteClient> {
  const socket = await acceptChannels(request, upgrade, (offered) =>
    offered.has(CLOSING) ? CLOSING : [...offered].find((protocol) => protocols.some((spoken) => spoken === protocol)),
  );
  const first = options.stdout ? CHANNEL.stdout : options.stderr ? CHANNEL.stderr : CHANNEL.error;
  await socket.send(first, new Uint8Array(0)).catch(() => undefined);
  return new WebSocketClient(socket);
}

class WebSocketClient implements RemoteClient {
  readonly incoming: AsyncIterable<ChannelItem>;
  readonly #socket: ChannelSocket;

  constructor(socket: ChannelSocket) {
    this.#socket = socket;
    this.incoming = socket.incoming;
  }

  send(channel: number, data: Uint8Array): Promise<void> {
    return this.#socket.write(channel, data);
  }

  async finish(status: Status): Promise<void> {
    if (!this.#socket.isOpen) return;
    const outcome = outcomeIn(this.#socket.protocol, status);
    if (outcome !== undefined) await this.#socket.send(CHANNEL.error, Buffer.from(outcome));
    this.#socket.close();
  }
}

function outcomeIn(protocol: string, status: Status): string | undefined {
  if (/^v[45]\./.test(protocol)) return JSON.stringify(status);
  return status.status === 'Success' ? undefined : (status.message ?? '');
}
