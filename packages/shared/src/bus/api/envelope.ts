import { type Status, StatusError } from '../../errors/index.ts';
import type { KubeObject } from '../../object/index.ts';
import type { ApiRequest, ApiResponse, BatchOptions, JsonPart } from '../contract.ts';

/**
 * What one message to the api asks. Checked by hand, not with zod: requests are passed on as they were parsed, where zod would copy each one of a batch and silently leave out
 * a query key of `__proto__`. (In time the two are alike: 0.5 and 0.8 µs a request.) What a request means is for the pipeline to say.
 */
export type Envelope =
  | ({ type: 'request'; request: ApiRequest } & Timing)
  | ({ type: 'batch'; requests: ApiRequest[]; brief: boolean } & Timing)
  | { type: 'watch'; request: ApiRequest; heartbeatMs: number };

/** How long what is asked is wanted, in the time of the cluster that answers tell (`time`). */
export interface Timing {
  /** The client gives up at this time; absent while it does not know what time it is. */
  until?: number | undefined;
  /** It wants to be told. */
  tellTime?: boolean | undefined;
}

/** Bodies above this are refused, as kube-apiserver refuses them (its limit on request bodies is 3 MiB). */
const maxRequestBytes = 3 * 1024 * 1024;
const maxBatchRequests = 5_000;

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

/** The message of one request; `until` is the time of the cluster (milliseconds since 1970) after which it must not be done. */
export function encodeRequest(request: ApiRequest, { until, tellTime }: Timing = {}): string {
  return JSON.stringify({ request, until, tellTime });
}

/** The message of several requests that are answered together. */
export function encodeBatch(
  requests: readonly ApiRequest[],
  { brief }: BatchOptions = {},
  { until, tellTime }: Timing = {},
): string {
  return JSON.stringify({ requests, brief: brief || undefined, until, tellTime });
}

/** The first message of a watch; the client expects a heartbeat at least every `heartbeatMs`. */
export function encodeWatch(request: ApiRequest, heartbeatMs: number): string {
  return JSON.stringify({ watch: request, heartbeatMs });
}

/** What came in a message of so many bytes. Throws BadRequest or RequestEntityTooLarge. */
export function envelopeOf(value: unknown, bytes: number): Envelope {
  const envelope = object(value, 'the message');
  const timing = timingOf(envelope);
  if (envelope['requests'] !== undefined)
    return { ...batch(envelope['requests'], envelope['brief'] === true), ...timing };
  if (bytes > maxRequestBytes) throw tooLarge(`the request is larger than ${maxRequestBytes} bytes`);
  if (envelope['watch'] === undefined)
    return { type: 'request', request: request(envelope['request'], 'request'), ...timing };
  const { heartbeatMs } = envelope;
  const heartbeat =
    typeof heartbeatMs === 'number' && heartbeatMs >= 100 && heartbeatMs <= 60_000 ? heartbeatMs : 5_000;
  return { type: 'watch', request: request(envelope['watch'], 'watch'), heartbeatMs: heartbeat };
}

function timingOf({ until, tellTime }: Record<string, unknown>): Timing {
  if (until !== undefined && typeof until !== 'number') throw bad('until is no number');
  return { until, tellTime: tellTime === true };
}

function batch(requests: unknown, brief: boolean): Envelope & { type: 'batch' } {
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

/** Throws BadRequest. */
export function parseMessage(bytes: Uint8Array): unknown {
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

/** Bytes that are no UTF-8 become replacement characters. */
export function textOf(bytes: Uint8Array): string {
  return utf8.decode(bytes);
}

/** `time` is that of the cluster when it was answered, where it was asked for. */
export type Answer = { time?: number | undefined } & (
  | { type: 'response'; response: ApiResponse }
  | { type: 'batch'; responses: ApiResponse[] }
);

/** The message of one answer, in parts that are sent one after the other. `time` is that of the cluster, for who asked for it. */
export function encodeResponse(response: ApiResponse, time?: number): JsonPart[] {
  return [...responseText(response, time)];
}

/** The same for the answers of a batch, in the order of its requests. */
export function encodeResponses(responses: readonly ApiResponse[], time?: number): JsonPart[] {
  const parts: JsonPart[] = ['{"responses":['];
  for (const response of responses) parts.push(...(parts.length === 1 ? [] : [',']), ...responseText(response));
  return [...parts, time === undefined ? ']}' : `],"time":${time}}`];
}

function* responseText({ code, body, warnings, json }: ApiResponse, time?: number): Generator<JsonPart> {
  if (json === undefined) {
    yield JSON.stringify({ code, body, warnings, time });
    return;
  }
  yield `{"code":${code},"body":`;
  yield* json();
  const told = time === undefined ? '' : `,"time":${time}`;
  yield warnings === undefined ? `${told}}` : `,"warnings":${JSON.stringify(warnings)}${told}}`;
}

/** Most answers are texts of one object: they are turned into bytes at once. */
export function joined(parts: readonly JsonPart[]): Uint8Array {
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

/** Throws InternalError for what is no JSON. */
export function parseAnswer(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(textOf(bytes));
  } catch (cause) {
    throw new StatusError('InternalError', 'the api answered with what is no JSON', undefined, { cause });
  }
}

/** Throws InternalError for what is no answer. */
export function answerOf(parsed: unknown): Answer {
  const value = (parsed ?? {}) as { code?: unknown; body?: unknown; responses?: unknown; time?: unknown };
  const time = typeof value.time === 'number' ? value.time : undefined;
  if (Array.isArray(value.responses)) return { type: 'batch', responses: value.responses, time };
  if (typeof value.code === 'number') return { type: 'response', response: value as unknown as ApiResponse, time };
  throw new StatusError('InternalError', 'the api answered with what is no response');
}

/** Throws the StatusError of a response of failure. */
export function bodyOf<T>(response: ApiResponse): T {
  if (response.code >= 400) throw StatusError.from(response.body as Status);
  return response.body as T;
}

const bad = (message: string) => new StatusError('BadRequest', message);
const tooLarge = (message: string) => new StatusError('RequestEntityTooLarge', message);
