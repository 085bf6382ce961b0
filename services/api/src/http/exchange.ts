import type { IncomingMessage, ServerResponse } from 'node:http';
import { constants } from 'node:http2';
import type { Readable, Writable } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { Http2Request, Http2Response } from './http2-exchange.ts';

/** HTTP/1.1 and HTTP/2 side by side, as one server hands them out. */
export type FrontRequest = IncomingMessage | Http2Request;
export type FrontResponse = ServerResponse | Http2Response;

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

/** What a request's body is read from. */
export function bodyOf(request: FrontRequest): Readable {
  return request instanceof Http2Request ? request.stream : request;
}

/** Sends the head of an answer; what its body, which comes later, is written to. */
export function begin(response: FrontResponse): Writable {
  response.flushHeaders();
  return response instanceof Http2Response ? response.stream : response;
}

interface Drainable {
  on(event: 'drain' | 'close', listener: () => void): unknown;
  off(event: 'drain' | 'close', listener: () => void): unknown;
}

/** Resolves when a writable has room again, or has closed. */
export function drained(stream: Drainable): Promise<void> {
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
  if (response instanceof Http2Response) response.stream.close(constants.NGHTTP2_CANCEL);
  else response.destroy();
}
