import type { ApiRequest, ApiResponse } from '@kubus/shared/bus';
import { StatusError } from '@kubus/shared/errors';
import type { UserInfo } from '../authn/index.ts';
import type { Pipeline } from '../pipeline/index.ts';
import type { Aggregation } from './aggregation.ts';
import { fetchFrom } from './discovery.ts';

/** Reads on the bus of what another server serves: metrics that autoscalers go by. Authorized as over HTTP, and asked in the name of who asked here. */
export class ForeignReads {
  readonly #aggregation: Pick<Aggregation, 'serves' | 'upstreamOf'>;
  readonly #pipeline: Pick<Pipeline, 'authorizeForeign'>;

  constructor(aggregation: Pick<Aggregation, 'serves' | 'upstreamOf'>, pipeline: Pick<Pipeline, 'authorizeForeign'>) {
    this.#aggregation = aggregation;
    this.#pipeline = pipeline;
  }

  /** A cluster without such servers pays a look into an empty map. */
  serves({ verb, group, version }: ApiRequest): boolean {
    return (verb === 'get' || verb === 'list') && this.#aggregation.serves(group, version);
  }

  async read(request: ApiRequest, user: UserInfo): Promise<ApiResponse> {
    try {
      const { verb, group, version, resource, subresource = '', namespace = '', name = '' } = request;
      await this.#pipeline.authorizeForeign(user, { verb, group, resource, subresource, namespace, name });
      const upstream = await this.#aggregation.upstreamOf(group, version);
      return (await fetchFrom(upstream, pathOf(request), 'application/json', user).catch((error: Error) => {
        throw new StatusError('ServiceUnavailable', `error trying to reach service: ${error.message}`);
      })) as ApiResponse;
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      return { code: error.code, body: error.toStatus() };
    }
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
