import type { ApiResponse, JsonPart } from '@kubus/shared/bus';
import { isExpired, notFound, StatusError } from '@kubus/shared/errors';
import type { KubeObject } from '@kubus/shared/object';
import {
  anyRevision,
  formatContinue,
  type ListPage,
  type ListQuery,
  parseContinue,
  type TokenScope,
} from '@kubus/shared/store';
import { type CachePage, isRevisionTooLarge, revisionTooLarge, type WatchCache } from '../watchcache/index.ts';
import { keyOf, type StoredCall } from './call.ts';
import { allFromStored, fromStored, isStoredVersion } from './convert.ts';
import type { Deps } from './deps.ts';
import { checkRevision, freshnessOf, type ListOptions, listOptions } from './list-options.ts';
import { parameter } from './options.ts';
import { type Selection, selectionOf } from './selection.ts';

export async function get(deps: Deps, call: StoredCall): Promise<ApiResponse> {
  return { code: 200, body: await fromStored(call.resource, await readObject(deps, call)) };
}

/** The stored object that a call names, as fresh as it asks for. Throws NotFound. */
export async function readObject(deps: Deps, call: StoredCall): Promise<KubeObject> {
  const resourceVersion = parameter(call.request.query, 'resourceVersion') ?? '';
  checkRevision(resourceVersion);
  const key = keyOf(call);
  const object =
    resourceVersion === ''
      ? await deps.store.get(key)
      : await (await deps.caches.of(call.storage)).get(key.namespace, key.name, freshnessOf(resourceVersion));
  if (object === undefined) throw notFound(call.resource, call.name);
  return object;
}

export interface Listed {
  /** As they are stored. */
  readonly items: KubeObject[];
  /** The same as they are served, where they had to be made to be selected. */
  readonly served?: KubeObject[];
  /** The JSON of each item, where it is at hand. */
  texts?(): Iterable<JsonPart>;
  revision: number;
  continue?: string;
  remaining?: number;
}

export async function list(deps: Deps, call: StoredCall): Promise<ApiResponse> {
  const listed = await listObjects(deps, call);
  const head = {
    kind: call.resource.listKind,
    apiVersion: call.resource.apiVersion,
    metadata: {
      resourceVersion: String(listed.revision),
      ...(listed.continue === undefined ? {} : { continue: listed.continue }),
      ...(listed.remaining === undefined ? {} : { remainingItemCount: listed.remaining }),
    },
  };
  if (!isStoredVersion(call.resource)) {
    const items = listed.served ?? (await allFromStored(call.resource, listed.items));
    return { code: 200, body: { ...head, items } };
  }
  const { texts } = listed;
  return {
    code: 200,
    body: {
      ...head,
      get items() {
        return listed.items;
      },
    },
    ...(texts === undefined ? {} : { json: () => listText(head, texts()) }),
  };
}

/** The text that JSON.stringify would make of the list. */
function* listText(head: object, items: Iterable<JsonPart>): Generator<JsonPart> {
  let before = `${JSON.stringify(head).slice(0, -1)},"items":[`;
  for (const item of items) {
    if (before !== '') yield before;
    before = ',';
    yield item;
  }
  yield before === ',' ? ']}' : `${before}]}`;
}

/**
 * Lists from the watch cache where that is as good as the store, and from the store in pages where it is not. What is to be the latest comes from the store, too, when the
 * cache does not get there in time, as after a loss of the bus (kube-apiserver's CacheDelegator does so).
 */
export async function listObjects(deps: Deps, call: StoredCall): Promise<Listed> {
  const selection = selectionOf(call);
  const listed = await storedObjects(deps, call, selection);
  return selection.served === undefined ? listed : selectServed(call, listed, selection.served);
}

/** Of a page, what is selected after somebody else has converted it: it may be shorter than its limit. */
async function selectServed(
  { resource }: StoredCall,
  listed: Listed,
  matches: (object: KubeObject) => boolean,
): Promise<Listed> {
  const all = await allFromStored(resource, listed.items);
  return {
    items: listed.items.filter((_, i) => matches(all[i] as KubeObject)),
    served: all.filter(matches),
    revision: listed.revision,
    ...(listed.continue === undefined ? {} : { continue: listed.continue }),
  };
}

async function storedObjects(deps: Deps, call: StoredCall, selection: Selection): Promise<Listed> {
  const options = listOptions(call.request.query);
  const cache = await deps.caches.of(call.storage);
  if (options.continue !== '') {
    return (await laterOfCache(call, cache, options, selection)) ?? page(deps, call, options, selection);
  }
  if (options.match === 'Exact') return exactly(deps, call, options, selection);
  try {
    return await fromBeginning(deps, call, cache, options, selection);
  } catch (error) {
    if (options.resourceVersion !== '' || !isRevisionTooLarge(error)) throw error;
    return page(deps, call, options, selection);
  }
}

async function fromBeginning(
  deps: Deps,
  call: StoredCall,
  cache: WatchCache,
  options: ListOptions,
  selection: Selection,
): Promise<Listed> {
  if (options.limit > 0 && options.resourceVersion !== '0' && selection.name === undefined) {
    return (await firstOfCache(deps, call, cache, options, selection)) ?? page(deps, call, options, selection);
  }
  const listed = await cache.list({
    namespace: call.namespace,
    ...(selection.name === undefined ? {} : { name: selection.name }),
    ...(selection.matches === undefined ? {} : { predicate: selection.matches }),
    freshness: freshnessOf(options.resourceVersion),
  });
  const fits = options.limit === 0 || listed.items.length <= options.limit || options.resourceVersion === '0';
  return fits ? listed : page(deps, call, options, selection);
}

/** The first page from the cache, which can be continued there and in the store. Undefined when it could not. */
async function firstOfCache(
  deps: Deps,
  call: StoredCall,
  cache: WatchCache,
  { limit, resourceVersion }: ListOptions,
  { matches }: Selection,
): Promise<Listed | undefined> {
  const read = await cache.page({
    namespace: call.namespace,
    ...(matches === undefined ? {} : { predicate: matches }),
    limit,
    from: freshnessOf(resourceVersion),
  });
  if (read === undefined || read.last === '') return read;
  return (await deps.store.retain(call.storage, read.revision))
    ? continued(call, read, matches === undefined)
    : undefined;
}

/** A later page from the cache. Undefined when it is not, or no longer, what it was at the revision of the first page. */
async function laterOfCache(
  call: StoredCall,
  cache: WatchCache,
  { limit, continue: token }: ListOptions,
  { matches }: Selection,
): Promise<Listed | undefined> {
  const { revision, last } = parseContinue(scopeOf(call), token);
  const isWithin = call.namespace === '' || last.startsWith(`${call.namespace}/`);
  if (revision === anyRevision || !isWithin) return undefined;
  const read = await cache.page({
    namespace: call.namespace,
    ...(matches === undefined ? {} : { predicate: matches }),
    limit,
    from: { last, revision },
  });
  return read && continued(call, read, matches === undefined);
}

/** How many are left is told only when nothing is filtered. */
function continued(call: StoredCall, read: CachePage, all: boolean): Listed {
  const { last, left, ...listed } = read;
  if (last === '') return listed;
  const token = formatContinue(scopeOf(call), { revision: read.revision, last });
  return { ...listed, continue: token, ...(all ? { remaining: left } : {}) };
}

function scopeOf({ storage, namespace }: StoredCall): TokenScope {
  return { resource: storage, namespace };
}

/**
 * Fills a page with what is selected, reading on in the store until it is full. How many are left is told only when nothing is filtered, as
 * Kubernetes has it.
 */
async function page(deps: Deps, call: StoredCall, options: ListOptions, selection: Selection): Promise<Listed> {
  if (selection.matches === undefined) return wholePage(deps, call, options);
  const items: KubeObject[] = [];
  let token = options.continue;
  for (;;) {
    const wanted = options.limit === 0 ? 0 : options.limit - items.length;
    const read = await nextOf(
      deps,
      {
        ...call.storage,
        namespace: call.namespace,
        ...(wanted === 0 ? {} : { limit: wanted }),
        ...(token === '' ? {} : { continue: token }),
      },
      token === options.continue,
    );
    items.push(...read.items.filter(selection.matches));
    token = read.continue ?? '';
    if (token === '') return { items, revision: read.revision };
    if (items.length >= options.limit && options.limit > 0) return { items, revision: read.revision, continue: token };
  }
}

/** Nothing is filtered: the store's page is the answer's, often without a look at the objects. */
async function wholePage(deps: Deps, call: StoredCall, { limit, continue: token }: ListOptions): Promise<Listed> {
  const read = await deps.store.list({
    ...call.storage,
    namespace: call.namespace,
    ...(limit === 0 ? {} : { limit }),
    ...(token === '' ? {} : { continue: token }),
  });
  const { texts } = read;
  return {
    get items() {
      return read.items;
    },
    ...(texts === undefined ? {} : { texts: () => texts }),
    revision: read.revision,
    ...(read.continue === undefined ? {} : { continue: read.continue }),
    ...(read.remaining === undefined ? {} : { remaining: read.remaining }),
  };
}

/** Where a later part of a page expires, the token of that part would pass over what was read for the page before: none is given. */
async function nextOf(deps: Deps, query: ListQuery, first: boolean): Promise<ListPage> {
  try {
    return await deps.store.list(query);
  } catch (error) {
    if (first || !isExpired(error)) throw error;
    throw new StatusError('Expired', error.message);
  }
}

/** The past is kept for pages alone: an exact revision can be had as long as nothing has changed since. */
async function exactly(deps: Deps, call: StoredCall, options: ListOptions, selection: Selection): Promise<Listed> {
  const wanted = Number(options.resourceVersion);
  const before = await deps.store.revisions([call.storage]);
  const listed = await page(deps, call, options, selection);
  const after = await deps.store.revisions([call.storage]);
  if (wanted > before.cluster) throw revisionTooLarge(wanted, before.cluster);
  if ((after.resources[0] ?? 0) > wanted) {
    throw new StatusError('Expired', `The provided resource version is too old: ${wanted}`);
  }
  return Object.assign(listed, { revision: wanted });
}
