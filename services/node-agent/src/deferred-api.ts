import type { ApiClient, ApiRequest, ApiResponse, BatchOptions, WatchEvent } from '@kubus/shared/bus';
import { StatusError } from '@kubus/shared/errors';
import type { KubeObject } from '@kubus/shared/object';

/** The API for parts that work before the bus is there: until then every request fails at once, as it does whenever the API is away. */
export class DeferredApi implements ApiClient {
  #client: ApiClient | undefined;

  provide(client: ApiClient): void {
    this.#client = client;
  }

  async request<T>(request: ApiRequest): Promise<T> {
    return this.#connected().request<T>(request);
  }

  async batch(requests: readonly ApiRequest[], options?: BatchOptions): Promise<ApiResponse[]> {
    return this.#connected().batch(requests, options);
  }

  async *watch<T extends KubeObject>(
    request: ApiRequest,
    options: { signal: AbortSignal },
  ): AsyncIterable<WatchEvent<T>> {
    yield* this.#connected().watch<T>(request, options);
  }

  #connected(): ApiClient {
    if (this.#client === undefined) throw new StatusError('ServiceUnavailable', 'not connected to the bus yet');
    return this.#client;
  }
}
