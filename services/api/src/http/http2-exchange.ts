import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';

type HeaderValue = string | number | readonly string[];

/**
 * Request and response of one HTTP/2 stream. Node's own pair (its compatibility layer) is two more streams over the stream, with a queue and a dozen listeners
 * each: a third of what a small request costs. These two are only names for what the stream does by itself.
 */
export class Http2Request {
  readonly stream: ServerHttp2Stream;
  readonly headers: IncomingHttpHeaders;
  /** Names and values as they came, pseudo headers included. */
  readonly rawHeaders: string[];
  readonly httpVersionMajor = 2;

  constructor(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, rawHeaders: string[]) {
    this.stream = stream;
    this.headers = headers;
    this.rawHeaders = rawHeaders;
  }

  get method(): string {
    return this.headers[':method'] ?? 'GET';
  }

  get url(): string {
    return this.headers[':path'] ?? '';
  }

  /**
   * To be called with the last bytes of the body: the stream does not come to its end before its answer has been written. Node disposes of a stream that has nothing left to
   * read when the last frame of the answer is made, before it has heard of the write; and for a write that ends on a stream that is gone it makes an error with its
   * stack, for nobody (`errorBuffer` in its streams): a seventh of what the front spends on a small request.
   */
  holdEnd(last: Buffer): void {
    this.stream.pause().unshift(last.subarray(-1));
    this.stream.once('finish', goOn);
  }
}

function goOn(this: ServerHttp2Stream): void {
  this.resume();
}

/** What concerns one connection of HTTP/1 (RFC 9113, 8.2.2): meaningless here, and an error to send. */
const ofConnection: ReadonlySet<string> = new Set([
  'connection',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
]);

export class Http2Response {
  statusCode = 200;
  readonly stream: ServerHttp2Stream;
  /** Names and values in turn, which Node takes over as they are; `:status` is put in front when they are sent. */
  readonly #fields: HeaderValue[] = [];
  #ended = false;

  constructor(stream: ServerHttp2Stream) {
    this.stream = stream;
  }

  get headersSent(): boolean {
    return this.stream.headersSent;
  }

  /** `end` was called. The stream of a HEAD request is at its end before it is answered. */
  get writableEnded(): boolean {
    return this.#ended;
  }

  get destroyed(): boolean {
    return this.stream.destroyed;
  }

  setHeader(name: string, value: HeaderValue): void {
    const key = name.toLowerCase();
    const at = this.#indexOf(key);
    if (at >= 0) this.#fields[at + 1] = value;
    else if (!ofConnection.has(key)) this.#fields.push(key, value);
  }

  getHeader(name: string): HeaderValue | undefined {
    const at = this.#indexOf(name.toLowerCase());
    return at < 0 ? undefined : this.#fields[at + 1];
  }

  hasHeader(name: string): boolean {
    return this.#indexOf(name.toLowerCase()) >= 0;
  }

  removeHeader(name: string): void {
    const at = this.#indexOf(name.toLowerCase());
    if (at >= 0) this.#fields.splice(at, 2);
  }

  getHeaderNames(): string[] {
    return this.#fields.filter((_, i) => i % 2 === 0) as string[];
  }

  /** Where a name stands; they are few. */
  #indexOf(key: string): number {
    for (let i = 0; i < this.#fields.length; i += 2) if (this.#fields[i] === key) return i;
    return -1;
  }

  flushHeaders(): void {
    this.#respond(false);
  }

  /** False when the client has to read first, or has gone. */
  write(chunk: Uint8Array): boolean {
    this.#respond(false);
    return !this.stream.writableEnded && !this.stream.destroyed && this.stream.write(chunk);
  }

  end(chunk?: Uint8Array): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#respond(chunk === undefined || chunk.length === 0);
    if (!this.stream.writableEnded && !this.stream.destroyed) this.stream.end(chunk);
  }

  on(event: 'close' | 'drain' | 'error', listener: (error: Error) => void): void {
    this.stream.on(event, listener);
  }

  once(event: 'close', listener: () => void): void {
    this.stream.once(event, listener);
  }

  off(event: 'close' | 'drain', listener: () => void): void {
    this.stream.off(event, listener);
  }

  #respond(endStream: boolean): void {
    const { stream } = this;
    if (stream.headersSent || stream.destroyed || stream.closed) return;
    // Node's types know of strings alone; it makes strings of numbers, and several fields of a list.
    const fields = [':status', this.statusCode, ...this.#fields] as readonly string[];
    stream.respond(fields, { endStream });
  }
}
