import { request as httpsRequest } from 'node:https';
import { isObject } from '@kubus/shared/schema';
import type { UserInfo } from '../authn/index.ts';
import { identityHeaders } from './headers.ts';
import type { Upstream } from './transport.ts';

/** Whom discovery and checks of availability are made as (kube-aggregator). */
const aggregator = { username: 'system:kube-aggregator', groups: ['system:masters'] };

const TIMEOUT_MS = 5_000;
const MAX_BYTES = 16 * 1024 * 1024;

export interface Fetched {
  code: number;
  body: unknown;
}

export interface Asked {
  /** Default: the aggregator itself. */
  user?: UserInfo;
  method?: string;
  /** Of `body`, a value of JSON. */
  contentType?: string | undefined;
  body?: unknown;
  timeoutMs?: number;
}

/** Asks a server behind an APIService for a JSON document, in somebody's name. Throws Error. */
export function fetchFrom(
  upstream: Upstream,
  path: string,
  { user = aggregator, method = 'GET', contentType = 'application/json', body, timeoutMs = TIMEOUT_MS }: Asked = {},
): Promise<Fetched> {
  const payload = body === undefined ? undefined : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const request = httpsRequest(
      {
        host: upstream.address.host,
        port: upstream.address.port,
        servername: upstream.servername,
        agent: upstream.agent,
        method,
        path,
        headers: {
          host: upstream.servername,
          accept: 'application/json',
          ...(payload === undefined
            ? {}
            : { 'content-type': contentType, 'content-length': Buffer.byteLength(payload) }),
          ...Object.fromEntries(identityHeaders(user).map(([name, values]) => [name, [...values]])),
        },
        signal: AbortSignal.timeout(timeoutMs),
      },
      (response) => {
        const chunks: Buffer[] = [];
        let size = 0;
        response.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size > MAX_BYTES) response.destroy(new Error('the document is too long'));
          else chunks.push(chunk);
        });
        response.on('error', reject);
        response.on('end', () => resolve({ code: response.statusCode ?? 0, body: parse(Buffer.concat(chunks)) }));
      },
    );
    request.on('error', reject);
    request.end(payload);
  });
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** A version in apidiscovery.k8s.io/v2. */
export interface DiscoveredVersion {
  version: string;
  resources: readonly object[];
  freshness: 'Current' | 'Stale';
  /** Where its OpenAPI v3 document is; absent where the server has none. */
  openApi?: string;
}

/** What a server says that it serves in a group version. Undefined: it does not say. */
export async function discover(
  upstream: Upstream,
  group: string,
  version: string,
): Promise<DiscoveredVersion | undefined> {
  const { code, body } = await fetchFrom(upstream, `/apis/${group}/${version}`);
  if (code !== 200 || !isObject(body) || !Array.isArray(body['resources'])) return undefined;
  const openApi = await openApiOf(upstream, group, version);
  return {
    version,
    freshness: 'Current',
    resources: aggregated(group, version, body['resources']),
    ...(openApi === undefined ? {} : { openApi }),
  };
}

async function openApiOf(upstream: Upstream, group: string, version: string): Promise<string | undefined> {
  const { code, body } = await fetchFrom(upstream, '/openapi/v3');
  const paths = code === 200 && isObject(body) ? body['paths'] : undefined;
  const entry = isObject(paths) ? paths[`apis/${group}/${version}`] : undefined;
  const url = isObject(entry) ? entry['serverRelativeURL'] : undefined;
  return typeof url === 'string' && url.startsWith('/openapi/v3/') ? url : undefined;
}

/** An APIResourceList in the form of aggregated discovery: subresources within their resources. */
function aggregated(group: string, version: string, list: readonly unknown[]): object[] {
  const known = list.filter(
    (item): item is Record<string, unknown> => isObject(item) && typeof item['name'] === 'string',
  );
  const kindOf = (item: Record<string, unknown>) => ({
    group: textOr(item['group'], group),
    version: textOr(item['version'], version),
    kind: textOr(item['kind'], ''),
  });
  return known
    .filter(({ name }) => !(name as string).includes('/'))
    .map((item) => {
      const subresources = known
        .filter(({ name }) => (name as string).startsWith(`${item['name']}/`))
        .map((sub) => ({
          subresource: (sub['name'] as string).slice((item['name'] as string).length + 1),
          responseKind: kindOf(sub),
          verbs: sub['verbs'] ?? [],
        }));
      return {
        resource: item['name'],
        responseKind: kindOf(item),
        scope: item['namespaced'] === true ? 'Namespaced' : 'Cluster',
        singularResource: textOr(item['singularName'], ''),
        verbs: item['verbs'] ?? [],
        ...(Array.isArray(item['shortNames']) ? { shortNames: item['shortNames'] } : {}),
        ...(Array.isArray(item['categories']) ? { categories: item['categories'] } : {}),
        ...(subresources.length === 0 ? {} : { subresources }),
      };
    });
}

const textOr = (value: unknown, standard: string): string =>
  typeof value === 'string' && value !== '' ? value : standard;
