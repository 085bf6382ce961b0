import { randomUUID } from 'node:crypto';
import { isIP } from 'node:net';
import type { AuditSubject } from '../audit/index.ts';
import type { UserInfo } from './contract.ts';
import { type FrontRequest, headerOf, tlsSocketOf } from './exchange.ts';
import type { RequestInfo } from './request-info.ts';

const MAX_AUDIT_ID = 64;
/** Addresses that are taken from a proxy's header. */
const MAX_SOURCES = 16;

/** The id under which a request is written down: that of the server in front of this one, where it gave one. */
export function auditIdOf(request: FrontRequest): string {
  const given = headerOf(request, 'audit-id') ?? '';
  return /^[\x21-\x7e]+$/.test(given) && given.length <= MAX_AUDIT_ID ? given : randomUUID();
}

export function auditSubject(info: RequestInfo, user: UserInfo): AuditSubject {
  if (info.type === 'path') return { user, verb: info.verb, path: info.path };
  const { verb, path, group, version, resource, subresource, namespace, name } = info;
  return { user, verb, path, resource: { group, version, resource, subresource, namespace, name } };
}

/** What proxies say, then whoever is connected. */
export function sourcesOf(request: FrontRequest): string[] {
  const forwarded = (headerOf(request, 'x-forwarded-for') ?? '').split(',').map((address) => address.trim());
  const said = forwarded.filter((address) => isIP(address) !== 0).slice(0, MAX_SOURCES);
  const peer = tlsSocketOf(request)?.remoteAddress;
  return peer === undefined || said.at(-1) === peer ? said : [...said, peer];
}
