import { eventually } from '@kubus/testkit';
import { afterEach, expect, it } from 'vitest';
import type { ApiClient, ApiRequest, WatchEvent } from '../bus/contract.ts';
import { StatusError } from '../errors/index.ts';
import type { KubeObject } from '../object/index.ts';
import { ApiSource, CachedInformer } from './index.ts';

const pods = { group: '', version: 'v1', resource: 'pods' };
const open: CachedInformer[] = [];

afterEach(async () => {
  for (const informer of open.splice(0)) await informer.stop();
});

function pod(name: string, revision: number): KubeObject {
  return {
    kind: 'Pod',
    apiVersion: 'v1',
    metadata: { namespace: 'n', name, uid: name, resourceVersion: String(revision) },
  };
}

type Script = WatchEvent[] | Error;

/** Answers lists and watches as scripted; the last watch stays open. */
class ScriptedApi implements Pick<ApiClient, 'request' | 'watch'> {
  readonly requests: ApiRequest[] = [];
  readonly #lists: (object | Error)[];
  readonly #watches: Script[];

  constructor(lists: (object | Error)[], watches: Script[]) {
    this.#lists = lists;
    this.#watches = watches;
  }

  async request<T>(request: ApiRequest): Promise<T> {
    this.requests.push(request);
    const list = this.#lists.shift();
    if (list instanceof Error) throw list;
    return list as T;
  }

  async *watch<T extends KubeObject>(
    request: ApiRequest,
    { signal }: { signal: AbortSignal },
  ): AsyncGenerator<WatchEvent<T>> {
    this.requests.push(request);
    const script = this.#watches.shift();
    if (script instanceof Error) throw script;
    for (const event of script ?? []) yield event as WatchEvent<T>;
    if (this.#watches.length === 0) await new Promise((resolve) => signal.addEventListener('abort', resolve));
  }

  queries(verb: string): (string | undefined)[] {
    const name = verb === 'list' ? 'continue' : 'resourceVersion';
    return this.requests.filter((r) => r.verb === verb).map((r) => r.query?.[name]);
  }
}

async function informerOver(api: ScriptedApi, errors: unknown[] = []): Promise<CachedInformer> {
  const source = new ApiSource({
    client: api,
    resource: pods,
    namespace: 'n',
    query: { fieldSelector: 'spec.nodeName=a' },
    backoffMs: () => 1,
    onError: (error) => errors.push(error),
  });
  const informer = new CachedInformer({ resource: pods, source });
  open.push(informer);
  await informer.start();
  return informer;
}

const page = (items: KubeObject[], revision: number, token?: string) => ({
  metadata: { resourceVersion: String(revision), ...(token === undefined ? {} : { continue: token }) },
  items,
});
const names = (informer: CachedInformer) => informer.list().map((object) => object.metadata.name);

it('lists page by page, then follows from there', async () => {
  const api = new ScriptedApi(
    [page([pod('a', 1)], 5, 'more'), page([pod('b', 2)], 5)],
    [
      [
        { type: 'ADDED', object: pod('c', 6) },
        { type: 'MODIFIED', object: pod('a', 7) },
        { type: 'DELETED', object: pod('b', 8) },
      ],
    ],
  );
  const informer = await informerOver(api);
  await informer.waitFor(8);
  expect(names(informer)).toEqual(['a', 'c']);
  expect(api.queries('list')).toEqual([undefined, 'more']);
  expect(api.requests.at(-1)).toMatchObject({
    verb: 'watch',
    namespace: 'n',
    query: { fieldSelector: 'spec.nodeName=a', resourceVersion: '5', allowWatchBookmarks: 'true' },
  });
});

it('resumes an ended or broken watch from the last revision it was told, bookmarks included', async () => {
  const errors: unknown[] = [];
  const api = new ScriptedApi(
    [page([], 5)],
    [
      [{ type: 'ADDED', object: pod('a', 6) }],
      [{ type: 'BOOKMARK', object: pod('', 9) }],
      new StatusError('ServiceUnavailable', 'away'),
      [{ type: 'DELETED', object: pod('a', 10) }],
    ],
  );
  const informer = await informerOver(api, errors);
  await informer.waitFor(10);
  expect(api.queries('watch')).toEqual(['5', '6', '9', '9']);
  expect(api.queries('list')).toHaveLength(1);
  expect(errors).toHaveLength(1);
  expect(names(informer)).toEqual([]);
});

it('lists again when its revision has expired', async () => {
  const api = new ScriptedApi(
    [page([pod('a', 1), pod('b', 2)], 5), page([pod('b', 2), pod('c', 30)], 40)],
    [new StatusError('Expired', 'too old resource version'), []],
  );
  const informer = await informerOver(api);
  await informer.waitFor(40);
  expect(names(informer)).toEqual(['b', 'c']);
  expect(api.queries('watch')).toEqual(['5', '40']);
});

it('goes on asking until it can list', async () => {
  const errors: unknown[] = [];
  const away = new StatusError('ServiceUnavailable', 'away');
  const api = new ScriptedApi([away, away, page([pod('a', 1)], 1)], [[]]);
  const informer = await informerOver(api, errors);
  expect(names(informer)).toEqual(['a']);
  expect(errors).toEqual([away, away]);
});

it('does not ask a server in a circle that ends every watch at once', async () => {
  const api = new ScriptedApi(
    [page([], 5)],
    Array.from({ length: 100 }, () => []),
  );
  await informerOver(api);
  const watches = () => api.queries('watch').length;
  await eventually(() => expect(watches()).toBeGreaterThan(2));
  expect(watches()).toBeLessThan(50);
});
