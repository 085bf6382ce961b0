import { StatusError } from '@kubus/shared/errors';
import { noVersionAndKind, unrecognizedBody } from '@kubus/shared/schema';
import { parseYamlAside } from '@kubus/shared/yaml';
import { bodyOf, type FrontRequest, headerOf } from './exchange.ts';
import { Http2Request } from './http2-exchange.ts';
import { assertNesting, type ParsedText, parseJson, UnreadableText } from './json-text.ts';
import { MEDIA_JSON, MEDIA_PROTOBUF, MEDIA_YAML } from './negotiate.ts';

/** Largest request body in bytes (kube-apiserver: server/config.go MaxRequestBodyBytes). */
const MAX_BODY_BYTES = 3 * 1024 * 1024;

/** What is said before the problem of a patch that cannot be read (endpoints/handlers/patch.go). */
const patchFrames: ReadonlyMap<string, string> = new Map([
  ['application/json-patch+json', 'error decoding patch: '],
  ['application/merge-patch+json', 'error decoding patch: '],
  ['application/strategic-merge-patch+json', ''],
  ['application/apply-patch+yaml', 'error decoding YAML: error converting YAML to JSON: '],
]);

/** Reads a `k8s\0` protobuf envelope into the JSON form of its object; throws BadRequest. */
export type ProtobufDecoder = (bytes: Uint8Array) => unknown;

export interface Body extends ParsedText {
  /** Media type without parameters. */
  contentType: string;
}

export interface ExpectedBody {
  verb: string;
  /** What a body that is no patch is to be: 'ConfigMap'. */
  kind: string;
  protobuf: ProtobufDecoder;
}

/** Reads and decodes the body of a request to a resource; undefined when it has none, which no patch can do without. Throws BadRequest for what cannot be read. */
export async function readBody(
  request: FrontRequest,
  { verb, kind, protobuf }: ExpectedBody,
  signal: AbortSignal,
): Promise<Body | undefined> {
  const contentType = mediaTypeOf(request, verb);
  const bytes = await readBytes(request, MAX_BODY_BYTES, signal);
  if (bytes.length === 0 && verb !== 'patch') return undefined;
  try {
    const decoding = decodeBody(bytes, contentType, protobuf);
    const { value, strictErrors } = decoding instanceof Promise ? await decoding : decoding;
    return { contentType, value, strictErrors };
  } catch (error) {
    if (error instanceof UnreadableText) throw unreadable(error, contentType, kind, bytes);
    throw error;
  }
}

function unreadable(cause: UnreadableText, contentType: string, kind: string, bytes: Buffer): StatusError {
  const frame = patchFrames.get(contentType);
  if (frame !== undefined) return new StatusError('BadRequest', `${frame}${cause.message}`, undefined, { cause });
  const isYaml = contentType === MEDIA_YAML;
  return unrecognizedBody(kind, isYaml ? cause.message : noVersionAndKind(cause.message), bytes, cause);
}

/** A missing type means JSON, as old clients rely on; for a patch it says what the patch is and cannot be missing. */
function mediaTypeOf(request: FrontRequest, verb: string): string {
  const encoding = headerOf(request, 'content-encoding');
  if (encoding !== undefined && encoding !== 'identity') throw unsupported([]);
  const type = (headerOf(request, 'content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  const accepted: readonly string[] =
    verb === 'patch' ? [...patchFrames.keys()] : [MEDIA_JSON, MEDIA_YAML, MEDIA_PROTOBUF];
  if (type === '' && verb !== 'patch') return MEDIA_JSON;
  if (!accepted.includes(type)) throw unsupported(accepted);
  return type;
}

function unsupported(accepted: readonly string[]): StatusError {
  return new StatusError(
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
  );
}

/**
 * Collects a body of at most `limit` bytes. Throws RequestEntityTooLarge as soon as it is known to be longer, and the signal's reason with what comes after it: nobody
 * waits for the body then (`Front` answers by itself), it only must not be kept.
 */
export function readBytes(request: FrontRequest, limit: number, signal: AbortSignal): Promise<Buffer> {
  const announced = Number(headerOf(request, 'content-length') ?? Number.NaN);
  if (announced > limit) return Promise.reject(tooLarge(limit));
  const body = bodyOf(request);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const stop = (): void => {
      body.off('data', onData).off('end', onEnd).off('close', onGone);
    };
    const fail = (error: unknown): void => {
      stop();
      reject(error);
    };
    const onData = (chunk: Buffer): void => {
      size += chunk.length;
      if (signal.aborted) fail(signal.reason);
      else if (size > limit) fail(tooLarge(limit));
      else {
        chunks.push(chunk);
        if (size === announced && request instanceof Http2Request) {
          request.holdEnd(chunk);
          onEnd();
        }
      }
    };
    const onEnd = (): void => {
      stop();
      resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks));
    };
    const onGone = (): void => fail(new StatusError('BadRequest', 'the body of the request ended early'));
    body.on('data', onData).on('end', onEnd).on('close', onGone);
  });
}

function tooLarge(limit: number): StatusError {
  return new StatusError('RequestEntityTooLarge', `Request entity too large: limit is ${limit}`);
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Text or protobuf to a value. An apply patch is YAML by name and nearly always JSON in fact; YAML of some length is read on a thread of its own. */
function decodeBody(bytes: Buffer, contentType: string, protobuf: ProtobufDecoder): ParsedText | Promise<ParsedText> {
  if (contentType === MEDIA_PROTOBUF) {
    const value = protobuf(bytes);
    assertNesting(value);
    return { value, strictErrors: [] };
  }
  const text = decodeUtf8(bytes);
  const isYaml = contentType.endsWith('yaml');
  if (isYaml && !/^\s*\{/.test(text)) return parseYamlText(text);
  try {
    return parseJson(text);
  } catch (error) {
    // YAML has braces too, and needs no quotes in them.
    if (isYaml && error instanceof UnreadableText) return parseYamlText(text);
    throw error;
  }
}

function decodeUtf8(bytes: Buffer): string {
  try {
    return utf8.decode(bytes);
  } catch (error) {
    throw new StatusError('BadRequest', 'the body of the request is not valid UTF-8', undefined, { cause: error });
  }
}

/** One document of YAML, as Kubernetes reads it. */
async function parseYamlText(text: string): Promise<ParsedText> {
  const [document, ...more] = await parseYamlAside(text);
  if (more.length > 0) throw new StatusError('BadRequest', 'the body of the request has more than one YAML document');
  if (document !== undefined && 'error' in document) {
    throw new UnreadableText(`yaml: ${document.error}`);
  }
  const value = document?.value ?? null;
  assertNesting(value);
  return { value, strictErrors: [] };
}
