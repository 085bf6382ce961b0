import type { IncomingMessage } from 'node:http';
import { type Status, StatusError } from '@kubus/shared/errors';
import { type RawData, WebSocket, WebSocketServer } from 'ws';
import { headerOf } from '../http/exchange.ts';
import type { Upgrade } from '../http/upgrade.ts';
import { CHANNEL, type ChannelItem, type RemoteClient } from './channels.ts';
import { Inbox } from './inbox.ts';

/** Subprotocols of remote commands, best first (KEP-4006). v5 adds closing a channel, by which the end of stdin is told. */
const protocols = ['v5.channel.k8s.io', 'v4.channel.k8s.io'] as const;

/** Larger messages are no client's; the agent is sent pieces of its own size anyway. */
const MAX_MESSAGE = 4 * 1024 * 1024;
const PING_MS = 30_000;
const HIGH_WATER = 1024 * 1024;
const MAX_QUEUED = 32;

const server = (): WebSocketServer =>
  new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE,
    perMessageDeflate: false,
    handleProtocols: (offered) => protocols.find((protocol) => offered.has(protocol)) ?? false,
  });

/** Throws BadRequest when a client offers no subprotocol that is spoken here: it would not understand the answers. */
export function assertProtocol(request: IncomingMessage): void {
  const offered = (headerOf(request, 'sec-websocket-protocol') ?? '').split(',').map((protocol) => protocol.trim());
  if (protocols.some((protocol) => offered.includes(protocol))) return;
  throw new StatusError(
    'BadRequest',
    `unable to upgrade: no common WebSocket subprotocol, this server speaks ${protocols.join(', ')}`,
  );
}

/** Completes the handshake. */
export function acceptWebSocket(request: IncomingMessage, upgrade: Upgrade): Promise<RemoteClient> {
  return new Promise((resolve, reject) => {
    const gone = (): void => reject(new StatusError('BadRequest', 'the WebSocket handshake failed'));
    upgrade.socket.once('close', gone);
    server().handleUpgrade(request, upgrade.socket, upgrade.head, (socket) => {
      upgrade.socket.off('close', gone);
      resolve(new WebSocketClient(socket));
    });
  });
}

class WebSocketClient implements RemoteClient {
  readonly incoming: AsyncIterable<ChannelItem>;
  readonly #socket: WebSocket;
  #alive = true;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.binaryType = 'nodebuffer';
    this.incoming = receive(socket);
    const ping = setInterval(() => this.#ping(), PING_MS);
    socket.on('pong', () => {
      this.#alive = true;
    });
    socket.on('close', () => clearInterval(ping));
    socket.on('error', () => socket.terminate());
  }

  /** A client that is gone without a word is found by its silence. */
  #ping(): void {
    if (!this.#alive) this.#socket.terminate();
    this.#alive = false;
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.ping();
  }

  send(channel: number, data: Uint8Array): Promise<void> {
    const message = Buffer.allocUnsafe(data.length + 1);
    message[0] = channel;
    message.set(data, 1);
    return this.#sendMessage(message);
  }

  /** Waits only when much is under way, so that small messages travel together. */
  #sendMessage(message: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      const wait = this.#socket.bufferedAmount > HIGH_WATER;
      this.#socket.send(message, (error) => (error === undefined || error === null ? resolve() : reject(error)));
      if (!wait && this.#socket.readyState === WebSocket.OPEN) resolve();
    });
  }

  async finish(status: Status): Promise<void> {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    await this.send(CHANNEL.error, Buffer.from(JSON.stringify(status)));
    this.#socket.close(1000);
  }
}

/** Collects messages from now on; a socket that outruns its reader is paused. */
function receive(socket: WebSocket): Inbox<ChannelItem> {
  const inbox = new Inbox<ChannelItem>({
    limit: MAX_QUEUED,
    pause: () => socket.pause(),
    resume: () => socket.resume(),
  });
  socket.on('message', (message: RawData) => {
    const item = itemOf(message as Buffer);
    if (item !== undefined) inbox.push(item);
  });
  socket.on('close', () => inbox.end());
  return inbox;
}

function itemOf(message: Buffer): ChannelItem | undefined {
  const [channel, closed] = message;
  if (channel === undefined) return undefined;
  if (channel !== CHANNEL.close) return { channel, data: message.subarray(1) };
  return closed === undefined ? undefined : { channel: closed };
}
