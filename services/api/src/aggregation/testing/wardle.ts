import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { KubeObject } from '@kubus/shared/object';
import type { ApiService } from '@kubus/shared/registry';
import type { TestCertificates } from '../../http/testing/certificates.ts';
import type { TestCluster } from '../../pipeline/testing/cluster.ts';

/** What it says that it serves. */
export const flunderList = {
  kind: 'APIResourceList',
  groupVersion: 'wardle.example.com/v1alpha1',
  resources: [
    {
      name: 'flunders',
      singularName: 'flunder',
      namespaced: true,
      kind: 'Flunder',
      verbs: ['get', 'list'],
      shortNames: ['fl'],
    },
    { name: 'flunders/status', singularName: '', namespaced: true, kind: 'Flunder', verbs: ['get'] },
  ],
};

export interface Seen {
  method: string;
  url: string;
  headers: Record<string, unknown>;
  body: string;
  certificate: string | undefined;
}

export type Answer = (seen: Seen) => { code: number; headers?: Record<string, string>; body: string };

/** A server of another API, in place of that of the conformance suite: it remembers what it was asked, and answers as it is told. */
export class Wardle {
  readonly seen: Seen[] = [];
  answer: Answer = () => ({ code: 200, body: '{}' });
  readonly #certificates: TestCertificates;
  readonly #server: Server;

  private constructor(certificates: TestCertificates) {
    this.#certificates = certificates;
    const { server, ca } = certificates;
    this.#server = createServer({ ...server, ca, requestCert: true, rejectUnauthorized: true });
    this.#server.on('request', (request, response) => void this.#serve(request, response));
    this.#server.on('upgrade', (request, socket) => this.#upgrade(request, socket as TLSSocket));
  }

  /** `certificates` have to be good for api.wardle.svc. */
  static async start(certificates: TestCertificates): Promise<Wardle> {
    const wardle = new Wardle(certificates);
    wardle.#server.listen(0, '127.0.0.1');
    await once(wardle.#server, 'listening');
    return wardle;
  }

  get address(): { host: string; port: number } {
    return { host: '127.0.0.1', port: (this.#server.address() as AddressInfo).port };
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  /** Its namespace, its Service with an endpoint, and what is to be said of it in an APIService. */
  async install({ store }: TestCluster): Promise<NonNullable<ApiService['spec']>> {
    const put = (group: string, resource: string, object: KubeObject) => {
      const { namespace = '', name } = object.metadata;
      return store.commit([{ type: 'create', key: { group, resource, namespace, name }, object }]);
    };
    const metadata = { name: 'api', namespace: 'wardle' };
    await put('', 'namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'wardle' } });
    await put('', 'services', {
      ...{ apiVersion: 'v1', kind: 'Service', metadata },
      spec: { type: 'ClusterIP', ports: [{ port: 443 }] },
    } as KubeObject);
    await put('discovery.k8s.io', 'endpointslices', {
      ...{ apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice' },
      metadata: { ...metadata, labels: { 'kubernetes.io/service-name': 'api' } },
      ports: [{ port: 8443 }],
      endpoints: [{ addresses: ['10.0.0.1'] }],
    } as KubeObject);
    return {
      ...{ group: 'wardle.example.com', version: 'v1alpha1', service: { namespace: 'wardle', name: 'api' } },
      ...{ groupPriorityMinimum: 2000, versionPriority: 200 },
      caBundle: Buffer.from(this.#certificates.ca).toString('base64'),
    };
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { url = '', method = '', headers } = request;
    if (url === '/apis/wardle.example.com/v1alpha1') return end(response, JSON.stringify(flunderList));
    if (url === '/openapi/v2') return end(response, JSON.stringify({ swagger: '2.0', paths: { [url]: {} } }));
    if (headers['x-remote-user'] === 'system:kube-aggregator') return end(response.writeHead(404));
    const certificate = (request.socket as TLSSocket).getPeerCertificate().subject?.CN as string | undefined;
    const entry = { method, url, headers, body, certificate };
    this.seen.push(entry);
    if (url.includes('watch=true')) {
      response.writeHead(200, { 'content-type': 'application/json' });
      for (const name of ['first', 'second'])
        response.write(`${JSON.stringify({ type: 'ADDED', object: { metadata: { name } } })}\n`);
      return;
    }
    const { code, headers: said = {}, body: text } = this.answer(entry);
    end(response.writeHead(code, { 'content-type': 'application/json', ...said }), text);
  }

  #upgrade({ url = '', headers }: IncomingMessage, socket: TLSSocket): void {
    this.seen.push({ method: 'UPGRADE', url, headers, body: '', certificate: undefined });
    socket.on('error', () => undefined);
    if (url.includes('/no')) {
      socket.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\nconnection: close\r\n\r\nno');
      return;
    }
    socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: echo\r\n\r\n');
    socket.on('data', (chunk) => socket.write(`echo ${chunk}`));
  }
}

function end(response: ServerResponse, text = ''): void {
  response.end(text);
}
