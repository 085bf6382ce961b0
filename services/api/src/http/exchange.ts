import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import { constants, Http2ServerRequest as Http2Request } from 'node:http2';
import type { Readable } from 'node:stream';
import type { TLSSocket } from 'node:tls';

/** HTTP/1.1 and HTTP/2 side by side, as one server hands them out. */
export type FrontRequest = IncomingMessage | Http2ServerRequest;
export type FrontResponse = ServerResponse | Http2ServerResponse;

/** First value of a header; Node joins most repeated headers by itself. */
export function headerOf(request: FrontRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** The TLS socket below a request; for HTTP/2 that of its session. */
export function tlsSocketOf(request: FrontRequest): TLSSocket | undefined {
  const socket = request instanceof Http2Request ? request.stream.session?.socket : request.socket;
  return socket as TLSSocket | undefined;
}

/** What a request's body is read from. Node's request of HTTP/2 is a stream over the stream, and passing a body through both costs more than reading it. */
export function bodyOf(request: FrontRequest): Readable {
  return 'stream' in request ? request.stream : request;
}

/** Sends the head of an answer whose body comes later. */
export function flushHeaders(response: FrontResponse): void {
  if ('stream' in response) response.writeHead(response.statusCode);
  else response.flushHeaders();
}

/** False when the client has to read first; 'drain' tells when it has. */
export function write(response: FrontResponse, chunk: Uint8Array): boolean {
  return 'stream' in response ? response.write(chunk) : response.write(chunk);
}

/** Resolves when a writable has room again, or has closed. */
export function drained(stream: Pick<NodeJS.EventEmitter, 'on' | 'off'>): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      stream.off('drain', done);
      stream.off('close', done);
      resolve();
    };
    stream.on('drain', done);
    stream.on('close', done);
  });
}

/** Ends the exchange without an answer, or in the midst of one. */
export function abort(response: FrontResponse): void {
  if ('stream' in response) response.stream?.close(constants.NGHTTP2_CANCEL);
  else response.destroy();
}
