import { randomUUID } from 'node:crypto';
import type { ApiRequest } from '@kubus/shared/bus';
import type { AuditLog, AuditRecord } from '../audit/index.ts';
import type { RequestContext } from '../pipeline/index.ts';

/** A request on the bus is written down like any other; its URI is the one that it would have over HTTP. */
export function beginAudit(audit: AuditLog, request: ApiRequest, context: RequestContext): AuditRecord | undefined {
  const { verb, group, version, resource, subresource = '', namespace = '', name = '' } = request;
  const subject = {
    user: context.user,
    verb,
    path: '',
    resource: { group, version, resource, subresource, namespace, name },
  };
  return audit.begin(subject, () => ({
    id: randomUUID(),
    uri: uriOf(request),
    sourceIPs: [],
    userAgent: context.userAgent,
    received: audit.now(),
  }));
}

function uriOf({ group, version, resource, subresource, namespace, name, query }: ApiRequest): string {
  const root = group === '' ? ['api', version] : ['apis', group, version];
  const inside = namespace === undefined || namespace === '' ? [] : ['namespaces', namespace];
  const parts = [...root, ...inside, resource, name, subresource].filter((part) => part !== undefined && part !== '');
  const search = query === undefined ? '' : new URLSearchParams(query).toString();
  return `/${parts.map((part) => encodeURIComponent(part as string)).join('/')}${search === '' ? '' : `?${search}`}`;
}
