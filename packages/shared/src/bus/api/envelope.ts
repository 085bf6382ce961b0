import { type Status, StatusError } from '../../errors/index.ts';
import type { KubeObject } from '../../object/index.ts';
import type { ApiRequest, ApiResponse, BatchOptions, JsonPart } from '../contract.ts';

/**
 * What one message to the api asks. Checked by hand, not with zod: requests are passed on as they were parsed, where zod would copy each one of a batch and silently leave out
 * a query key of `__proto__`. (In time the two are alike: 0.5 and 0.8 µs a request.) What a request means is for the pipeline to say.
 */
export type Envelope =
  | { type: 'request'; request: ApiRequest }
  | { type: 'batch'; requests: ApiRequest[]; brief: boolean }
  | { type: 'watch'; request: ApiRequest; heartbeatMs: number };

/** Bodies above this are refused, as kube-apiserver refuses them (its limit on request bodies is 3 MiB). */
export const maxRequestBytes = 3 * 1024 * 1024;
export const maxBatchRequests = 5_000;

const verbs: ReadonlySet<unknown> = new Set([
  'get',
  'list',
  'watch',
  'create',
  'update',
  'patch',
  'delete',
  'deletecollection',
] satisfies ApiRequest['verb'][]);

export function encodeRequest(request: ApiRequest): Uint8Array {
  return Buffer.from(JSON.stringify({ request }));
}

export function encodeBatch(requests: readonly ApiRequest[], { brief = false }: BatchOptions = {}): Uint8Array {
  return Buffer.from(JSON.stringify(brief ? { requests, brief } : { requests }));
}

export function encodeWatch(request: ApiRequest, heartbeatMs: number): Uint8Array {
  return Buffer.from(JSON.stringify({ watch: request, heartbeatMs }));
}

/** Throws BadRequest or RequestEntityTooLarge. */
export function decodeEnvelope(bytes: Uint8Array): Envelope {
  const envelope = object(parse(bytes), 'the message');
  if (envelope['requests'] !== undefined) return batch(envelope['requests'], envelope['brief'] === true);
  if (bytes.length > maxRequestBytes) throw tooLarge(`the request is larger than ${maxRequestBytes} bytes`);
  if (envelope['watch'] === undefined) return { type: 'request', request: request(envelope['request'], 'request') };
  const { heartbeatMs } = envelope;
  const heartbeat =
    typeof heartbeatMs === 'number' && heartbeatMs >= 100 && heartbeatMs <= 60_000 ? heartbeatMs : 5_000;
  return { type: 'watch', request: request(envelope['watch'], 'watch'), heartbeatMs: heartbeat };
}

function batch(requests: unknown, brief: boolean): Envelope {
  if (!Array.isArray(requests)) throw bad('requests is no list');
  if (requests.length > maxBatchRequests) throw tooLarge(`more than ${maxBatchRequests} requests in one message`);
  return { type: 'batch', requests: requests.map((item, i) => request(item, `requests[${i}]`)), brief };
}

function request(value: unknown, where: string): ApiRequest {
  const fields = object(value, where);
  if (!verbs.has(fields['verb'])) throw bad(`${where}.verb is no verb`);
  for (const field of ['group', 'version', 'resource'])
    if (typeof fields[field] !== 'string') throw bad(`${where}.${field} is no text`);
  for (const field of ['namespace', 'name', 'subresource', 'contentType'])
    if (fields[field] !== undefined && typeof fields[field] !== 'string') throw bad(`${where}.${field} is no text`);
  if (fields['query'] !== undefined)
    for (const [key, text] of Object.entries(object(fields['query'], `${where}.query`)))
      if (typeof text !== 'string') throw bad(`${where}.query: ${JSON.stringify(key)} is no text`);
  return value as ApiRequest;
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(textOf(bytes));
  } catch (error) {
    throw bad(`the message is no JSON: ${error instanceof Error ? error.message : error}`);
  }
}

function object(value: unknown, where: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw bad(`${where} is no object`);
  return value as Record<string, unknown>;
}

const utf8 = new TextDecoder();

export function textOf(bytes: Uint8Array): string {
  return utf8.decode(bytes);
}

export type Answer = { type: 'response'; response: ApiResponse } | { type: 'batch'; responses: ApiResponse[] };

export function encodeResponse(response: ApiResponse): Uint8Array {
  return joined([...responseText(response)]);
}

export function encodeResponses(responses: readonly ApiResponse[]): Uint8Array {
  const parts: JsonPart[] = [];
  for (const response of responses) parts.push(parts.length === 0 ? '{"responses":[' : ',', ...responseText(response));
  return joined(parts.length === 0 ? ['{"responses":[]}'] : [...parts, ']}']);
}

function* responseText({ code, body, warnings, json }: ApiResponse): Generator<JsonPart> {
  if (json === undefined) {
    yield JSON.stringify({ code, body, warnings });
    return;
  }
  yield `{"code":${code},"body":`;
  yield* json();
  yield warnings === undefined ? '}' : `,"warnings":${JSON.stringify(warnings)}}`;
}

/** Most answers are texts of one object: they are turned into bytes at once. */
function joined(parts: readonly JsonPart[]): Uint8Array {
  if (parts.every((part) => typeof part === 'string')) return Buffer.from(parts.join(''));
  return Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)));
}

/** An answer with an object, without all that does not name the object; any other as it is. */
export function briefly(response: ApiResponse): ApiResponse {
  const { kind, apiVersion, metadata } = (response.body ?? {}) as Partial<KubeObject>;
  if (response.code >= 300 || metadata?.name === undefined) return response;
  const { name, namespace, uid, resourceVersion } = metadata;
  const { code, warnings } = response;
  const body = { kind, apiVersion, metadata: { name, namespace, uid, resourceVersion } };
  return warnings === undefined ? { code, body } : { code, body, warnings };
}

/** Throws InternalError for what is no answer. */
export function decodeAnswer(bytes: Uint8Array): Answer {
  let value: { code?: unknown; body?: unknown; responses?: unknown };
  try {
    value = JSON.parse(textOf(bytes));
  } catch (cause) {
    throw new StatusError('InternalError', 'the api answered with what is no JSON', undefined, { cause });
  }
  if (Array.isArray(value.responses)) return { type: 'batch', responses: value.responses };
  if (typeof value.code === 'number') return { type: 'response', response: value as ApiResponse };
  throw new StatusError('InternalError', 'the api answered with what is no response');
}

/** Throws the StatusError of a response of failure. */
export function bodyOf<T>(response: ApiResponse): T {
  if (response.code >= 400) throw StatusError.from(response.body as Status);
  return response.body as T;
}

const bad = (message: string) => new StatusError('BadRequest', message);
const tooLarge = (message: string) => new StatusError('RequestEntityTooLarge', message);
