import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { StatusError } from '@kubus/shared/errors';
import { type RawData, WebSocket, WebSocketServer } from 'ws';
import { headerOf } from '../http/exchange.ts';
import type { Upgrade } from '../http/upgrade.ts';
import { type ChannelCodec, codecOf } from './channel-codec.ts';
import type { ChannelItem } from './channels.ts';
import { Gathered } from './gathered.ts';
import { Inbox } from './inbox.ts';

/** Larger messages are no client's; the agent is sent pieces of its own size anyway. */
const MAX_MESSAGE = 4 * 1024 * 1024;
const PING_MS = 30_000;
/** Bytes that wait to be written before their sender waits. */
const HIGH_WATER = 256 * 1024;
/** What comes in one turn shares messages of up to this size. */
const SHARED_MESSAGE = 512 * 1024;
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
      resolve(new ChannelSocket(socket, upgrade.socket));
    });
  });
}

/** A WebSocket whose messages are pieces of channels. The library reads, answers pings and closes; messages are framed here, for they are the bulk of what goes out. */
export class ChannelSocket {
  /** What the client sends. Ends when the client has gone. */
  readonly incoming: AsyncIterable<ChannelItem>;
  readonly #socket: WebSocket;
  readonly #connection: Duplex;
  readonly #codec: ChannelCodec;
  readonly #gathered = new Gathered(SHARED_MESSAGE, (channel, parts) => this.#transmit(channel, parts));
  #room: PromiseWithResolvers<void> | undefined;
  #alive = true;

  /** `connection` is the one under `socket`. */
  constructor(socket: WebSocket, connection: Duplex) {
    this.#socket = socket;
    this.#connection = connection;
    this.#codec = codecOf(socket.protocol);
    socket.binaryType = 'nodebuffer';
    this.incoming = receive(socket, this.#codec);
    const ping = setInterval(() => this.#ping(), PING_MS);
    socket.on('pong', () => {
      this.#alive = true;
    });
    socket.on('close', () => {
      clearInterval(ping);
      this.#gathered.discard();
      this.#written();
    });
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

  /** A message of its own. */
  send(channel: number, data: Uint8Array): Promise<void> {
    if (!this.isOpen) return Promise.reject(gone());
    this.#gathered.flush();
    this.#transmit(channel, [data]);
    return this.#hasRoom();
  }

  /** Bytes, whose pieces mean nothing: with what else comes in this turn they share messages, for each of which the client wakes. `data` must not change afterwards. */
  write(channel: number, data: Uint8Array): Promise<void> {
    if (!this.isOpen) return Promise.reject(gone());
    if (data.length > 0) this.#gathered.add(channel, data);
    return this.#hasRoom();
  }

  #transmit(channel: number, parts: readonly Uint8Array[]): void {
    if (this.isOpen) this.#connection.write(this.#codec.encode(channel, parts), this.#written);
  }

  /** Waits only when much is under way, so that small messages travel together. */
  #hasRoom(): Promise<void> {
    if (this.#connection.writableLength <= HIGH_WATER) return Promise.resolve();
    this.#room ??= Promise.withResolvers();
    return this.#room.promise;
  }

  readonly #written = (): void => {
    this.#room?.resolve();
    this.#room = undefined;
  };

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  close(): void {
    this.#gathered.flush();
    this.#socket.close(1000);
  }
}

const gone = () => new Error('the client has gone');

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
