import { createHash } from 'node:crypto';
import { StatusError } from '@kubus/shared/errors';
import type { GroupVersionResources, Registry } from '@kubus/shared/registry';
import type { PathCall } from '../http/call.ts';
import { type Document, DocumentCache, documentOf, sendDocument } from '../http/document.ts';
import { MEDIA_JSON, notAcceptable, parseAccept } from '../http/negotiate.ts';
import { send } from '../http/respond.ts';

/** Builds the documents; implemented by the schema. */
export interface OpenApiBuilder {
  /** The OpenAPI v3 document of one group version. */
  v3(version: GroupVersionResources): object;
  /** The OpenAPI v2 document of everything, as gnostic's protobuf message Document; absent: not served, which clients from 1.27 on do without. */
  v2?(registry: Registry): Uint8Array;
}

/** kubectl asks with an '@', which is no character of a media type; the answer is spelled with a dot, as upstream's is. */
const v2Asked = /^application\/com\.github\.proto-openapi\.spec\.v2[@.]v1\.0\+protobuf$/;
const v2Type = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';

const YEAR_SECONDS = 365 * 24 * 3600;

export interface OpenApiOptions {
  registry: () => Registry;
  builder: OpenApiBuilder;
}

/** /openapi/v2, /openapi/v3 and below it one document for each group version (KEP-2896). Documents are made when first asked for, and once. */
export class OpenApi {
  readonly #options: OpenApiOptions;
  readonly #documents = new DocumentCache();

  constructor(options: OpenApiOptions) {
    this.#options = options;
  }

  async serve(call: PathCall): Promise<void> {
    const [, , spec, ...rest] = call.info.path.split('/');
    const { v2 } = this.#options.builder;
    if (spec === 'v2' && rest.length === 0 && v2 !== undefined) return this.#serveV2(call, v2);
    if (spec === 'v3' && rest.length === 0) return this.#serveIndex(call);
    const document = spec === 'v3' ? this.#version(rest.join('/')) : undefined;
    if (document === undefined) {
      throw new StatusError('NotFound', 'the server could not find the requested resource', {});
    }
    await this.#serveVersion(call, document);
  }

  async #serveV2(call: PathCall, build: (registry: Registry) => Uint8Array): Promise<void> {
    const accept = call.request.headers.accept ?? '*/*';
    const types = parseAccept(accept).map((clause) => clause.type);
    if (!types.some((type) => v2Asked.test(type) || type === '*/*')) throw notAcceptable([v2Type]);
    const registry = this.#options.registry();
    const document = this.#documents.get(registry, 'v2', () => documentOf(v2Type, Buffer.from(build(registry))));
    await sendDocument(call.request, call.response, document);
  }

  async #serveIndex(call: PathCall): Promise<void> {
    const registry = this.#options.registry();
    const document = this.#documents.get(registry, 'index', () => {
      const paths = registry.groupVersions().map((version) => {
        const path = pathOf(version);
        const hash = hashOf(this.#document(registry, version));
        return [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` }] as const;
      });
      return documentOf(MEDIA_JSON, JSON.stringify({ paths: Object.fromEntries(paths) }));
    });
    await sendDocument(call.request, call.response, document);
  }

  /** With the hash that it has, a document never changes; one who asks with another hash is sent to the one that is current. */
  async #serveVersion(call: PathCall, document: Document): Promise<void> {
    const hash = call.query.get('hash');
    const current = hashOf(document);
    if (hash !== null && hash !== current) {
      const location = `${call.info.path}?hash=${current}`;
      return send(call.request, call.response, { code: 301, contentType: MEDIA_JSON, body: '', headers: { location } });
    }
    const immutable = { 'cache-control': `public, immutable, max-age=${YEAR_SECONDS}` };
    await sendDocument(call.request, call.response, document, hash === null ? {} : immutable);
  }

  #version(path: string): Document | undefined {
    const registry = this.#options.registry();
    const version = registry.groupVersions().find((candidate) => pathOf(candidate) === path);
    return version === undefined ? undefined : this.#document(registry, version);
  }

  #document(registry: Registry, version: GroupVersionResources): Document {
    return this.#documents.get(registry, `v3/${version.apiVersion}`, () =>
      documentOf(MEDIA_JSON, JSON.stringify(this.#options.builder.v3(version))),
    );
  }
}

function pathOf(version: GroupVersionResources): string {
  return version.group === '' ? `api/${version.version}` : `apis/${version.group}/${version.version}`;
}

function hashOf(document: Document): string {
  return createHash('sha256').update(document.etag).digest('hex').toUpperCase();
}

export { openApiV2 } from './v2.ts';
export { openApiV3 } from './v3.ts';
