import type { UserInfo } from '../authn/index.ts';

/** What belongs to one connection alone (RFC 9110 7.6.1). */
const hopByHop: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
]);

/** What only this api may say: who asks. A client that sends it speaks for nobody. */
const identity = /^(x-remote-(user|uid|group)$|x-remote-extra-|impersonate-)/;
const dropped: ReadonlySet<string> = new Set([
  ...hopByHop,
  'host',
  'authorization',
  'content-length',
  'audit-id',
  'expect',
]);

type Headers = Record<string, string | string[]>;

/**
 * A client's headers as they go to the server behind: without its credentials, without what it says of identities, with the identity that was
 * established here (kubernetes.io: Authenticating, "Authenticating Proxy"); with none when `user` is undefined.
 */
export function forwardedHeaders(
  raw: readonly string[],
  user: UserInfo | undefined,
  auditId: string,
  client: string | undefined,
): Headers {
  const headers = new Map<string, string[]>();
  const named = namedByConnection(raw);
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = (raw[i] ?? '').toLowerCase();
    if (name.startsWith(':') || dropped.has(name) || named.has(name) || identity.test(name.replaceAll('_', '-')))
      continue;
    headers.set(name, [...(headers.get(name) ?? []), raw[i + 1] ?? '']);
  }
  if (client !== undefined)
    headers.set('x-forwarded-for', [[...(headers.get('x-forwarded-for') ?? []), client].join(', ')]);
  headers.set('audit-id', [auditId]);
  for (const [name, values] of user === undefined ? [] : identityHeaders(user)) headers.set(name, [...values]);
  return Object.fromEntries(
    [...headers].map(([name, values]) => [name, values.length === 1 ? (values[0] as string) : values]),
  );
}

/** Who asks, as aggregated servers read it. */
export function identityHeaders({ username, uid, groups, extra }: UserInfo): [string, readonly string[]][] {
  const extras = [...(extra ?? [])].map(([key, values]): [string, readonly string[]] => [
    `x-remote-extra-${escapeKey(key)}`,
    values.map(safe),
  ]);
  return [
    ['x-remote-user', [safe(username)]],
    ...(uid ? [['x-remote-uid', [safe(uid)]] as [string, string[]]] : []),
    ['x-remote-group', groups.map(safe)],
    ...extras,
  ];
}

/** Headers of the server's answer that go on to the client. */
export function answeredHeaders(raw: readonly string[]): Headers {
  const headers = new Map<string, string[]>();
  const named = namedByConnection(raw);
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = (raw[i] ?? '').toLowerCase();
    if (hopByHop.has(name) || named.has(name) || name === 'audit-id') continue;
    headers.set(name, [...(headers.get(name) ?? []), raw[i + 1] ?? '']);
  }
  // Chunks tell where an answer ends, whatever length it announces; with the length it would end elsewhere for the client (RFC 9112, 6.3).
  if (raw.some((name, i) => i % 2 === 0 && name.toLowerCase() === 'transfer-encoding'))
    headers.delete('content-length');
  return Object.fromEntries(
    [...headers].map(([name, values]) => [name, values.length === 1 ? (values[0] as string) : values]),
  );
}

/** A Connection header may name more that is not to go on. */
function namedByConnection(raw: readonly string[]): Set<string> {
  const named = new Set<string>();
  for (let i = 0; i + 1 < raw.length; i += 2) {
    if ((raw[i] ?? '').toLowerCase() !== 'connection') continue;
    for (const name of (raw[i + 1] ?? '').split(',')) named.add(name.trim().toLowerCase());
  }
  return named;
}

/** Keys of extra are names of headers. */
function escapeKey(key: string): string {
  return key.toLowerCase().replace(/[^a-z0-9!#$&'*+.^_`|~-]/g, (character) => encodeURIComponent(character));
}

/** Header values are Latin-1 without control characters. */
function safe(value: string): string {
  return Buffer.from(value.replace(/\p{Cc}/gu, ' '), 'utf8').toString('latin1');
}
