import type { IncomingMessage } from 'node:http';
import { StatusError } from '@kubus/shared/errors';
import { type RawData, WebSocket, WebSocketServer } from 'ws';
import { headerOf } from '../http/exchange.ts';
import type { Upgrade } from '../http/upgrade.ts';
import { type ChannelCodec, codecOf } from './channel-codec.ts';
import type { ChannelItem } from './channels.ts';
import { Inbox } from './inbox.ts';

/** Larger messages are no client's; the agent is sent pieces of its own size anyway. */
const MAX_MESSAGE = 4 * 1024 * 1024;
const PING_MS = 30_000;
const HIGH_WATER = 256 * 1024;
const MAX_QUEUED = 32;

/** What a client offers, in its order; nothing when it leaves the choice to the server. */
export function offeredProtocols(request: IncomingMessage): string[] {
  const offered = (headerOf(request, 'sec-websocket-protocol') ?? '').split(',').map((protocol) => protocol.trim());
  return offered.filter((protocol) => protocol !== '');
}

/** Throws BadRequest when a client offers only what is not spoken here: it would not understand the answers. */
export function assertOffered(request: IncomingMessage, spoken: readonly string[]): void {
  const offered = offeredProtocols(request);
  if (offered.length === 0 || spoken.some((protocol) => offered.includes(protocol))) return;
  throw new StatusError(
    'BadRequest',
    `unable to upgrade: no common WebSocket subprotocol, this server speaks ${spoken.join(', ')}`,
  );
}

/** Completes the handshake with what `choose` picks of the protocols that the client offers. */
export function acceptChannels(
  request: IncomingMessage,
  upgrade: Upgrade,
  choose: (offered: ReadonlySet<string>) => string | undefined,
): Promise<ChannelSocket> {
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE,
    perMessageDeflate: false,
    handleProtocols: (offered) => choose(offered) ?? false,
  });
  return new Promise((resolve, reject) => {
    const gone = (): void => reject(new StatusError('BadRequest', 'the WebSocket handshake failed'));
    upgrade.socket.once('close', gone);
    server.handleUpgrade(request, upgrade.socket, upgrade.head, (socket) => {
      upgrade.socket.off('close', gone);
      resolve(new ChannelSocket(socket));
    });
  });
}

/** A WebSocket whose messages are pieces of channels. */
export class ChannelSocket {
  /** What the client sends. Ends when the client has gone. */
  readonly incoming: AsyncIterable<ChannelItem>;
  readonly #socket: WebSocket;
  readonly #codec: ChannelCodec;
  #alive = true;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    this.#codec = codecOf(socket.protocol);
    socket.binaryType = 'nodebuffer';
    this.incoming = receive(socket, this.#codec);
    const ping = setInterval(() => this.#ping(), PING_MS);
    socket.on('pong', () => {
      this.#alive = true;
    });
    socket.on('close', () => clearInterval(ping));
    socket.on('error', () => socket.terminate());
  }

  /** Empty when the client offered none. */
  get protocol(): string {
    return this.#socket.protocol;
  }

  /** A client that is gone without a word is found by its silence. */
  #ping(): void {
    if (!this.#alive) this.#socket.terminate();
    this.#alive = false;
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.ping();
  }

  /** Waits only when much is under way, so that small messages travel together. */
  send(channel: number, data: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      const wait = this.#socket.bufferedAmount > HIGH_WATER;
      const sent = (error?: Error | null): void => (error === undefined || error === null ? resolve() : reject(error));
      this.#socket.send(this.#codec.encode(channel, data), sent);
      if (!wait && this.#socket.readyState === WebSocket.OPEN) resolve();
    });
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  close(): void {
    this.#socket.close(1000);
  }
}

/** Collects messages from now on; a socket that outruns its reader is paused. */
function receive(socket: WebSocket, codec: ChannelCodec): Inbox<ChannelItem> {
  const inbox = new Inbox<ChannelItem>({
    limit: MAX_QUEUED,
    pause: () => socket.pause(),
    resume: () => socket.resume(),
  });
  socket.on('message', (message: RawData) => {
    const item = codec.decode(message as Buffer);
    if (item !== undefined) inbox.push(item);
  });
  socket.on('close', () => inbox.end());
  return inbox;
}
