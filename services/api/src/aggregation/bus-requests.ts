import type { ApiRequest, ApiResponse } from '@kubus/shared/bus';
import { StatusError } from '@kubus/shared/errors';
import type { UserInfo } from '../authn/index.ts';
import type { Pipeline } from '../pipeline/index.ts';
import type { Aggregation } from './aggregation.ts';
import { fetchFrom } from './discovery.ts';

const methods: Readonly<Partial<Record<ApiRequest['verb'], string>>> = {
  get: 'GET',
  list: 'GET',
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
  deletecollection: 'DELETE',
};

/** How long a server may take, as over HTTP; milliseconds. */
const TIMEOUT_MS = 60_000;

/**
 * Requests on the bus for what another server serves: metrics that autoscalers go by, objects that go with their namespace. Authorized as over HTTP, and asked in the
 * name of who asked here. A `get` without a resource is the discovery of the group version. Watches are had over HTTP alone.
 */
export class ForeignRequests {
  readonly #aggregation: Pick<Aggregation, 'serves' | 'upstreamOf'>;
  readonly #pipeline: Pick<Pipeline, 'authorizeForeign' | 'authorizePath'>;

  constructor(
    aggregation: Pick<Aggregation, 'serves' | 'upstreamOf'>,
    pipeline: Pick<Pipeline, 'authorizeForeign' | 'authorizePath'>,
  ) {
    this.#aggregation = aggregation;
    this.#pipeline = pipeline;
  }

  /** A cluster without such servers pays a look into an empty map. */
  serves({ verb, group, version, resource }: ApiRequest): boolean {
    return this.#aggregation.serves(group, version) && (resource === '' ? verb === 'get' : verb !== 'watch');
  }

  async serve(request: ApiRequest, user: UserInfo): Promise<ApiResponse> {
    try {
      await this.#authorize(request, user);
      const { verb, group, version, contentType, body } = request;
      const upstream = await this.#aggregation.upstreamOf(group, version);
      const asked = { user, method: methods[verb] ?? 'GET', contentType, body, timeoutMs: TIMEOUT_MS };
      return (await fetchFrom(upstream, pathOf(request), asked).catch((error: Error) => {
        throw new StatusError('ServiceUnavailable', `error trying to reach service: ${error.message}`);
      })) as ApiResponse;
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      return { code: error.code, body: error.toStatus() };
    }
  }

  #authorize(request: ApiRequest, user: UserInfo): Promise<void> {
    const { verb, group, version, resource, subresource = '', namespace = '', name = '' } = request;
    if (resource === '') return this.#pipeline.authorizePath(user, verb, pathOf({ verb, group, version, resource }));
    return this.#pipeline.authorizeForeign(user, { verb, group, version, resource, subresource, namespace, name });
  }
}

function pathOf({
  group,
  version,
  namespace = '',
  resource,
  name = '',
  subresource = '',
  query = {},
}: ApiRequest): string {
  const scope = namespace === '' ? [] : ['namespaces', namespace];
  const segments = ['apis', group, version, ...scope, resource, name, subresource].filter((segment) => segment !== '');
  const search = new URLSearchParams(query).toString();
  return `/${segments.map(encodeURIComponent).join('/')}${search === '' ? '' : `?${search}`}`;
}
