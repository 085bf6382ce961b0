import type { IncomingMessage } from 'node:http';
import { StatusError } from '@kubus/shared/errors';
import { WebSocket, WebSocketServer } from 'ws';
import { headerOf } from '../http/exchange.ts';
import type { Upgrade } from '../http/upgrade.ts';
import type { LogSink } from './logs.ts';

/** Subprotocols in which a stream that is only read goes over a WebSocket; none means the first (apimachinery: wsstream readers). */
const protocols = ['binary.k8s.io', 'base64.binary.k8s.io'] as const;

/** Throws BadRequest when a client offers only what is not spoken here. */
export function assertLogProtocol(request: IncomingMessage): void {
  const offered = headerOf(request, 'sec-websocket-protocol');
  if (offered === undefined) return;
  const names = offered.split(',').map((name) => name.trim());
  if (protocols.some((protocol) => names.includes(protocol))) return;
  throw new StatusError(
    'BadRequest',
    `unable to upgrade: no common WebSocket subprotocol, this server speaks ${protocols.join(', ')}`,
  );
}

/** Completes the handshake. */
export function acceptLogSocket(request: IncomingMessage, upgrade: Upgrade): Promise<LogSink> {
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: 1024,
    perMessageDeflate: false,
    handleProtocols: (offered) => protocols.find((protocol) => offered.has(protocol)) ?? false,
  });
  return new Promise((resolve, reject) => {
    const gone = (): void => reject(new StatusError('BadRequest', 'the WebSocket handshake failed'));
    upgrade.socket.once('close', gone);
    server.handleUpgrade(request, upgrade.socket, upgrade.head, (socket) => {
      upgrade.socket.off('close', gone);
      socket.on('error', () => socket.terminate());
      resolve(sinkOf(socket));
    });
  });
}

const sinkOf = (socket: WebSocket): LogSink => ({
  write: (chunk) =>
    new Promise((resolve) => {
      const data = socket.protocol === 'base64.binary.k8s.io' ? Buffer.from(chunk).toString('base64') : chunk;
      // Whether the client is gone is seen by its state.
      socket.send(data, () => resolve());
    }),
  left: new Promise((resolve) => socket.once('close', () => resolve())),
  end: () => socket.close(1000),
  get gone() {
    return socket.readyState !== WebSocket.OPEN;
  },
});
