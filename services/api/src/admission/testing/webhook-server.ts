import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { GroupResource, KubeObject } from '@kubus/shared/object';
import { createCertificates } from '../../http/testing/certificates.ts';

/** What tests look into of an object; what is not there is null in the review. */
export interface Reviewed extends KubeObject {
  data: Record<string, string>;
}

/** The parts of admission.k8s.io/v1 AdmissionRequest that tests look into. */
export interface ReviewRequest {
  uid: string;
  operation: string;
  resource: GroupResource & { version: string };
  options: object | null;
  object: Reviewed;
  oldObject: Reviewed;
}

export type Answer = Record<string, unknown> | { http: number; headers?: Record<string, string> } | 'hang';

/** A webhook backend over TLS that answers as the test says and remembers what it was asked. */
export class WebhookServer {
  /** Every review, with the path that it came to. */
  readonly asked: { path: string; review: ReviewRequest }[] = [];
  readonly url: string;
  readonly port: number;
  /** base64 of its authority. */
  readonly caBundle: string;
  /** By path; default: everything is allowed. */
  readonly answers = new Map<string, (review: ReviewRequest) => Answer>();
  readonly #server: Server;

  private constructor(server: Server, ca: string) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    this.url = `https://127.0.0.1:${this.port}`;
    this.caBundle = Buffer.from(ca).toString('base64');
  }

  static async start(...dnsNames: string[]): Promise<WebhookServer> {
    const { ca, server: pair } = await createCertificates(dnsNames);
    const server = createServer({ key: pair.key, cert: pair.cert });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const made = new WebhookServer(server, ca);
    server.on('request', async (request, response) => {
      let text = '';
      for await (const chunk of request) text += chunk;
      const path = (request.url ?? '').split('?', 1)[0] ?? '';
      const { request: review, apiVersion } = JSON.parse(text) as { request: ReviewRequest; apiVersion: string };
      made.asked.push({ path, review });
      const answer = made.answers.get(path)?.(review) ?? { allowed: true };
      if (answer === 'hang') return;
      if ('http' in answer) {
        const { http, headers } = answer as { http: number; headers?: Record<string, string> };
        response.writeHead(http, headers).end();
        return;
      }
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ apiVersion, kind: 'AdmissionReview', response: { uid: review.uid, ...answer } }));
    });
    return made;
  }

  /** A `clientConfig` for a path of this server. */
  at(path: string): object {
    return { url: `${this.url}${path}`, caBundle: this.caBundle };
  }

  askedAt(path: string): ReviewRequest[] {
    return this.asked.filter((one) => one.path === path).map(({ review }) => review);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

export function patchAnswer(...operations: object[]): Answer {
  const patch = Buffer.from(JSON.stringify(operations)).toString('base64');
  return { allowed: true, patchType: 'JSONPatch', patch };
}
