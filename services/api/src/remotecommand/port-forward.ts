import type { IncomingMessage } from 'node:http';
import type { BusStream } from '@kubus/shared/bus';
import { StatusError } from '@kubus/shared/errors';
import { createWebSocketStream, WebSocketServer } from 'ws';
import { headerOf } from '../http/exchange.ts';
import type { Upgrade } from '../http/upgrade.ts';
import { offeredProtocols } from './channel-socket.ts';
import { CHANNEL } from './channels.ts';
import { type ForwardTarget, failureText } from './forward-target.ts';
import { acceptForwardChannels, channelPorts, forwardChannels } from './port-forward-channels.ts';
import { SpdyConnection, type SpdyStream } from './spdy/index.ts';
import { acceptSpdy, negotiateStreamProtocol } from './spdy-upgrade.ts';

const PROTOCOL = 'portforward.k8s.io';
/** SPDY inside of a WebSocket (KEP-4006); the slash makes it no proper subprotocol name. */
const TUNNEL = `SPDY/3.1+${PROTOCOL}`;

/** SPDY's frames come in pieces of any size; nobody sends larger ones. */
const MAX_MESSAGE = 4 * 1024 * 1024;
/** Bytes that wait to be written before their sender waits: a few pieces, so that it need not be woken for each. */
const MAX_UNDER_WAY = 256 * 1024;

/** Chooses how to speak with the client; throws BadRequest or Forbidden when there is no way. The answer completes the upgrade and lasts as long as the client. */
export function portForwarding(
  request: IncomingMessage,
  query: URLSearchParams,
): (upgrade: Upgrade, target: ForwardTarget) => Promise<void> {
  if (headerOf(request, 'upgrade')?.toLowerCase() !== 'websocket') {
    negotiateStreamProtocol(request, [PROTOCOL]);
    return (upgrade, target) => forwardPorts(acceptSpdy(upgrade, PROTOCOL), target);
  }
  if (offeredProtocols(request).includes(TUNNEL))
    return async (upgrade, target) => forwardPorts(await acceptTunnel(request, upgrade), target);
  const ports = channelPorts(request, query, TUNNEL);
  return async (upgrade, target) => forwardChannels(await acceptForwardChannels(request, upgrade), ports, target);
}

/** The WebSocket library refuses the subprotocol's name as no token: it is taken out of its sight and answered by hand. */
function acceptTunnel(request: IncomingMessage, upgrade: Upgrade): Promise<SpdyConnection> {
  return new Promise((resolve, reject) => {
    const server = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: MAX_MESSAGE });
    server.on('headers', (headers) => headers.push(`Sec-WebSocket-Protocol: ${TUNNEL}`));
    delete request.headers['sec-websocket-protocol'];
    upgrade.socket.once('close', () => reject(new StatusError('BadRequest', 'the WebSocket handshake failed')));
    server.handleUpgrade(request, upgrade.socket, upgrade.head, (socket) => {
      resolve(new SpdyConnection(createWebSocketStream(socket, { writableHighWaterMark: MAX_UNDER_WAY })));
    });
  });
}

interface Half {
  error?: SpdyStream;
  data?: SpdyStream;
}

/** Pairs of streams are connections to a port: one carries its bytes, the other one says why it failed. Lasts as long as the client. */
async function forwardPorts(connection: SpdyConnection, target: ForwardTarget): Promise<void> {
  const halves = new Map<string, Half>();
  for await (const stream of connection.streams) {
    const type = stream.headers.get('streamtype');
    if (type !== 'error' && type !== 'data') {
      stream.reset();
      continue;
    }
    const id = stream.headers.get('requestid') ?? String(type === 'error' ? stream.id : stream.id - 2);
    const half = { ...halves.get(id), ...(type === 'error' ? { error: stream } : { data: stream }) };
    halves.set(id, half);
    void stream.broken.then(() => halves.get(id) === half && halves.delete(id));
    if (half.error === undefined || half.data === undefined) continue;
    halves.delete(id);
    void forwardOne(half.error, half.data, target);
  }
}

async function forwardOne(error: SpdyStream, data: SpdyStream, target: ForwardTarget): Promise<void> {
  const asked = data.headers.get('port') ?? '';
  const port = Number(asked);
  try {
    if (!/^\d+$/.test(asked) || port < 1 || port > 65_535) throw new Error(`invalid port ${JSON.stringify(asked)}`);
    await carry(data, await target.open(port));
  } catch (failure) {
    await error.send(Buffer.from(failureText(asked, target, failure))).catch(() => undefined);
  }
  error.end();
  data.end();
}

/** Each direction ends by itself. A client that resets the stream, or goes, ends both. */
async function carry(data: SpdyStream, agent: BusStream): Promise<void> {
  const leave = (): void => void agent.close().catch(() => undefined);
  void data.broken.then(leave);
  const upward = (async () => {
    for await (const chunk of data.incoming) await agent.send(CHANNEL.stdin, chunk);
    await agent.end(CHANNEL.stdin);
  })();
  upward.catch(() => undefined);
  try {
    for await (const { channel, data: chunk } of agent.incoming) {
      if (channel !== CHANNEL.stdout) continue;
      if (chunk === undefined) data.end();
      else await data.send(chunk);
    }
    const status = await agent.closed;
    if (status?.status === 'Failure') throw StatusError.from(status);
  } finally {
    leave();
  }
}
