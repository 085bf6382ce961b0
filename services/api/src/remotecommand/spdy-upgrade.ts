import type { IncomingMessage } from 'node:http';
import { StatusError } from '@kubus/shared/errors';
import { headerOf } from '../http/exchange.ts';
import type { Upgrade } from '../http/upgrade.ts';
import { SpdyConnection } from './spdy/index.ts';

const HEADER = 'x-stream-protocol-version';

export function asksForSpdy(request: IncomingMessage): boolean {
  return headerOf(request, 'upgrade')?.toLowerCase() === 'spdy/3.1';
}

/** The first protocol spoken here that a client offers. Throws Forbidden for none, as kubelets do (streaming/pkg/httpstream Handshake). */
export function negotiateStreamProtocol(request: IncomingMessage, spoken: readonly string[]): string {
  const offered = (headerOf(request, HEADER) ?? '').split(',').map((protocol) => protocol.trim());
  const chosen = spoken.find((protocol) => offered.includes(protocol));
  if (chosen !== undefined) return chosen;
  throw new StatusError('Forbidden', `unable to upgrade: no common protocol, this server speaks ${spoken.join(', ')}`);
}

/** Leaves HTTP for SPDY on this connection. */
export function acceptSpdy(upgrade: Upgrade, protocol: string): SpdyConnection {
  upgrade.socket.write(
    [
      'HTTP/1.1 101 Switching Protocols',
      'Connection: Upgrade',
      'Upgrade: SPDY/3.1',
      `X-Stream-Protocol-Version: ${protocol}`,
      '\r\n',
    ].join('\r\n'),
  );
  return new SpdyConnection(upgrade.socket, { head: upgrade.head });
}
