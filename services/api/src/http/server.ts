import type { IncomingMessage } from 'node:http';
import {
  createSecureServer,
  type Http2SecureServer,
  type IncomingHttpHeaders,
  type SecureServerOptions,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { FrontRequest, FrontResponse } from './exchange.ts';
import { Http2Request, Http2Response } from './http2-exchange.ts';

export interface ServerOptions {
  host: string;
  /** 0: any free one. */
  port: number;
  tls: TlsFiles;
  serve(request: FrontRequest, response: FrontResponse): void;
  /** HTTP/1.1 upgrades: exec, attach, port-forward. Takes over the socket. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

/** PEM texts. */
export interface TlsFiles {
  key: string;
  cert: string;
  /** Signs client certificates. */
  clientCa: string;
}

/** Concurrent streams of one HTTP/2 connection: Go's default, and what client-go expects before it opens another connection. */
const MAX_STREAMS = 250;
/** Bytes of a body that may come before it is read: most bodies whole (apiserver/pkg/server/secure_serving.go). */
const STREAM_WINDOW = 256 * 1024;

const limits = {
  // Slow-loris: head and body of an HTTP/1 request have to be there in time. Watches are answers, not requests: they are not concerned.
  headersTimeout: 32_000,
  requestTimeout: 60_000,
  connectionsCheckingInterval: 5_000,
  keepAliveTimeout: 90_000,
  handshakeTimeout: 10_000,
  maxHeaderSize: 64 * 1024,
  // Rapid reset (CVE-2023-44487): a client that keeps resetting or misframing streams loses its connection.
  streamResetBurst: 1_000,
  streamResetRate: 50,
  maxSessionInvalidFrames: 100,
  maxSessionRejectedStreams: 50,
  // Kilobytes of nghttp2's megabytes: enough for every stream's window at once.
  maxSessionMemory: 128,
  settings: {
    maxConcurrentStreams: MAX_STREAMS,
    initialWindowSize: STREAM_WINDOW,
    maxHeaderListSize: 64 * 1024,
    enablePush: false,
  },
} satisfies SecureServerOptions & Record<string, unknown>;

/** A TLS server for HTTP/2 and HTTP/1.1 that knows its connections, so that it can be stopped gracefully. */
export class Server {
  readonly #server: Http2SecureServer;
  readonly #sessions = new Set<ServerHttp2Session>();
  readonly #sockets = new Set<Socket>();
  readonly #options: ServerOptions;

  constructor(options: ServerOptions) {
    this.#options = options;
    this.#server = createSecureServer({
      ...limits,
      allowHTTP1: true,
      minVersion: 'TLSv1.2',
      key: options.tls.key,
      cert: options.tls.cert,
      ca: options.tls.clientCa,
      requestCert: true,
      // A certificate of another CA is no certificate: the client may still have a token.
      rejectUnauthorized: false,
    });
    this.#server.on('request', options.serve);
    // With a listener for requests, Node has taken on one for streams, which makes requests of them.
    this.#server.removeAllListeners('stream');
    this.#server.on('stream', this.#serveStream);
    this.#server.on('upgrade', options.upgrade);
    // Node does this for its HTTP/1 servers, and not for HTTP/1 behind ALPN: without it, a watch event waits 40 ms for an acknowledgement.
    this.#server.on('connection', (socket: Socket) => socket.setNoDelay(true));
    this.#server.on('session', (session) => this.#trackSession(session));
    this.#server.on('secureConnection', (socket) => this.#track(this.#sockets, socket));
    // Broken handshakes and garbage are the client's affair; unhandled they would end the process.
    this.#server.on('tlsClientError', () => undefined);
    this.#server.on('sessionError', () => undefined);
    this.#server.on('clientError', (_error: Error, socket: Duplex) => refuseGarbage(socket));
  }

  /** The answers to CONNECT and to `Expect` are those of Node's HTTP/1 server. */
  readonly #serveStream = (
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    _flags: number,
    rawHeaders: string[],
  ): void => {
    const response = new Http2Response(stream);
    response.on('error', () => undefined);
    const { expect } = headers;
    const refusal =
      headers[':method'] === 'CONNECT' ? 405 : expect !== undefined && expect !== '100-continue' ? 417 : 0;
    if (refusal > 0) {
      response.statusCode = refusal;
      response.end();
      return;
    }
    if (expect !== undefined && !stream.destroyed && !stream.closed) stream.additionalHeaders({ ':status': 100 });
    this.#options.serve(new Http2Request(stream, headers, rawHeaders), response);
  };

  #trackSession(session: ServerHttp2Session): void {
    this.#track(this.#sessions, session);
    session.on('error', () => undefined);
    // HTTP/2's own 64 KiB for all streams together would let in some forty bodies of 1.5 KB at a time.
    session.setLocalWindowSize(MAX_STREAMS * STREAM_WINDOW);
  }

  #track<T extends { once(event: 'close', listener: () => void): unknown }>(set: Set<T>, item: T): void {
    set.add(item);
    item.once('close', () => set.delete(item));
  }

  async listen(): Promise<AddressInfo> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#options.port, this.#options.host, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
    return this.#server.address() as AddressInfo;
  }

  /** Takes no new connections and no new HTTP/2 streams; those that are open end by themselves. */
  drain(): void {
    this.#server.close();
    for (const session of this.#sessions) session.close();
  }

  /** Ends what is still open. */
  destroy(): void {
    for (const session of this.#sessions) session.destroy();
    for (const socket of this.#sockets) socket.destroy();
  }

  get connections(): number {
    return this.#sockets.size;
  }
}

/** What is no HTTP is told so, where there is still somebody to tell. */
function refuseGarbage(socket: Duplex): void {
  if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
  else socket.destroy();
}
