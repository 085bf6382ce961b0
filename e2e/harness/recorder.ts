import type { Entry, Recorded, Recording } from './history/index.ts';
import type { HttpApi } from './http.ts';

export interface Readable {
  /** Path of the list, as '/apis/apps/v1/deployments'. */
  path: string;
  resource: string;
  namespace?: string;
}

interface ListBody {
  metadata: { resourceVersion: string };
  items: Recorded[];
}

interface EventBody {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  object: Recorded & { code?: number };
}

/** Follows one resource at one replica of the api as an informer does (list, watch, watch again from the last revision, list again after 410), and keeps all of it. */
export class Recorder implements Recording {
  readonly reader: string;
  readonly resource: string;
  readonly namespace?: string;
  readonly entries: Entry[] = [];
  readonly #api: HttpApi;
  readonly #path: string;
  readonly #stop = new AbortController();
  #revision = 0;
  #done: Promise<void> | undefined;

  constructor(api: HttpApi, reader: string, { path, resource, namespace }: Readable) {
    this.#api = api;
    this.#path = path;
    this.reader = reader;
    this.resource = resource;
    if (namespace !== undefined) this.namespace = namespace;
  }

  /** The last revision that this reader knows to have reached. */
  get revision(): number {
    return this.#revision;
  }

  /** Resolves when the first list is there. */
  async start(): Promise<void> {
    await this.#list();
    this.#done = this.#follow();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#done;
  }

  async #list(): Promise<void> {
    for (;;) {
      const answer = await this.#api.call<ListBody>({ path: this.#path }).catch(() => undefined);
      if (this.#stop.signal.aborted) return;
      if (answer?.code === 200) {
        this.#revision = Number(answer.body.metadata.resourceVersion);
        this.entries.push({
          kind: 'list',
          resource: this.resource,
          revision: this.#revision,
          objects: answer.body.items.map(typeless),
        });
        return;
      }
      await pause();
    }
  }

  async #follow(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      let expired = false;
      const query = `?watch=true&allowWatchBookmarks=true&resourceVersion=${this.#revision}`;
      const onLine = (line: string) => {
        const { type, object } = JSON.parse(line) as EventBody;
        if (type === 'ERROR') expired ||= object.code === 410;
        else this.#take(type, object);
      };
      const code = await this.#api.watch(`${this.#path}${query}`, onLine, this.#stop.signal);
      if (this.#stop.signal.aborted) return;
      if (expired || code === 410) await this.#list();
      else await pause();
    }
  }

  #take(type: Exclude<EventBody['type'], 'ERROR'>, object: Recorded): void {
    const revision = Number(object.metadata.resourceVersion);
    this.#revision = revision;
    if (type !== 'BOOKMARK')
      this.entries.push({ kind: 'change', resource: this.resource, revision, type, object: typeless(object) });
  }
}

/** Items of a list do not say their kind, those of a watch do. */
const typeless = (object: Recorded): Recorded => ({ ...object, apiVersion: '', kind: '' });

const pause = () => new Promise<void>((resolve) => setTimeout(resolve, 200));
