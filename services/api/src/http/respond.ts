import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip as gzipCallback } from 'node:zlib';
import { type Status, StatusError } from '@kubus/shared/errors';
import { encodeProtobuf, hasProtobuf, type JsonObject } from '@kubus/shared/schema';
import { stringify as stringifyYaml } from 'yaml';
import { type FrontRequest, type FrontResponse, headerOf } from './exchange.ts';
import { MEDIA_JSON, MEDIA_PROTOBUF, MEDIA_YAML, type Representation } from './negotiate.ts';

const gzip = promisify(gzipCallback);

/** Answers from this size on are compressed when the client takes gzip, as kube-apiserver does. */
export const GZIP_FROM_BYTES = 128 * 1024;

/** Bytes of all warnings of one answer; what does not fit is left out (kube-apiserver: warning/context.go has the same bound). */
const MAX_WARNING_BYTES = 4096;

export interface Answer {
  code: number;
  contentType: string;
  body: string | Buffer;
  headers?: Readonly<Record<string, string | readonly string[]>>;
}

/** Writes a whole answer: compressed where that pays, without a body for HEAD. */
export async function send(request: FrontRequest, response: FrontResponse, answer: Answer): Promise<void> {
  let body = typeof answer.body === 'string' ? Buffer.from(answer.body) : answer.body;
  response.statusCode = answer.code;
  response.setHeader('content-type', answer.contentType);
  if (!response.hasHeader('cache-control')) response.setHeader('cache-control', 'no-cache, private');
  for (const [name, value] of Object.entries(answer.headers ?? {})) response.setHeader(name, value as string);
  if (body.length >= GZIP_FROM_BYTES && acceptsGzip(request)) {
    body = await gzip(body, { level: 1 });
    response.setHeader('content-encoding', 'gzip');
    response.setHeader('vary', appendVary(response.getHeader('vary'), 'Accept-Encoding'));
  }
  if (answer.code !== 304) response.setHeader('content-length', body.length);
  if (request.method === 'HEAD' || answer.code === 304) response.end();
  else response.end(body);
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
    return { code: 200, contentType: MEDIA_YAML, body: stringifyYaml(body, { aliasDuplicateObjects: false }) };
  }
  const text = JSON.stringify(body, null, representation.pretty ? 2 : undefined);
  return { code: 200, contentType: MEDIA_JSON, body: `${text}\n` };
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
