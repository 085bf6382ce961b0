import type { PeerCertificate, TLSSocket } from 'node:tls';
import { StatusError } from '@kubus/shared/errors';
import type { Credentials, UserInfo } from './contract.ts';
import { type FrontRequest, headerOf, tlsSocketOf } from './exchange.ts';

const MAX_TOKEN = 16_384;
const MAX_GROUPS = 256;
const IMPERSONATE_PREFIX = 'impersonate-';
const EXTRA_PREFIX = `${IMPERSONATE_PREFIX}extra-`;
const WEBSOCKET_BEARER = 'base64url.bearer.authorization.k8s.io.';

/** Collects what a request says about its sender. Throws Unauthorized when it says it in a form that cannot be right. */
export function credentialsOf(request: FrontRequest, certificates: CertificateReader): Credentials {
  const bearerToken = bearerOf(request);
  const certificate = certificates.of(request);
  const impersonate = impersonationOf(request);
  return {
    ...(bearerToken === undefined ? {} : { bearerToken }),
    ...(certificate === undefined ? {} : { certificate }),
    ...(impersonate === undefined ? {} : { impersonate }),
  };
}

function bearerOf(request: FrontRequest): string | undefined {
  const header = headerOf(request, 'authorization');
  if (header === undefined) return websocketBearer(request);
  const [scheme] = /^bearer +/i.exec(header) ?? [];
  const token = scheme === undefined ? '' : header.slice(scheme.length).trimEnd();
  // Basic and other schemes were never taken up again after 1.19: a client that uses one is told, not treated as anonymous.
  const readable = token !== '' && token.length <= MAX_TOKEN && !token.includes(' ');
  if (!readable) throw new StatusError('Unauthorized', 'Unauthorized');
  return token;
}

/** Browsers cannot set headers on a WebSocket; they name the token as a subprotocol (apiserver/pkg/authentication/request/websocket). */
function websocketBearer(request: FrontRequest): string | undefined {
  const offered = headerOf(request, 'sec-websocket-protocol');
  const entry = offered?.split(',').find((protocol) => protocol.trim().startsWith(WEBSOCKET_BEARER));
  if (entry === undefined) return undefined;
  return Buffer.from(entry.trim().slice(WEBSOCKET_BEARER.length), 'base64url').toString('utf8');
}

/** Reads each connection's certificate once: it cannot change, and Node parses it anew on every call. */
export class CertificateReader {
  readonly #known = new WeakMap<TLSSocket, NonNullable<Credentials['certificate']> | 'none'>();

  of(request: FrontRequest): Credentials['certificate'] {
    const socket = tlsSocketOf(request);
    if (socket?.authorized !== true) return undefined;
    const known = this.#known.get(socket) ?? readCertificate(socket) ?? 'none';
    this.#known.set(socket, known);
    return known === 'none' ? undefined : known;
  }
}

function readCertificate(socket: TLSSocket): Credentials['certificate'] {
  const { subject, fingerprint256 = '' } = socket.getPeerCertificate() as Partial<PeerCertificate>;
  const commonName = first(subject?.CN);
  if (commonName === undefined || commonName === '') return undefined;
  const fingerprint = fingerprint256.replaceAll(':', '').toLowerCase();
  return { commonName, organizations: all(subject?.O), fingerprint };
}

const first = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value);
const all = (value: string | string[] | undefined): string[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];

/** Impersonate-User, -Group, -Uid and -Extra-* (kubernetes.io: Authenticating, "User impersonation"). */
function impersonationOf(request: FrontRequest): UserInfo | undefined {
  if (!impersonates(request)) return undefined;
  const username = headerOf(request, 'impersonate-user');
  const groups = repeated(request, 'impersonate-group');
  const uid = headerOf(request, 'impersonate-uid');
  const extra = extraOf(request);
  if (username === undefined || username === '') {
    if (groups.length === 0 && uid === undefined && extra.size === 0) return undefined;
    throw new StatusError('BadRequest', 'requested impersonation of groups, uid or extra without impersonating a user');
  }
  return { username, groups, ...(uid === undefined ? {} : { uid }), ...(extra.size === 0 ? {} : { extra }) };
}

function impersonates({ headers }: FrontRequest): boolean {
  for (const name in headers) if (name.startsWith(IMPERSONATE_PREFIX)) return true;
  return false;
}

/**
 * Values of a header that may be sent several times. Node joins them with ', ', which would split a value that holds a comma in two,
 * so the raw headers are read; HTTP/2 and HTTP/1 both keep them.
 */
function repeated(request: FrontRequest, name: string): string[] {
  const values: string[] = [];
  for (let i = 0; i + 1 < request.rawHeaders.length; i += 2) {
    if (request.rawHeaders[i]?.toLowerCase() === name) values.push(request.rawHeaders[i + 1] ?? '');
  }
  if (values.length > MAX_GROUPS) throw new StatusError('BadRequest', `more than ${MAX_GROUPS} ${name} headers`);
  return values;
}

function extraOf(request: FrontRequest): Map<string, readonly string[]> {
  const extra = new Map<string, readonly string[]>();
  for (const name of Object.keys(request.headers)) {
    if (!name.startsWith(EXTRA_PREFIX)) continue;
    extra.set(unescapeKey(name.slice(EXTRA_PREFIX.length)), repeated(request, name));
  }
  return extra;
}

function unescapeKey(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    // Upstream takes a key that is not well escaped as it stands.
    return key;
  }
}
