import type { IncomingMessage } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { request as httpsRequest } from 'node:https';
import type { TestFront } from './start-front.ts';

export interface Reply {
  code: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
  raw: Buffer;
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked into freely by tests
  json: any;
}

export interface Ask {
  method?: string;
  headers?: Record<string, string | string[]>;
  body?: string | Buffer;
  tls?: { key: string; cert: string };
  anonymous?: boolean;
}

/** One HTTP/1.1 request, with a good token unless told otherwise; the path goes out as it is given. */
export function ask(front: TestFront, path: string, options: Ask = {}): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const request = httpsRequest(
      {
        host: '127.0.0.1',
        port: front.port,
        path,
        method: options.method ?? 'GET',
        ca: front.certificates.ca,
        headers: { ...authorization(options), ...lengthOf(options.body), ...options.headers },
        agent: false,
        ...options.tls,
      },
      (response) => resolve(collect(response)),
    );
    request.on('error', reject);
    request.end(options.body);
  });
}

function lengthOf(body: string | Buffer | undefined): Record<string, string> {
  return body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
}

function authorization(options: Ask): Record<string, string> {
  return options.anonymous === true || options.tls !== undefined ? {} : { authorization: 'Bearer good' };
}

async function collect(response: IncomingMessage): Promise<Reply> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return replyOf(response.statusCode ?? 0, response.headers, Buffer.concat(chunks));
}

function replyOf(code: number, headers: Reply['headers'], raw: Buffer): Reply {
  const text = raw.toString('utf8');
  return {
    code,
    headers,
    text,
    raw,
    get json() {
      return JSON.parse(text) as unknown;
    },
  };
}

/** The same over HTTP/2. */
export function ask2(front: TestFront, path: string, options: Ask = {}): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const session = connectHttp2(front.url, { ca: front.certificates.ca, ...options.tls });
    session.on('error', reject);
    const stream = session.request({
      ':path': path,
      ':method': options.method ?? 'GET',
      ...authorization(options),
      ...options.headers,
    });
    let headers: Reply['headers'] = {};
    const chunks: Buffer[] = [];
    stream.on('response', (received) => {
      headers = received as Reply['headers'];
    });
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('error', reject);
    stream.on('end', () => {
      session.close();
      resolve(replyOf(Number(headers[':status']), headers, Buffer.concat(chunks)));
    });
    stream.end(options.body);
  });
}

export interface OpenWatch {
  code: number;
  events: { type: string; object: Record<string, unknown> }[];
  ended: Promise<void>;
  response: IncomingMessage;
  close(): void;
}

/** A watch over HTTP/1.1; resolves when the headers are there. */
export function openWatch(
  front: TestFront,
  path: string,
  headers: Record<string, string> = {},
  tls?: { key: string; cert: string },
): Promise<OpenWatch> {
  return new Promise((resolve, reject) => {
    const request = httpsRequest(
      `${front.url}${path}`,
      {
        ca: front.certificates.ca,
        headers: { ...(tls === undefined ? { authorization: 'Bearer good' } : {}), ...headers },
        agent: false,
        ...tls,
      },
      (response) => {
        const events: OpenWatch['events'] = [];
        let rest = '';
        response.on('data', (chunk: Buffer) => {
          const lines = (rest + chunk.toString()).split('\n');
          rest = lines.pop() ?? '';
          for (const line of lines) events.push(JSON.parse(line));
        });
        const ended = new Promise<void>((done) => response.once('close', done));
        response.on('error', () => undefined);
        resolve({ code: response.statusCode ?? 0, events, ended, response, close: () => request.destroy() });
      },
    );
    request.on('error', reject);
    request.end();
  });
}
