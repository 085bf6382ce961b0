import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** What an HTTP/1.1 upgrade brings along: the socket to take over, and the bytes that came behind the head. */
export interface Upgrade {
  socket: Duplex;
  head: Buffer;
}

/**
 * A response for a request that came as an upgrade, so that one code path serves and refuses both. As soon as anything is answered this way,
 * the connection ends with the answer: what follows on it may no longer be HTTP.
 */
export function responseForUpgrade(request: IncomingMessage, socket: Duplex): ServerResponse {
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(socket as Socket);
  response.once('finish', () => {
    response.detachSocket(socket as Socket);
    socket.end();
  });
  return response;
}
