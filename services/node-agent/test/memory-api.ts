import type { ApiHandler, ApiRequest, ApiResponse, WatchEvent } from '@kubus/shared/bus';
import { notFound, StatusError } from '@kubus/shared/errors';
import type { KubeObject } from '@kubus/shared/object';

interface Stored extends KubeObject {
  spec?: object & { nodeName?: string };
  status?: object;
}

/** The other side of the bus: objects of any resource, with what an agent asks for. Refuses what it does not know. */
export class MemoryApi implements ApiHandler {
  readonly #objects = new Map<string, Stored>();
  readonly #watchers = new Set<(resource: string, event: WatchEvent<Stored>) => void>();
  #revision = 1;

  get<T>(resource: string, name: string): T | undefined {
    return this.#objects.get(`${resource}/${name}`) as T | undefined;
  }

  list(resource: string): Stored[] {
    return [...this.#objects].filter(([key]) => key.startsWith(`${resource}/`)).map(([, object]) => object);
  }

  put(resource: string, object: Stored): Stored {
    const key = `${resource}/${object.metadata.name}`;
    const type = this.#objects.has(key) ? 'MODIFIED' : 'ADDED';
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: `${++this.#revision}` } };
    this.#objects.set(key, stored);
    this.#tell(resource, { type, object: stored });
    return stored;
  }

  remove(resource: string, name: string): void {
    const object = this.#objects.get(`${resource}/${name}`);
    if (object === undefined) throw notFound({ group: '', resource }, name);
    this.#objects.delete(`${resource}/${name}`);
    const metadata = { ...object.metadata, resourceVersion: `${++this.#revision}` };
    this.#tell(resource, { type: 'DELETED', object: { ...object, metadata } });
  }

  async handle(request: ApiRequest): Promise<ApiResponse> {
    try {
      return { code: 200, body: this.#answer(request) };
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      return { code: error.code, body: error.toStatus() };
    }
  }

  handleBatch(requests: readonly ApiRequest[]): Promise<ApiResponse[]> {
    return Promise.all(requests.map((request) => this.handle(request)));
  }

  async *watch(request: ApiRequest, _identity: unknown, signal: AbortSignal): AsyncIterable<string> {
    const waiting: string[] = [];
    let wake = (): void => undefined;
    const watcher = (resource: string, event: WatchEvent<Stored>) => {
      if (resource !== request.resource || !this.#selects(request, event.object)) return;
      waiting.push(JSON.stringify(event));
      wake();
    };
    this.#watchers.add(watcher);
    signal.addEventListener('abort', () => wake());
    while (!signal.aborted) {
      yield* waiting.splice(0);
      if (waiting.length === 0) await new Promise<void>((resolve) => (wake = resolve));
    }
    this.#watchers.delete(watcher);
  }

  #answer(request: ApiRequest): unknown {
    const { verb, resource, name = '' } = request;
    const found = this.#objects.get(`${resource}/${name}`);
    const body = request.body as Stored;
    switch (verb) {
      case 'list': {
        const items = this.list(resource).filter((object) => this.#selects(request, object));
        return { metadata: { resourceVersion: `${this.#revision}` }, items };
      }
      case 'create':
        if (this.#objects.has(`${resource}/${body.metadata.name}`)) throw new StatusError('AlreadyExists', 'exists');
        return this.put(resource, body);
      case 'patch':
        // Server-side apply makes what is not there.
        if (found === undefined && request.contentType !== 'application/apply-patch+yaml')
          throw notFound({ group: '', resource }, name);
        return this.put(resource, { ...found, ...body, metadata: { ...found?.metadata, ...body.metadata, name } });
      case 'update':
      case 'get':
        if (found === undefined) throw notFound({ group: '', resource }, name);
        return verb === 'get' ? found : this.put(resource, body);
      case 'delete':
        return this.remove(resource, name);
      default:
        throw new StatusError('MethodNotAllowed', `the memory API does not know ${verb}`);
    }
  }

  #selects({ query = {} }: ApiRequest, object: Stored): boolean {
    const { fieldSelector = '' } = query;
    const node = object.spec?.nodeName ?? '';
    if (fieldSelector === '') return true;
    if (fieldSelector === 'spec.nodeName!=') return node !== '';
    return [`spec.nodeName=${node}`, `metadata.name=${object.metadata.name}`].includes(fieldSelector);
  }

  #tell(resource: string, event: WatchEvent<Stored>): void {
    for (const watcher of this.#watchers) watcher(resource, event);
  }
}
