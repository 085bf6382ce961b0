import type { ApiRequest, ApiResponse } from '@kubus/shared/bus';
import { StatusError } from '@kubus/shared/errors';
import { type ApiService, equal, localCondition, type Registry } from '@kubus/shared/registry';
import { apiserver } from '../authn/index.ts';
import type { Call } from '../http/call.ts';
import type { ServiceReader } from '../outbound/index.ts';
import { serviceResolver } from '../outbound/index.ts';
import type { Pipeline } from '../pipeline/index.ts';
import { LiveView } from '../storage/index.ts';
import type { WatchCaches } from '../watchcache/index.ts';
import { checkAvailability, type Finding, withFinding } from './availability.ts';
import { type DiscoveredVersion, discover, fetchFrom } from './discovery.ts';
import { isAvailable, type LocalAction, localApiServices, planLocal } from './local.ts';
import { forward } from './proxy.ts';
import { type ProxyClient, Transports, type Upstream } from './transport.ts';

export interface AggregationOptions {
  caches: WatchCaches;
  pipeline: Pipeline;
  reader: ServiceReader;
  client: ProxyClient;
  onError(error: unknown, apiService: string): void;
  now?: () => Date;
  /** Between checks of servers that are behind this one; default 30 s. */
  resyncMs?: number;
  resolve?: ConstructorParameters<typeof Transports>[1];
}

const resource = { group: 'apiregistration.k8s.io', version: 'v1', resource: 'apiservices' };

/** Between looks whether other kinds are served by now; milliseconds. */
const KINDS_MS = 1000;

/** A group version that another server serves. */
export interface RemoteVersion {
  apiService: ApiService;
  group: string;
  version: string;
  discovered: DiscoveredVersion | undefined;
}

/**
 * Group versions that are served by others (kubernetes.io: Kubernetes API Aggregation Layer): which they are, whether their servers can be reached, what they say that they
 * serve; and an APIService for each group version that is served here. A cluster without any costs a look into an empty map for each request.
 */
export class Aggregation {
  readonly #options: AggregationOptions;
  readonly #view: LiveView<ApiService>;
  readonly #transports: Transports;
  readonly #remote = new Map<string, RemoteVersion>();
  #changes = 0;
  #timer: NodeJS.Timeout | undefined;
  #kinds: NodeJS.Timeout | undefined;
  #soon: NodeJS.Timeout | undefined;
  #registry: Registry | undefined;
  #running: Promise<void> | undefined;
  #stopped = false;

  constructor(options: AggregationOptions) {
    this.#options = options;
    this.#transports = new Transports(options.client, options.resolve ?? serviceResolver(options.reader));
    this.#view = new LiveView<ApiService>(options.caches, resource, {
      onChange: (now, before) => this.#changed(now, before),
    });
  }

  async start(): Promise<void> {
    await this.#view.start();
    await this.sync();
    this.#timer = setInterval(() => this.#soonSync(), this.#options.resyncMs ?? 30_000);
    this.#timer.unref();
    this.#kinds = setInterval(() => this.#registry !== this.#options.pipeline.registry && this.#soonSync(), KINDS_MS);
    this.#kinds.unref();
  }

  stop(): void {
    this.#stopped = true;
    clearInterval(this.#timer);
    clearInterval(this.#kinds);
    clearTimeout(this.#soon);
    this.#view.stop();
    this.#transports.stop();
  }

  /** Changes when what others serve does. */
  get revision(): number {
    return this.#changes;
  }

  remoteVersions(): readonly RemoteVersion[] {
    return [...this.#remote.values()];
  }

  serves(group: string, version: string): boolean {
    return this.#remote.size > 0 && this.#remote.has(`${group}/${version}`);
  }

  /** Sends a request to the server of its group version. Throws ServiceUnavailable when that cannot be asked. */
  async serve(call: Call, group: string, version: string): Promise<void> {
    await forward(call, await this.upstreamOf(group, version));
  }

  async upstreamOf(group: string, version: string): Promise<Upstream> {
    const remote = this.#remote.get(`${group}/${version}`);
    if (remote === undefined || !isAvailable(remote.apiService)) throw unavailable();
    return this.#transports.to(remote.apiService).catch((error: unknown) => {
      throw unavailable(error);
    });
  }

  /** The OpenAPI document of version 2 that the server of a group version has. Throws Error where it has none. */
  async openApiV2(group: string, version: string): Promise<unknown> {
    const { code, body } = await fetchFrom(await this.upstreamOf(group, version), '/openapi/v2');
    if (code !== 200) throw new Error(`/openapi/v2 of ${group}/${version}: ${code}`);
    return body;
  }

  /** Does now what is otherwise done from time to time. One at a time. */
  sync(): Promise<void> {
    this.#running ??= this.#syncAll().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  #soonSync(): void {
    if (this.#stopped || this.#soon !== undefined) return;
    this.#soon = setTimeout(() => void this.#syncAnew(), 50);
    this.#soon.unref();
  }

  /** After the one that is going on, which may have looked before the change. */
  async #syncAnew(): Promise<void> {
    await this.#running;
    this.#soon = undefined;
    if (!this.#stopped) await this.sync();
  }

  #changed(now: ApiService | undefined, before: ApiService | undefined): void {
    const { spec } = (now ?? before) as ApiService;
    const key = `${spec?.group ?? ''}/${spec?.version ?? ''}`;
    const known = this.#remote.get(key);
    if (now?.spec?.service === undefined) {
      if (known !== undefined) this.#remote.delete(key);
      if (known === undefined && now !== undefined) return;
    } else {
      const { group = '', version = '' } = now.spec;
      this.#remote.set(key, { apiService: now, group, version, discovered: known?.discovered });
    }
    this.#changes += 1;
    // A change of the status alone is one's own doing.
    if (now === undefined || before === undefined || now.spec !== before.spec) this.#soonSync();
  }

  async #syncAll(): Promise<void> {
    const { pipeline, onError } = this.#options;
    if (this.#registry !== pipeline.registry || [...this.#view.values()].length === 0) {
      const { registry } = pipeline;
      await this.#syncLocal(registry).then(
        () => {
          this.#registry = registry;
        },
        (error: unknown) => onError(error, ''),
      );
    }
    await Promise.all(
      [...this.#remote.values()].map((remote) =>
        this.#check(remote).catch((error: unknown) => onError(error, remote.apiService.metadata.name)),
      ),
    );
  }

  async #syncLocal(registry: Registry): Promise<void> {
    const present = new Map([...this.#view.values()].map((one) => [one.metadata.name, one]));
    for (const action of planLocal(localApiServices(registry.groupVersions()), present)) {
      await this.#carryOut(action);
    }
  }

  async #carryOut({ type, object }: LocalAction): Promise<void> {
    const { name } = object.metadata;
    if (type === 'create') await this.#send({ ...resource, verb: 'create', body: object }, 409);
    else if (type === 'delete') await this.#send({ ...resource, verb: 'delete', name }, 404);
    else await this.#write(object, localCondition);
  }

  async #check(remote: RemoteVersion): Promise<void> {
    const { apiService } = remote;
    const finding = await checkAvailability(apiService, this.#options.reader, this.#transports);
    if (finding.status === 'True') await this.#discover(remote);
    await this.#write(apiService, finding);
  }

  /** Writes down what was found of an APIService, beside what others write there meanwhile; nothing of one that is about another server by now. */
  async #write(known: ApiService, finding: Finding): Promise<void> {
    const at = { ...resource, name: known.metadata.name };
    for (let current = known; !this.#stopped && equal(current.spec, known.spec); ) {
      const changed = withFinding(current, finding, this.#timestamp());
      if (changed === undefined) return;
      const body = { metadata: { resourceVersion: current.metadata.resourceVersion }, status: changed.status };
      const patch = {
        verb: 'patch',
        subresource: 'status',
        contentType: 'application/merge-patch+json',
        body,
      } as const;
      if ((await this.#send({ ...at, ...patch }, 404, 409)).code !== 409) return;
      const read = await this.#send({ ...at, verb: 'get' }, 404);
      if (read.code === 404) return;
      current = read.body as ApiService;
    }
  }

  async #discover({ apiService, group, version }: RemoteVersion): Promise<void> {
    const discovered = await discover(await this.#transports.to(apiService), group, version);
    const key = `${group}/${version}`;
    const known = this.#remote.get(key);
    if (known === undefined || JSON.stringify(known.discovered) === JSON.stringify(discovered)) return;
    this.#remote.set(key, { ...known, discovered });
    this.#changes += 1;
  }

  async #send(request: ApiRequest, ...tolerated: readonly number[]): Promise<ApiResponse> {
    const context = { user: apiserver, userAgent: 'kube-aggregator', signal: new AbortController().signal };
    const response = await this.#options.pipeline.handle(request, context);
    const { code, body } = response;
    if (code < 400 || tolerated.includes(code)) return response;
    throw StatusError.from(body as Parameters<typeof StatusError.from>[0]);
  }

  #timestamp(): string {
    return `${(this.#options.now?.() ?? new Date()).toISOString().slice(0, 19)}Z`;
  }
}

function unavailable(cause?: unknown): StatusError {
  return new StatusError('ServiceUnavailable', 'service unavailable', undefined, { cause });
}
