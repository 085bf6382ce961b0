import type { IncomingMessage, ServerResponse } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { pipeline as pipeStreams } from 'node:stream';
import { StatusError } from '@kubus/shared/errors';
import type { Call } from '../http/call.ts';
import { abort, type FrontResponse, flushHeaders, tlsSocketOf } from '../http/exchange.ts';
import { answeredHeaders, forwardedHeaders } from './headers.ts';
import type { Upstream } from './transport.ts';

/** How long a server may take until it answers with a head, where the answer does not last; milliseconds. */
const HEAD_TIMEOUT_MS = 60_000;

/** Sends a request on to the server behind it, and its answer back, both as they flow. */
export function forward(call: Call, upstream: Upstream): Promise<void> {
  return call.upgrade === undefined ? forwardRequest(call, upstream) : forwardUpgrade(call, upstream, call.upgrade);
}

function open(call: Call, upstream: Upstream, more: Record<string, string | string[]>) {
  const { request, user, response } = call;
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
}

function forwardRequest(call: Call, upstream: Upstream): Promise<void> {
  const { request, response } = call;
  const length = request.headers['content-length'];
  return new Promise((resolve, reject) => {
    const outgoing = open(call, upstream, length === undefined ? {} : { 'content-length': length });
    outgoing.on('error', (error) => (response.headersSent ? resolve(abort(response)) : reject(unreachable(error))));
    outgoing.on('response', (answer) => {
      outgoing.setTimeout(0);
      relay(answer, response).then(resolve, reject);
    });
    // A body is passed on as it comes; what is left of it when the server has answered is of no use to anybody.
    pipeStreams(request, outgoing, (error) => {
      if (error != null) outgoing.destroy(error);
    });
  });
}

async function relay(answer: IncomingMessage, response: FrontResponse): Promise<void> {
  const { statusCode = 502 } = answer;
  // A redirection would have the client, with its credentials, go where the server says (CVE-2022-3172).
  if (statusCode >= 300 && statusCode <= 399 && statusCode !== 304 && answer.headers.location !== undefined) {
    answer.resume();
    throw new StatusError(
      'ServiceUnavailable',
      'the backend attempted to redirect this request, which is not permitted',
    );
  }
  response.statusCode = statusCode;
  for (const [name, value] of Object.entries(answeredHeaders(answer.rawHeaders))) response.setHeader(name, value);
  flushHeaders(response);
  await new Promise<void>((resolve) => {
    pipeStreams(answer, response as unknown as NodeJS.WritableStream, (error) => {
      if (error != null) abort(response);
      resolve();
    });
  });
}

/** Only a 101 makes of the connection something else; with any other answer it ends (CVE-2018-1002105). */
function forwardUpgrade(call: Call, upstream: Upstream, { socket, head }: NonNullable<Call['upgrade']>): Promise<void> {
  const { request, response } = call;
  return new Promise((resolve, reject) => {
    const outgoing = open(call, upstream, { connection: 'Upgrade', upgrade: request.headers.upgrade ?? '' });
    outgoing.on('error', (error) => (response.headersSent ? resolve(abort(response)) : reject(unreachable(error))));
    outgoing.on('response', (answer) => relay(answer, response).then(resolve, reject));
    outgoing.on('upgrade', (answer, behind, behindHead) => {
      (response as ServerResponse).detachSocket(socket as Socket);
      socket.write(switching(answer));
      if (behindHead.length > 0) socket.write(behindHead);
      if (head.length > 0) behind.write(head);
      join(socket, behind).then(resolve, resolve);
    });
    outgoing.end();
  });
}

function switching(answer: IncomingMessage): string {
  const headers = Object.entries(answeredHeaders(answer.rawHeaders)).flatMap(([name, value]) =>
    [value].flat().map((one) => `${name}: ${one}\r\n`),
  );
  return `HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: ${answer.headers.upgrade ?? ''}\r\n${headers.join('')}\r\n`;
}

async function join(client: Duplex, server: Duplex): Promise<void> {
  // Two pipes beside what TLS and HTTP listen to: more than Node's warning of leaks allows for.
  for (const end of [client, server]) end.setMaxListeners(30);
  const one = (from: Duplex, to: Duplex): Promise<void> =>
    new Promise((resolve) => pipeStreams(from, to, () => resolve()));
  await Promise.all([one(client, server), one(server, client)]);
}

function unreachable(error: Error): StatusError {
  return new StatusError('ServiceUnavailable', `error trying to reach service: ${error.message}`, undefined, {
    cause: error,
  });
}
