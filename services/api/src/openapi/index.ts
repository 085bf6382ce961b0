import { setImmediate as nextTurn } from 'node:timers/promises';
import { StatusError } from '@kubus/shared/errors';
import type { Registry } from '@kubus/shared/registry';
import { type Describe, type OpenApiDocument, OpenApiDocuments, openApiV2Protobuf } from '@kubus/shared/schema';
import type { PathCall } from '../http/call.ts';
import { type Document, documentOf, sendDocument } from '../http/document.ts';
import { MEDIA_JSON, notAcceptable, parseAccept } from '../http/negotiate.ts';
import { send } from '../http/respond.ts';
import { descriptions } from './descriptions.ts';
import { type ForeignDocuments, ForeignV2Documents } from './foreign-v2.ts';
import { openApiKinds } from './kinds.ts';

const YEAR_SECONDS = 365 * 24 * 3600;

/** Media types of version 2: kubectl asks with an '@', which is no character of a media type; others ask with what is answered. */
const v2Protobuf: ReadonlySet<string> = new Set([openApiV2Protobuf.accept, openApiV2Protobuf.contentType]);
const v2Json: ReadonlySet<string> = new Set([MEDIA_JSON, 'application/*', '*/*']);

export interface OpenApiOptions {
  registry: () => Registry;
  /** Resolves when the registry is as fresh as the call. Default: it always is. */
  catchUp?: () => Promise<void>;
  /** Of the Kubernetes API, as the documents name it. */
  version: string;
  /** Descriptions of types and fields, asked for whenever a document is made. Default: those that were generated at install. */
  describe?: () => Describe | undefined;
  /** Group versions that other servers describe. */
  foreign?: Pick<ForeignDocuments, 'openApiV2'> & {
    remoteVersions(): readonly { group: string; version: string; discovered: { openApi?: string } | undefined }[];
  };
}

/** /openapi/v2, /openapi/v3 and below it one document for each group version (KEP-2896). Made when first asked for, and anew when the registry is another one. */
export class OpenApi {
  readonly #options: OpenApiOptions;
  readonly #foreignV2: ForeignV2Documents | undefined;
  readonly #describe: () => Describe | undefined;
  readonly #served = new WeakMap<OpenApiDocument, Document>();
  #made: { registry: Registry; documents: OpenApiDocuments } | undefined;

  constructor(options: OpenApiOptions) {
    this.#options = options;
    this.#describe = options.describe ?? descriptions();
    this.#foreignV2 = options.foreign && new ForeignV2Documents(options.foreign);
  }

  /**
   * Makes the documents of all group versions ahead of who asks, one in each turn of the event loop: the index holds their hashes, and it is the first thing that
   * `kubectl apply` asks for. Ends when the registry changes.
   */
  async prepare(): Promise<void> {
    const documents = this.#documents();
    for (const path of documents.v3Paths()) {
      await nextTurn();
      if (this.#documents() !== documents) return;
      documents.v3(path);
    }
  }

  async serve(call: PathCall): Promise<void> {
    await this.#options.catchUp?.();
    const [, , spec, ...rest] = call.info.path.split('/');
    const documents = this.#documents();
    if (spec === 'v2' && rest.length === 0) return this.#serveV2(call, documents);
    if (spec === 'v3' && rest.length === 0) return this.#serveIndex(call, documents);
    const document = spec === 'v3' ? documents.v3(rest.join('/')) : undefined;
    if (document === undefined) {
      throw new StatusError('NotFound', 'the server could not find the requested resource', {});
    }
    await this.#serveVersion(call, document);
  }

  #serveIndex(call: PathCall, documents: OpenApiDocuments): Promise<void> {
    const own = documents.v3Index();
    const others = (this.#options.foreign?.remoteVersions() ?? []).flatMap(({ group, version, discovered }) =>
      discovered?.openApi === undefined
        ? []
        : [[`apis/${group}/${version}`, { serverRelativeURL: discovered.openApi }] as const],
    );
    if (others.length === 0) return this.#send(call, MEDIA_JSON, own);
    const { paths } = JSON.parse(Buffer.from(own.body).toString('utf8')) as { paths: object };
    return sendDocument(
      call.request,
      call.response,
      documentOf(MEDIA_JSON, JSON.stringify({ paths: { ...paths, ...Object.fromEntries(others) } })),
      { pretty: false },
    );
  }

  #documents(): OpenApiDocuments {
    const registry = this.#options.registry();
    if (this.#made?.registry !== registry) {
      const documents = new OpenApiDocuments(openApiKinds(registry), this.#options.version, {
        describe: this.#describe,
      });
      this.#made = { registry, documents };
    }
    return this.#made.documents;
  }

  async #serveV2(call: PathCall, own: OpenApiDocuments): Promise<void> {
    const documents = (await this.#foreignV2?.beside(own)) ?? own;
    for (const { type } of parseAccept(call.request.headers.accept ?? '*/*')) {
      if (v2Protobuf.has(type)) return this.#send(call, openApiV2Protobuf.contentType, documents.v2Protobuf());
      if (v2Json.has(type)) return this.#send(call, MEDIA_JSON, documents.v2Json());
    }
    throw notAcceptable([MEDIA_JSON, openApiV2Protobuf.contentType]);
  }

  /** With the hash that it has, a document never changes; one who asks with another hash is sent to the one that is current. */
  async #serveVersion(call: PathCall, document: OpenApiDocument): Promise<void> {
    const hash = call.query.get('hash');
    if (hash !== null && hash !== document.hash) {
      const location = `${call.info.path}?hash=${document.hash}`;
      return send(call.request, call.response, { code: 301, contentType: MEDIA_JSON, body: '', headers: { location } });
    }
    const immutable = { 'cache-control': `public, immutable, max-age=${YEAR_SECONDS}` };
    await this.#send(call, MEDIA_JSON, document, hash === null ? {} : immutable);
  }

  #send(
    call: PathCall,
    contentType: string,
    made: OpenApiDocument,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    const document = this.#served.get(made) ?? documentOf(contentType, made.body, `"${made.hash}"`);
    this.#served.set(made, document);
    return sendDocument(call.request, call.response, document, { headers, pretty: false });
  }
}
