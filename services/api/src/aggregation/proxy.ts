import { request as httpsRequest } from 'node:https';
import type { Call } from '../http/call.ts';
import { tlsSocketOf } from '../http/exchange.ts';
import { relayHttp } from '../outbound/index.ts';
import { forwardedHeaders } from './headers.ts';
import type { Upstream } from './transport.ts';

/** How long a server may take until it answers with a head, where the answer does not last; milliseconds. */
const HEAD_TIMEOUT_MS = 60_000;

/** Sends a request on to the server behind an APIService, and its answer back, both as they flow. Redirections are refused. */
export function forward(call: Call, upstream: Upstream): Promise<void> {
  const { request, user, response } = call;
  return relayHttp(call, {
    open: (more) => {
      const auditId = String(response.getHeader('audit-id') ?? '');
      const headers = forwardedHeaders(request.rawHeaders, user, auditId, tlsSocketOf(request)?.remoteAddress);
      return httpsRequest({
        host: upstream.address.host,
        port: upstream.address.port,
        servername: upstream.servername,
        agent: upstream.agent,
        method: request.method ?? 'GET',
        path: request.url ?? '/',
        headers: { ...headers, host: upstream.servername, ...more },
        signal: call.signal,
        timeout: HEAD_TIMEOUT_MS,
      });
    },
  });
}
