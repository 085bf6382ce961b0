import { randomUUID } from 'node:crypto';
import type { ApiClient, ApiRequest, ApiResponse, WatchEvent } from '@kubus/shared/bus';
import { notFound, StatusError } from '@kubus/shared/errors';
import type { Informer, InformerEvent } from '@kubus/shared/informer';
import type { KubeObject } from '@kubus/shared/object';
import type { ConfigMap, Pod, RuntimeClass, Secret, TokenRequest } from '@kubus/shared/schema';

type Handler = (event: InformerEvent<Pod>) => void;

/** The API as an agent sees it: pods, and the ConfigMaps and Secrets of their namespace. Refuses every request that it does not know. */
export class FakeApi implements ApiClient {
  readonly #pods = new Map<string, Pod>();
  readonly #configs = new Map<string, ConfigMap | Secret | RuntimeClass>();
  readonly #handlers = new Set<Handler>();
  readonly #watchers = new Set<(key: string, event: WatchEvent) => void>();
  /** Of every token that was asked for. */
  readonly tokens: (TokenRequest & { account: string })[] = [];
  /** `reason message` of every event. */
  readonly events: string[] = [];
  /** Statuses in the order in which they were taken. */
  readonly statuses: { name: string; status: NonNullable<Pod['status']> }[] = [];
  /** Every request fails with this while it is set. */
  down: Error | undefined;
  #revision = 100;

  create(pod: Pod): Pod {
    const metadata = { ...pod.metadata, resourceVersion: `${++this.#revision}`, generation: 1 };
    const created = { ...pod, metadata };
    this.#pods.set(pod.metadata.name, created);
    this.#tell({ type: 'added', object: created });
    return created;
  }

  pod(name: string): Pod {
    const found = this.#pods.get(name);
    if (found === undefined) throw notFound({ group: '', resource: 'pods' }, name);
    return found;
  }

  has(name: string): boolean {
    return this.#pods.has(name);
  }

  put(config: ConfigMap | Secret | RuntimeClass): void {
    const metadata = { namespace: 'default', ...config.metadata, resourceVersion: `${++this.#revision}` };
    const object = { ...config, metadata };
    const key = `${config.kind}/${config.metadata.name}`;
    this.#configs.set(key, object);
    for (const watcher of this.#watchers) watcher(key, { type: 'MODIFIED', object });
  }

  take(kind: 'ConfigMap' | 'Secret', name: string): void {
    const object = this.#configs.get(`${kind}/${name}`);
    this.#configs.delete(`${kind}/${name}`);
    const metadata = { ...(object as ConfigMap).metadata, resourceVersion: `${++this.#revision}` };
    for (const watcher of this.#watchers)
      watcher(`${kind}/${name}`, { type: 'DELETED', object: { ...object, metadata } as ConfigMap });
  }

  /** Graceful deletion, as `kubectl delete` begins it. */
  remove(name: string, gracePeriodSeconds?: number): void {
    const pod = this.pod(name);
    const seconds = gracePeriodSeconds ?? pod.spec?.terminationGracePeriodSeconds ?? 30;
    const deletion = { deletionTimestamp: new Date().toISOString(), deletionGracePeriodSeconds: seconds };
    this.change(name, { ...pod, metadata: { ...pod.metadata, ...deletion } });
  }

  /** It is gone without the agent having been asked. */
  forceRemove(name: string): void {
    const pod = this.pod(name);
    this.#pods.delete(name);
    this.#tell({ type: 'deleted', object: pod, previous: pod });
  }

  change(name: string, pod: Pod): Pod {
    const previous = this.pod(name);
    const object = { ...pod, metadata: { ...pod.metadata, resourceVersion: `${++this.#revision}` } };
    this.#pods.set(name, object);
    this.#tell({ type: 'updated', object, previous });
    return object;
  }

  /** An informer over the pods; `synced` from the start. */
  informer(): Informer<Pod> {
    const list = () => [...this.#pods.values()];
    return {
      resource: { group: '', resource: 'pods' },
      get: (_, name) => this.#pods.get(name),
      list,
      byIndex: () => [],
      revision: this.#revision,
      synced: true,
      waitFor: async () => undefined,
      start: async () => undefined,
      stop: async () => undefined,
      onChange: (handler) => {
        this.#handlers.add(handler);
        for (const object of list()) handler({ type: 'added', object });
        return () => this.#handlers.delete(handler);
      },
    };
  }

  async request<T>(request: ApiRequest): Promise<T> {
    return this.#handle(request) as T;
  }

  async batch(requests: readonly ApiRequest[]): Promise<ApiResponse[]> {
    if (this.down !== undefined) throw this.down;
    return requests.map((request) => {
      try {
        return { code: 200, body: this.#handle(request) };
      } catch (error) {
        if (!(error instanceof StatusError)) throw error;
        return { code: error.code, body: error.toStatus() };
      }
    });
  }

  /** Of one ConfigMap or Secret by its name, as a node may; from now on. */
  async *watch<T extends KubeObject>(
    request: ApiRequest,
    { signal }: { signal: AbortSignal },
  ): AsyncIterable<WatchEvent<T>> {
    if (this.down !== undefined) throw this.down;
    const key = configKey(request);
    const waiting: WatchEvent<T>[] = [];
    let wake = (): void => undefined;
    const watcher = (changed: string, event: WatchEvent) => {
      if (changed !== key) return;
      waiting.push(event as WatchEvent<T>);
      wake();
    };
    this.#watchers.add(watcher);
    signal.addEventListener('abort', () => wake());
    while (!signal.aborted) {
      yield* waiting.splice(0);
      if (waiting.length === 0 && !signal.aborted) await new Promise<void>((resolve) => (wake = resolve));
    }
    this.#watchers.delete(watcher);
  }

  get watches(): number {
    return this.#watchers.size;
  }

  #handle(request: ApiRequest): unknown {
    if (this.down !== undefined) throw this.down;
    const { verb, resource, subresource = '', name = '' } = request;
    switch (`${verb} ${resource}/${subresource}`) {
      case 'get configmaps/':
        return this.#config('ConfigMap', 'configmaps', name);
      case 'get secrets/':
        return this.#config('Secret', 'secrets', name);
      case 'get runtimeclasses/':
        return this.#config('RuntimeClass', 'runtimeclasses', name);
      case 'list configmaps/':
      case 'list secrets/': {
        const found = this.#configs.get(configKey(request));
        return { metadata: { resourceVersion: `${this.#revision}` }, items: found === undefined ? [] : [found] };
      }
      case 'create serviceaccounts/token':
        return this.#issue(name, request.body as TokenRequest);
      case 'get nodes/':
        return { apiVersion: 'v1', kind: 'Node', metadata: { name, uid: `uid-${name}` } };
      case 'create pods/': {
        const pod = request.body as Pod;
        if (this.has(pod.metadata.name)) throw new StatusError('AlreadyExists', 'it exists');
        return this.create({ ...pod, metadata: { ...pod.metadata, uid: randomUUID() } });
      }
      case 'patch pods/status':
        return this.#patchStatus(name, request.body as Pod);
      case 'delete pods/':
        return this.#finalDelete(name, request.body as { preconditions: { uid: string }; gracePeriodSeconds: number });
      default:
        throw new StatusError('MethodNotAllowed', `the fake API does not know ${verb} ${resource}/${subresource}`);
    }
  }

  #config(kind: string, resource: string, name: string): ConfigMap | Secret | RuntimeClass {
    const found = this.#configs.get(`${kind}/${name}`);
    if (found === undefined) throw notFound({ group: '', resource }, name);
    return found;
  }

  #issue(account: string, body: TokenRequest): TokenRequest {
    this.tokens.push({ ...body, account });
    const seconds = body.spec?.expirationSeconds ?? 3600;
    const expirationTimestamp = new Date(Date.now() + seconds * 1000).toISOString();
    return { ...body, status: { token: `token-${this.tokens.length}`, expirationTimestamp } };
  }

  #patchStatus(name: string, { metadata, status = {} }: Pod): Pod {
    const pod = this.pod(name);
    if (metadata.uid !== pod.metadata.uid)
      throw new StatusError('Conflict', 'Precondition failed: UID in precondition');
    this.statuses.push({ name, status });
    return this.change(name, { ...pod, status: { ...pod.status, ...status } });
  }

  #finalDelete(name: string, body: { preconditions: { uid: string }; gracePeriodSeconds: number }): object {
    const pod = this.pod(name);
    if (body.gracePeriodSeconds !== 0) throw new StatusError('BadRequest', 'an agent deletes with no grace period');
    if (body.preconditions.uid !== pod.metadata.uid) throw new StatusError('Conflict', 'the uid differs');
    this.forceRemove(name);
    return {};
  }

  #tell(event: InformerEvent<Pod>): void {
    for (const handler of this.#handlers) handler(event);
  }
}

function configKey({ resource, query }: ApiRequest): string {
  const [, name] = /^metadata\.name=(.+)$/.exec(query?.['fieldSelector'] ?? '') ?? [];
  if (name === undefined) throw new StatusError('Forbidden', 'a node lists and watches single objects only');
  return `${resource === 'secrets' ? 'Secret' : 'ConfigMap'}/${name}`;
}
