import { startNats, type TestServer } from '@kubus/testkit';
import type { NatsConnection } from 'nats';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import type { StatusError } from '../../../errors/index.ts';
import { connectBus } from '../../connect.ts';
import type { ApiHandler, ApiRequest, ApiResponse, BusIdentity } from '../../contract.ts';
import { BusApiClient, type BusApiClientOptions } from '../client.ts';
import { type ApiServerOptions, serveApi } from '../server.ts';

export const scheduler: BusIdentity = { kind: 'service', name: 'scheduler' };
export const getPod: ApiRequest = {
  ...{ verb: 'get', group: '', version: 'v1', resource: 'pods', namespace: 'default', name: 'x' },
};

/** Answers as the test says. */
export class Handler implements ApiHandler {
  readonly seen: { request: ApiRequest; identity: BusIdentity }[] = [];
  answer: (request: ApiRequest) => ApiResponse | Promise<ApiResponse> = () => ({ code: 200, body: {} });
  events: (request: ApiRequest, signal: AbortSignal) => AsyncIterable<string> = async function* () {};

  async handle(request: ApiRequest, identity: BusIdentity, _until?: number): Promise<ApiResponse> {
    this.seen.push({ request, identity });
    return this.answer(request);
  }
  handleBatch(requests: readonly ApiRequest[], identity: BusIdentity, until?: number): Promise<ApiResponse[]> {
    return Promise.all(requests.map((request) => this.handle(request, identity, until)));
  }
  watch(request: ApiRequest, _identity: BusIdentity, signal: AbortSignal): AsyncIterable<string> {
    return this.events(request, signal);
  }
}

/** A server for the file; what is connected to it lives for one test. */
export class TestBus {
  #server: TestServer | undefined;
  readonly #ends: (() => Promise<void> | void)[] = [];

  constructor() {
    beforeAll(async () => {
      this.#server = await startNats();
    });
    afterEach(async () => {
      for (const end of this.#ends.splice(0).reverse()) await end();
    });
    afterAll(() => this.#server?.stop());
  }

  get server(): TestServer {
    if (this.#server === undefined) throw new Error('the server has not been started');
    return this.#server;
  }

  async connection(identity: BusIdentity = { kind: 'service', name: 'api' }): Promise<NatsConnection> {
    const nc = await connectBus({ servers: this.server.url, identity, reconnectMs: 20 });
    this.#ends.push(() => nc.close());
    return nc;
  }

  async serve(handler: Handler, options: ApiServerOptions = {}) {
    const nc = await this.connection();
    const api = serveApi(nc, handler, options);
    await nc.flush();
    this.#ends.push(() => api.stop(0));
    return { api, nc };
  }

  async client(options: Partial<BusApiClientOptions> = {}): Promise<BusApiClient> {
    const identity = options.identity ?? scheduler;
    const made = new BusApiClient({ connection: await this.connection(identity), identity, ...options });
    this.#ends.push(() => made.close());
    return made;
  }
}

export const failure = (promise: Promise<unknown>): Promise<StatusError> =>
  promise.then(
    () => expect.unreachable('it succeeded'),
    (error) => error as StatusError,
  );
