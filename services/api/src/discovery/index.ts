import { StatusError } from '@kubus/shared/errors';
import type { Registry } from '@kubus/shared/registry';
import type { PathCall } from '../http/call.ts';
import { DocumentCache, documentOf, sendDocument } from '../http/document.ts';
import { MEDIA_JSON, negotiate } from '../http/negotiate.ts';
import { type AggregatedVersion, aggregatedDiscovery } from './aggregated.ts';
import { apiGroupDocument, apiGroupList, apiResourceList, apiVersions } from './documents.ts';
import type { ForeignVersion } from './foreign.ts';

export interface DiscoveryOptions {
  registry: () => Registry;
  /** Resolves when the registry is as fresh as the call. Default: it always is. */
  catchUp?: () => Promise<void>;
  /** host:port under which clients reach this api. */
  advertise: string;
  /** Of group versions that other servers serve; default: there are none. */
  foreign?: ForeignDiscovery;
}

export interface ForeignDiscovery {
  /** Changes when anything of it does. */
  readonly revision: number;
  remoteVersions(): readonly ForeignVersion[];
}

const isAggregated = (as: { kind: string; group: string; version: string }): boolean =>
  as.kind === 'APIGroupDiscoveryList' &&
  as.group === 'apidiscovery.k8s.io' &&
  (as.version === 'v2' || as.version === 'v2beta1');

/** Says what is served: /api, /apis, /apis/<group>, /api/<version>, /apis/<group>/<version>. */
export class Discovery {
  readonly #options: DiscoveryOptions;
  readonly #documents = new DocumentCache();
  #source: { registry: Registry; revision: number } | undefined;

  constructor(options: DiscoveryOptions) {
    this.#options = options;
  }

  async serve(call: PathCall): Promise<void> {
    await this.#options.catchUp?.();
    const segments = call.info.path.split('/').slice(1);
    const [root = '', group = ''] = segments;
    if (group === '' && (root === 'api' || root === 'apis')) return this.#serveRoot(call, root);
    const make = (): object | undefined => this.#plain(segments);
    await this.#send(call, call.info.path, MEDIA_JSON, make);
  }

  async #serveRoot(call: PathCall, root: 'api' | 'apis'): Promise<void> {
    const { as } = negotiate(call.request.headers.accept, isAggregated);
    if (as === undefined) {
      return this.#send(call, root, MEDIA_JSON, () =>
        root === 'api' ? apiVersions(this.#options.advertise) : apiGroupList(this.#options.registry(), this.#foreign()),
      );
    }
    const contentType = `${MEDIA_JSON};g=${as.group};v=${as.version};as=${as.kind}`;
    await this.#send(call, `${root} ${as.version}`, contentType, () =>
      aggregatedDiscovery(this.#options.registry(), root, as.version as AggregatedVersion, this.#foreign()),
    );
  }

  #foreign(): readonly ForeignVersion[] {
    return this.#options.foreign?.remoteVersions() ?? [];
  }

  /** The same object as long as nothing has changed that documents are made of. */
  #current(): object {
    const registry = this.#options.registry();
    const revision = this.#options.foreign?.revision ?? 0;
    if (this.#source?.registry !== registry || this.#source.revision !== revision)
      this.#source = { registry, revision };
    return this.#source;
  }

  #plain(segments: readonly string[]): object | undefined {
    const registry = this.#options.registry();
    if (segments[0] === 'apis' && segments.length === 2)
      return apiGroupDocument(registry, segments[1] ?? '', this.#foreign());
    const apiVersion = segments.slice(1).join('/');
    const version = registry.groupVersions().find((candidate) => candidate.apiVersion === apiVersion);
    return version === undefined ? undefined : apiResourceList(version);
  }

  async #send(call: PathCall, key: string, contentType: string, make: () => object | undefined): Promise<void> {
    const document = this.#documents.get(this.#current(), key, () => {
      const body = make();
      if (body === undefined) throw new StatusError('NotFound', 'the server could not find the requested resource', {});
      return documentOf(contentType, `${JSON.stringify(body)}\n`);
    });
    await sendDocument(call.request, call.response, document);
  }
}

export type { ForeignVersion } from './foreign.ts';
