import type { ApiRequest, ApiResponse, JsonPart } from '@kubus/shared/bus';
import { notFound, StatusError } from '@kubus/shared/errors';
import type { KubeObject } from '@kubus/shared/object';
import { builtinKinds, type KindDeclaration, Registry } from '@kubus/shared/registry';
import type { ServiceReader } from '../../outbound/index.ts';
import { parseProxiedName } from '../../pipeline/index.ts';
import type { CacheEvent, Watch, WatchSink } from '../../watchcache/index.ts';
import type { Credentials, DecodedRequest, Pipeline, RequestContext, UserInfo } from '../contract.ts';

const connect = (name: string) => ({
  name,
  type: 'connect' as const,
  responds: { group: '', version: 'v1', kind: 'PodExecOptions' },
  schema: '',
  verbs: ['get', 'create'] as const,
});

const proxy = { ...connect('proxy'), verbs: ['create', 'delete', 'get', 'patch', 'update'] as const, proxied: true };

const podKind: KindDeclaration = {
  kind: 'Pod',
  plural: 'pods',
  singular: 'pod',
  scope: 'Namespaced',
  versions: [{ group: '', version: 'v1', schema: 'io.k8s.api.core.v1.Pod' }],
  subresources: [connect('exec'), connect('attach'), connect('log'), connect('portforward'), proxy],
};

/** A pipeline in memory: one collection of ConfigMaps and Pods, enough to see what the front makes of requests and answers. Refuses what it does not know. */
export class FakePipeline implements Pipeline {
  time(): undefined {
    return undefined;
  }

  catchUp = (): Promise<void> => Promise.resolve();

  readonly registry = new Registry([...builtinKinds.filter((kind) => kind.plural !== 'pods'), podKind]);
  readonly requests: { request: DecodedRequest; context: RequestContext }[] = [];
  readonly sinks = new Set<WatchSink>();
  readonly objects = new Map<string, KubeObject>();
  /** Called before a request is answered: to hold it, or to fail. */
  before: (request: DecodedRequest) => Promise<void> | void = () => undefined;
  warnings: string[] = [];
  /** The text of a list's body, to be sent as it is. */
  text: (() => Iterable<JsonPart>) | undefined;
  revision = 1;

  async authenticate(credentials: Credentials, onOwn?: (own: UserInfo) => void): Promise<UserInfo> {
    if (credentials.bearerToken !== undefined && credentials.bearerToken !== 'good') {
      throw new StatusError('Unauthorized', 'Unauthorized');
    }
    const own = ownUser(credentials);
    onOwn?.(own);
    return credentials.impersonate ?? own;
  }

  async authorizePath(user: UserInfo, verb: string, path: string): Promise<void> {
    if (!path.startsWith('/forbidden')) return;
    throw new StatusError('Forbidden', `forbidden: User "${user.username}" cannot ${verb} path "${path}"`);
  }

  async authorizeForeign(user: UserInfo, { verb, resource }: { verb: string; resource: string }): Promise<void> {
    if (resource !== 'forbidden') return;
    throw new StatusError('Forbidden', `User "${user.username}" cannot ${verb} resource "${resource}"`);
  }

  async handle(request: DecodedRequest, context: RequestContext): Promise<ApiResponse> {
    this.requests.push({ request, context });
    await this.before(request);
    try {
      const body = this.#answer(request);
      const text = request.verb === 'list' && this.text !== undefined ? { json: this.text } : {};
      return { code: request.verb === 'create' ? 201 : 200, body, warnings: this.warnings, ...text };
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      return { code: error.code, body: error.toStatus() };
    }
  }

  async handleBatch(): Promise<ApiResponse[]> {
    throw new Error('the HTTP front sends no batches');
  }

  #answer(request: DecodedRequest): unknown {
    if (request.resource !== 'configmaps' && request.resource !== 'pods') throw notFound(request, request.name ?? '');
    if (request.verb === 'list') {
      const metadata = { resourceVersion: String(this.revision) };
      return { kind: 'ConfigMapList', apiVersion: 'v1', metadata, items: [...this.objects.values()] };
    }
    if (request.verb === 'create') return this.put(request.body as KubeObject);
    const object = this.objects.get(request.name ?? '');
    if (object === undefined) throw notFound(request, request.name ?? '');
    return object;
  }

  /** The same objects, as a part that looks for them itself reads them. */
  readonly reader: ServiceReader = {
    get: async ({ name }) => this.objects.get(name),
    list: async () => [...this.objects.values()],
  };

  put(object: KubeObject): KubeObject {
    this.revision += 1;
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(this.revision) } };
    const type = this.objects.has(object.metadata.name) ? 'MODIFIED' : 'ADDED';
    this.objects.set(object.metadata.name, stored);
    const event = cacheEvent(type, stored, this.revision);
    for (const sink of this.sinks) if (!sink.event(event)) this.sinks.delete(sink);
    return stored;
  }

  async watch(request: ApiRequest, _context: RequestContext, sink: WatchSink): Promise<Watch> {
    if (request.query?.resourceVersion === '1') throw new StatusError('Expired', 'too old resource version: 1 (5)');
    if (request.resource !== 'configmaps') throw notFound(request, request.name ?? '');
    if (request.query?.sendInitialEvents === 'true') {
      for (const object of this.objects.values()) sink.event(cacheEvent('ADDED', object, this.revision));
      sink.bookmark(this.revision, true);
    }
    this.sinks.add(sink);
    return { stop: () => this.sinks.delete(sink) };
  }

  async connect(request: ApiRequest, context: RequestContext): Promise<KubeObject> {
    this.requests.push({ request, context });
    const name = parseProxiedName(request.name ?? '')?.name ?? '';
    const object = this.objects.get(name);
    if (object === undefined) throw notFound(request, name);
    return object;
  }
}

function cacheEvent(type: CacheEvent['type'], object: KubeObject, revision: number): CacheEvent {
  const encodings = new Map<string, Uint8Array>();
  const event: CacheEvent = {
    type,
    object,
    revision,
    encoded(representation, encode) {
      const known = encodings.get(representation) ?? encode(event);
      encodings.set(representation, known);
      return known;
    },
  };
  return event;
}

function ownUser({ certificate, bearerToken }: Credentials): UserInfo {
  if (certificate !== undefined) return { username: certificate.commonName, groups: certificate.organizations };
  if (bearerToken !== undefined) return { username: 'token-user', groups: [] };
  return { username: 'system:anonymous', groups: ['system:unauthenticated'] };
}
