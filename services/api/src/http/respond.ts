import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip as gzipCallback } from 'node:zlib';
import type { JsonPart } from '@kubus/shared/bus';
import { type Status, StatusError } from '@kubus/shared/errors';
import { encodeProtobuf, hasProtobuf, type JsonObject } from '@kubus/shared/schema';
import { writeYaml } from '@kubus/shared/yaml';
import { chunks } from './chunks.ts';
import { drained, type FrontRequest, type FrontResponse, headerOf } from './exchange.ts';
import { indented, isForPeople } from './indent.ts';
import { MEDIA_JSON, MEDIA_PROTOBUF, MEDIA_YAML, type Representation } from './negotiate.ts';

const gzip = promisify(gzipCallback);
const othersTurn = promisify(setImmediate);

/** Answers from this size on are compressed when the client takes gzip, as kube-apiserver does. */
const GZIP_FROM_BYTES = 128 * 1024;

/** Bytes of all warnings of one answer; what does not fit is left out (kube-apiserver: warning/context.go has the same bound). */
const MAX_WARNING_BYTES = 4096;

/** Whole, or in parts that are asked for as they are sent. */
type Body = string | Buffer | Iterable<JsonPart>;

export interface Answer {
  code: number;
  contentType: string;
  body: Body;
  headers?: Readonly<Record<string, string | readonly string[]>>;
  /** JSON is indented. Default: when the request wants it so. */
  pretty?: boolean;
  /** The body in gzip, where it is kept. Default: packed for each answer. */
  packed?(): Promise<Buffer>;
}

/** Writes a whole answer: indented for people, compressed where that pays, without a body for HEAD. */
export async function send(request: FrontRequest, response: FrontResponse, plain: Answer): Promise<void> {
  const answer = shaped(request, plain);
  response.statusCode = answer.code;
  response.setHeader('content-type', answer.contentType);
  if (!response.hasHeader('cache-control')) response.setHeader('cache-control', 'no-cache, private');
  const { headers = {} } = answer;
  for (const name in headers) response.setHeader(name, headers[name] as string);
  const hasBody = request.method !== 'HEAD' && answer.code !== 304;
  let body: Buffer;
  if (typeof answer.body === 'string') body = Buffer.from(answer.body);
  else if (Buffer.isBuffer(answer.body)) body = answer.body;
  else {
    const pieces = chunks(answer.body);
    body = pieces.next().value ?? Buffer.alloc(0);
    const second = pieces.next().value;
    if (second !== undefined) {
      if (hasBody && !acceptsGzip(request)) return stream(response, [body, second], pieces);
      body = await collected([body, second], pieces);
    }
  }
  if (body.length >= GZIP_FROM_BYTES && acceptsGzip(request)) {
    body = await (answer.packed?.() ?? gzip(body, { level: 1 }));
    response.setHeader('content-encoding', 'gzip');
    response.setHeader('vary', appendVary(response.getHeader('vary'), 'Accept-Encoding'));
  }
  if (answer.code !== 304) response.setHeader('content-length', body.length);
  if (hasBody) response.end(body);
  else response.end();
}

/** What people are to read is made as it is sent, like a long list. */
function shaped(request: FrontRequest, answer: Answer): Answer {
  if (!answer.contentType.startsWith(MEDIA_JSON) || answer.body === '') return answer;
  if (!(answer.pretty ?? isForPeople(request))) return answer;
  const { packed: _, body, ...rest } = answer;
  return { ...rest, body: lineOf(indented(isWhole(body) ? [body] : body)) };
}

function isWhole(body: Body): body is string | Buffer {
  return typeof body === 'string' || Buffer.isBuffer(body);
}

/** Writes pieces as fast as the client takes them; between two of them others have their turn. Nobody knows how long it will be: there is no content-length. */
async function stream(response: FrontResponse, first: readonly Buffer[], rest: Iterable<Buffer>): Promise<void> {
  let open = true;
  response.once('close', () => {
    open = false;
  });
  for (const piece of first) response.write(piece);
  for (const piece of rest) {
    if (!open) return;
    if (response.write(piece)) await othersTurn();
    else await drained(response);
  }
  response.end();
}

async function collected(first: readonly Buffer[], rest: Iterable<Buffer>): Promise<Buffer> {
  const all = [...first];
  for (const piece of rest) {
    all.push(piece);
    await othersTurn();
  }
  return Buffer.concat(all);
}

function acceptsGzip(request: FrontRequest): boolean {
  return /(^|[,\s])gzip\s*(?!;\s*q=0(\.0*)?\s*(,|$))(;|,|$)/.test(headerOf(request, 'accept-encoding') ?? '');
}

function appendVary(present: unknown, name: string): string {
  return typeof present === 'string' ? `${present}, ${name}` : name;
}

/** An object of the API in the format asked for; in JSON when it has no such form. */
export function encode(body: unknown, representation: Pick<Representation, 'format' | 'pretty'>): Answer {
  if (representation.format === 'protobuf' && hasProtobuf(body)) {
    return { code: 200, contentType: MEDIA_PROTOBUF, body: encodeProtobuf(body as JsonObject) };
  }
  if (representation.format === 'yaml') {
    return { code: 200, contentType: MEDIA_YAML, body: writeYaml(body) };
  }
  const answer = { code: 200, contentType: MEDIA_JSON, body: `${JSON.stringify(body)}\n` };
  return representation.pretty ? { ...answer, pretty: true } : answer;
}

/** JSON whose text is at hand. */
export function encodeText(parts: Iterable<JsonPart>): Answer {
  // An array is what one object is made of.
  const body = isStrings(parts) ? `${parts.join('')}\n` : lineOf(parts);
  return { code: 200, contentType: MEDIA_JSON, body };
}

function isStrings(parts: Iterable<JsonPart>): parts is string[] {
  return Array.isArray(parts) && parts.every((part) => typeof part === 'string');
}

function* lineOf(parts: Iterable<JsonPart>): Generator<JsonPart> {
  yield* parts;
  yield '\n';
}

/** A failure as the client sees it. What is no StatusError is our fault: the client learns that, and nothing of the inside. */
export function statusOf(error: unknown): Status {
  if (error instanceof StatusError) return error.toStatus();
  return new StatusError(
    'InternalError',
    'an error on the server has prevented the request from succeeding',
  ).toStatus();
}

export function statusAnswer(status: Status): Answer {
  const code = status.code ?? 500;
  return { code, contentType: MEDIA_JSON, body: `${JSON.stringify(status)}\n`, headers: statusHeaders(status) };
}

function statusHeaders(status: Status): Record<string, string> {
  const seconds = status.details?.retryAfterSeconds ?? (status.reason === 'TooManyRequests' ? 1 : undefined);
  return {
    ...(seconds === undefined ? {} : { 'retry-after': String(seconds) }),
    ...(status.code === 401 ? { 'www-authenticate': 'Bearer realm="kubus"' } : {}),
  };
}

/** `Warning` header values (RFC 7234 5.5, code 299): quoted, on one line, bounded. */
export function warningHeaders(texts: readonly string[]): string[] {
  const headers: string[] = [];
  let left = MAX_WARNING_BYTES;
  for (const text of new Set(texts)) {
    const clean = text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ').replace(/["\\]/g, '\\$&');
    const value = `299 - "${toHeaderText(clean)}"`;
    left -= value.length;
    if (left < 0) break;
    headers.push(value);
  }
  return headers;
}

/** Header values are bytes: UTF-8 spelled in latin1 arrives as UTF-8. */
function toHeaderText(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** A strong entity tag of a document's bytes. */
export function etagOf(body: string | Buffer): string {
  return `"${createHash('sha512').update(body).digest('hex').toUpperCase()}"`;
}

/** Does If-None-Match name this tag? */
export function matchesEtag(request: FrontRequest, etag: string): boolean {
  const header = headerOf(request, 'if-none-match');
  if (header === undefined) return false;
  return header.trim() === '*' || header.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag);
}
