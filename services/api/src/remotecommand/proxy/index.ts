import { request as httpRequest } from 'node:http';
import type { Duplex } from 'node:stream';
import { connect as tlsConnect } from 'node:tls';
import { connectionChannel, StreamSocket } from '@kubus/shared/bus';
import { StatusError } from '@kubus/shared/errors';
import type { KubeObject } from '@kubus/shared/object';
import type { Pod, Service } from '@kubus/shared/schema';
import { forwardedHeaders } from '../../aggregation/headers.ts';
import { contextOf, type ResourceCall } from '../../http/call.ts';
import type { Pipeline } from '../../http/contract.ts';
import { headerOf, tlsSocketOf } from '../../http/exchange.ts';
import { apiRequestOf } from '../../http/resources.ts';
import { relayHttp, type ServiceReader } from '../../outbound/index.ts';
import { type ProxiedName, parseProxiedName } from '../../pipeline/index.ts';
import type { NodeStreams } from '../contract.ts';
import { rewriteLocation } from './location.ts';
import { nodeTarget, type ProxyTarget, podTarget, serviceTarget } from './target.ts';

export interface ProxyOptions {
  pipeline: Pipeline;
  nodes: NodeStreams;
  reader: ServiceReader;
}

const kinds: ReadonlyMap<string, string> = new Map([
  ['pods', 'pod'],
  ['services', 'service'],
  ['nodes', 'node'],
]);

/** Serves the proxy subresources: HTTP over a stream to the node, which connects to the pod, or answers for itself. */
export async function serveProxy(call: ResourceCall, options: ProxyOptions): Promise<void> {
  const { info, response } = call;
  const kind = kinds.get(info.resource) ?? '';
  const asked = parseProxiedName(info.name);
  if (asked === undefined) {
    throw new StatusError('BadRequest', `invalid ${kind} request ${JSON.stringify(info.name)}`);
  }
  // What leaves HTTP may be anything, a shell too: reading is not leave enough for it (KEP-4006).
  const request = { ...apiRequestOf(call), ...(call.upgrade === undefined ? {} : { verb: 'create' as const }) };
  const object = await options.pipeline.connect(request, contextOf(call), call.query);
  if (info.proxyPath === '' && call.upgrade === undefined && info.verb === 'get') {
    // Relative links of a page need the slash.
    const [path, search] = splitTarget(call.request.url ?? '');
    response.statusCode = 301;
    response.setHeader('location', `${path}/${search}`);
    response.end();
    return;
  }
  const target = await targetOf(object, asked, call, options.reader);
  await relay(call, asked, target, options.nodes);
}

async function targetOf(
  object: KubeObject,
  asked: ProxiedName,
  { info }: ResourceCall,
  reader: ServiceReader,
): Promise<ProxyTarget> {
  if (info.resource === 'nodes') return nodeTarget(object, asked);
  if (info.resource === 'pods') return podTarget(object as Pod, asked);
  return serviceTarget(object as Service, asked, info.name, reader);
}

async function relay(call: ResourceCall, asked: ProxiedName, target: ProxyTarget, nodes: NodeStreams): Promise<void> {
  const { request, response, info, signal } = call;
  const stream = await nodes.open(target.node, target.request);
  const socket = new StreamSocket(stream, { out: connectionChannel.toNode, in: connectionChannel.fromNode });
  const abort = (): void => void socket.destroy();
  signal.addEventListener('abort', abort, { once: true });
  const [path, search] = splitTarget(request.url ?? '');
  const prefix = info.proxyPath === '' ? path : path.slice(0, path.length - info.proxyPath.length);
  const host = headerOf(request, 'host') ?? headerOf(request, ':authority') ?? '';
  const auditId = String(response.getHeader('audit-id') ?? '');
  const headers = {
    ...forwardedHeaders(request.rawHeaders, undefined, auditId, tlsSocketOf(request)?.remoteAddress),
    host,
    'x-forwarded-host': host,
    'x-forwarded-proto': 'https',
    'x-forwarded-uri': path,
  };
  try {
    await relayHttp(call, {
      open: (more) =>
        httpRequest({
          createConnection: () => (asked.scheme === 'https' ? overTls(socket) : socket),
          method: request.method ?? 'GET',
          path: `${info.proxyPath === '' ? '/' : info.proxyPath}${search}`,
          headers: { ...headers, connection: 'close', ...more },
          // As lenient as Go is: lines of small servers may end without CR. The connection carries this answer alone.
          insecureHTTPParser: true,
        }),
      redirect: (location) => rewriteLocation(location, { host, prefix }),
    });
  } finally {
    signal.removeEventListener('abort', abort);
    socket.destroy();
  }
}

/** Whoever serves inside of the cluster has no certificate that this api could know (kube-apiserver's proxy transport does not verify either). */
function overTls(socket: Duplex): Duplex {
  return tlsConnect({ socket, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] });
}

function splitTarget(target: string): [path: string, search: string] {
  const at = target.indexOf('?');
  return at < 0 ? [target, ''] : [target.slice(0, at), target.slice(at)];
}
