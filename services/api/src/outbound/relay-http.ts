import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { type Duplex, pipeline as pipeStreams } from 'node:stream';
import { StatusError } from '@kubus/shared/errors';
import { answeredHeaders } from '../aggregation/headers.ts';
import type { Call } from '../http/call.ts';
import { abort, begin, bodyOf, type FrontResponse } from '../http/exchange.ts';

/** A server to which a request is passed on. */
export interface Backend {
  /** Begins the request; its errors are the request's. */
  open(headers: Record<string, string>): ClientRequest;
  /** What a redirection of the server becomes for the client; absent: redirections are refused. */
  redirect?(location: string): string;
}

/** Sends a request on to the server behind it, and its answer back, both as they flow. */
export function relayHttp(call: Call, backend: Backend): Promise<void> {
  return call.upgrade === undefined ? relayRequest(call, backend) : relayUpgrade(call, backend, call.upgrade);
}

function relayRequest(call: Call, backend: Backend): Promise<void> {
  const { request, response } = call;
  const length = request.headers['content-length'];
  return new Promise((resolve, reject) => {
    const outgoing = backend.open(length === undefined ? {} : { 'content-length': length });
    outgoing.on('error', (error) => (response.headersSent ? resolve(abort(response)) : reject(unreachable(error))));
    outgoing.on('response', (answer) => {
      outgoing.setTimeout(0);
      relayAnswer(answer, response, backend).then(resolve, reject);
    });
    // A body is passed on as it comes; what is left of it when the server has answered is of no use to anybody.
    pipeStreams(bodyOf(request), outgoing, (error) => {
      if (error != null) outgoing.destroy(error);
    });
  });
}

async function relayAnswer(answer: IncomingMessage, response: FrontResponse, backend: Backend): Promise<void> {
  const { statusCode = 502 } = answer;
  const headers = answeredHeaders(answer.rawHeaders);
  const { location } = answer.headers;
  if (statusCode >= 300 && statusCode <= 399 && statusCode !== 304 && location !== undefined) {
    // A redirection would have the client, with its credentials, go where the server says (CVE-2022-3172).
    if (backend.redirect === undefined) {
      answer.resume();
      throw new StatusError(
        'ServiceUnavailable',
        'the backend attempted to redirect this request, which is not permitted',
      );
    }
    headers['location'] = backend.redirect(location);
  }
  response.statusCode = statusCode;
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  await new Promise<void>((resolve) => {
    pipeStreams(answer, begin(response), (error) => {
      if (error != null) abort(response);
      resolve();
    });
  });
}

/** Only a 101 makes of the connection something else; with any other answer it ends (CVE-2018-1002105). */
function relayUpgrade(call: Call, backend: Backend, { socket, head }: NonNullable<Call['upgrade']>): Promise<void> {
  const { request, response } = call;
  return new Promise((resolve, reject) => {
    const outgoing = backend.open({ connection: 'Upgrade', upgrade: request.headers.upgrade ?? '' });
    outgoing.on('error', (error) => (response.headersSent ? resolve(abort(response)) : reject(unreachable(error))));
    outgoing.on('response', (answer) => relayAnswer(answer, response, backend).then(resolve, reject));
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
