import { StatusError } from '@kubus/shared/errors';

/**
 * What a URL and a method ask for. The grammar is that of kube-apiserver (apiserver/pkg/endpoints/request/requestinfo.go):
 * `/api/<version>/...` and `/apis/<group>/<version>/...` name resources, everything else is a non-resource path.
 */
export type RequestInfo = ResourceInfo | PathInfo;

export interface ResourceInfo {
  type: 'resource';
  verb: Verb;
  group: string;
  version: string;
  /** '' for cluster scope or all namespaces. */
  namespace: string;
  resource: string;
  /** '' for a collection. */
  name: string;
  /** '' for the object itself. */
  subresource: string;
  /** What follows a proxy subresource, still escaped, with its leading '/'; '' when there is none. */
  proxyPath: string;
  /** Segments follow the subresource: only resources of other servers have paths as deep as that. */
  deeper: boolean;
  /** Decoded path, for authorization and for logs. */
  path: string;
}

export interface PathInfo {
  type: 'path';
  /** get, post, put, patch, delete, head: the method in lower case. */
  verb: string;
  path: string;
}

type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection';

/** A decoded path: one decoding, safe segments, without a trailing slash; and the segments as they were sent. */
interface ParsedPath {
  path: string;
  segments: readonly string[];
  raw: readonly string[];
}

export const resourceNotFound = (): StatusError =>
  new StatusError('NotFound', 'the server could not find the requested resource', {});

const methodNotAllowed = (): StatusError =>
  new StatusError('MethodNotAllowed', 'the server does not allow this method on the requested resource', {});

/** Parts of a namespace object's own path, as opposed to resources inside it. */
const namespaceSubresources: ReadonlySet<string> = new Set(['status', 'finalize']);

const MAX_PATH = 16_384;

/**
 * Splits and decodes a request path exactly once. Whatever could be read in two ways by two readers (empty and dot segments, an escaped slash,
 * control characters, broken escapes) is refused, so that what is authorized is what is served. Behind `/proxy/` the rest belongs to
 * somebody else and is left as it is.
 */
function parsePath(path: string): ParsedPath {
  if (!path.startsWith('/') || path.length > MAX_PATH) throw resourceNotFound();
  const raw = path.slice(1).split('/');
  const proxy = proxyIndex(raw);
  const own = proxy < 0 ? raw : raw.slice(0, proxy + 1);
  if (own.at(-1) === '') own.pop();
  const segments = own.map(decodeSegment);
  return { path: `/${segments.join('/')}`, segments, raw };
}

/** Where the subresource `proxy` of a resource path stands; -1 when the path has none. */
function proxyIndex(raw: readonly string[]): number {
  const start = raw[0] === 'api' ? 2 : raw[0] === 'apis' ? 3 : -1;
  if (start < 0) return -1;
  const at = raw[start] === 'namespaces' ? start + 4 : start + 2;
  return raw[at] === 'proxy' ? at : -1;
}

/** What stands for itself and is no dot segment: nearly every segment there is. */
const plainSegment = /^[\w-][\w.-]*$/;

function decodeSegment(raw: string): string {
  if (plainSegment.test(raw)) return raw;
  let segment: string;
  try {
    segment = decodeURIComponent(raw);
  } catch (error) {
    throw new StatusError('BadRequest', 'the path of the request is not valid UTF-8 in percent-encoding', undefined, {
      cause: error,
    });
  }
  const safe = segment !== '' && segment !== '.' && segment !== '..' && !/[/\\\p{Cc}]/u.test(segment);
  if (!safe) throw resourceNotFound();
  return segment;
}

/**
 * Says what is asked. `path` is the request target before the '?', as it was sent.
 * Throws NotFound for paths that can name nothing, MethodNotAllowed for methods that no resource has.
 */
export function parseRequestInfo(method: string, path: string, query: URLSearchParams): RequestInfo {
  const parsed = parsePath(path);
  const [root] = parsed.segments;
  const start = root === 'api' ? 2 : root === 'apis' ? 3 : 0;
  if (start === 0 || parsed.segments.length <= start) {
    return { type: 'path', verb: method.toLowerCase(), path: parsed.path };
  }
  return resourceInfo(method, parsed, start, query);
}

function resourceInfo(method: string, parsed: ParsedPath, start: number, query: URLSearchParams): ResourceInfo {
  const { segments } = parsed;
  const group = start === 2 ? '' : at(segments, 1);
  const legacyWatch = segments[start] === 'watch' && segments.length > start + 1;
  const { rest, ...where } = locate(segments.slice(legacyWatch ? start + 1 : start));
  const tail = where.subresource === 'proxy' ? parsed.raw.slice(segments.length) : [];
  return {
    type: 'resource',
    verb: legacyWatch ? watchVerb(method) : verbOf(method, where.name, isTrue(query, 'watch')),
    group,
    version: at(segments, start - 1),
    ...where,
    proxyPath: tail.length === 0 ? '' : `/${tail.join('/')}`,
    deeper: rest > 0,
    path: parsed.path,
  };
}

interface Location {
  namespace: string;
  resource: string;
  name: string;
  subresource: string;
  /** Segments behind the subresource. */
  rest: number;
}

/** Reads `[namespaces/<ns>/]<resource>[/<name>[/<subresource>]]`. A namespace object is a resource of its own namespace, as upstream has it. */
function locate(segments: readonly string[]): Location {
  const inNamespace =
    segments[0] === 'namespaces' && segments.length > 2 && !namespaceSubresources.has(at(segments, 2));
  const [resource = '', name = '', subresource = ''] = inNamespace ? segments.slice(2) : segments;
  const namespace = inNamespace ? at(segments, 1) : resource === 'namespaces' ? name : '';
  return { namespace, resource, name, subresource, rest: Math.max(0, segments.length - (inNamespace ? 5 : 3)) };
}

/** Under `watch/` a single object is watched too, and nothing else is done (apiserver/pkg/endpoints/request: special verbs). */
function watchVerb(method: string): Verb {
  if (method === 'GET' || method === 'HEAD') return 'watch';
  throw methodNotAllowed();
}

function verbOf(method: string, name: string, watch: boolean): Verb {
  switch (method) {
    case 'GET':
    case 'HEAD':
      return name !== '' ? 'get' : watch ? 'watch' : 'list';
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return name === '' ? 'deletecollection' : 'delete';
    default:
      throw methodNotAllowed();
  }
}

/** A boolean parameter as Kubernetes reads it: present and neither `false` nor `0` (apimachinery/pkg/runtime/conversion.go). */
export function isTrue(query: URLSearchParams, name: string): boolean {
  const value = query.get(name);
  return value !== null && value !== '0' && value.toLowerCase() !== 'false';
}

function at(segments: readonly string[], index: number): string {
  return segments[index] ?? '';
}
