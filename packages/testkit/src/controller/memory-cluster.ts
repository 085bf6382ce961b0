import type { ApiClient, ApiRequest, ApiResponse, WatchEvent } from '@kubus/shared/bus';
import { notFound, StatusError } from '@kubus/shared/errors';
import type { IndexFunction } from '@kubus/shared/informer';
import { type GroupResource, groupResourceName, type KubeObject, type ObjectMeta } from '@kubus/shared/object';
import { TestClock } from './clock.ts';
import { MemoryInformer } from './memory-informer.ts';

/** An answer in place of the usual one: thrown when an error, undefined for "go on as usual". */
export type Interception = (request: ApiRequest) => StatusError | Error | undefined;

/**
 * A cluster in memory, for tests of controllers: an ApiClient that keeps objects and records what it was asked, and informers that see each write at
 * once. It holds to what controllers rely on (names taken, conflicts, uid and revision preconditions, finalizers, status kept apart, generations) and
 * knows no kinds: no defaults, no validation. What it does not know it refuses.
 */
export class MemoryCluster implements ApiClient {
  readonly clock: TestClock;
  /** Every request in order, those that were refused too. */
  readonly requests: ApiRequest[] = [];
  readonly #indexes: Readonly<Record<string, IndexFunction>>;
  readonly #informers = new Map<string, MemoryInformer>();
  readonly #interceptions: Interception[] = [];
  #revision = 0;
  #uids = 0;

  constructor(options: { indexes?: Readonly<Record<string, IndexFunction>>; clock?: TestClock } = {}) {
    this.#indexes = options.indexes ?? {};
    this.clock = options.clock ?? new TestClock();
  }

  /** The informer of a resource; made when first asked for. */
  get<T extends KubeObject = KubeObject>(resource: GroupResource): MemoryInformer<T> {
    const name = groupResourceName(resource);
    const known = this.#informers.get(name) ?? new MemoryInformer(resource, this.#indexes);
    this.#informers.set(name, known);
    return known as unknown as MemoryInformer<T>;
  }

  /** Puts an object there as it is (status too), filling in uid, resourceVersion, generation and creationTimestamp where absent. */
  seed<T extends KubeObject>(resource: GroupResource, object: T): T {
    const stored = this.#stamp(object);
    this.get(resource).put(stored);
    return stored as T;
  }

  /** Takes an object away without asking finalizers. */
  remove(resource: GroupResource, namespace: string, name: string): void {
    this.#revision++;
    this.get(resource).delete(namespace, name);
  }

  /** Lets a test answer in place of the cluster. Returns an undo. */
  intercept(interception: Interception): () => void {
    this.#interceptions.push(interception);
    return () => this.#interceptions.splice(this.#interceptions.indexOf(interception), 1);
  }

  /** Requests that write, as 'verb resource[/subresource] namespace/name'; generated names as their prefix with '*'. */
  writes(): string[] {
    return this.requests.filter((request) => !['get', 'list', 'watch'].includes(request.verb)).map(describe);
  }

  async request<T>(request: ApiRequest): Promise<T> {
    this.requests.push(structuredClone(request));
    for (const interception of this.#interceptions) {
      const answer = interception(request);
      if (answer !== undefined) throw answer;
    }
    return structuredClone(this.#serve(request)) as T;
  }

  async batch(requests: readonly ApiRequest[]): Promise<ApiResponse[]> {
    return Promise.all(
      requests.map((request) =>
        this.request(request).then(
          (body) => ({ code: request.verb === 'create' ? 201 : 200, body }),
          (error: unknown) => {
            if (!(error instanceof StatusError)) throw error;
            return { code: error.code, body: error.toStatus() };
          },
        ),
      ),
    );
  }

  watch<T extends KubeObject>(): AsyncIterable<WatchEvent<T>> {
    throw new Error('the memory cluster has no watch: use its informers');
  }

  #serve(request: ApiRequest): unknown {
    if (request.subresource === 'scale') return this.#scale(request);
    switch (request.verb) {
      case 'get':
        return this.#existing(request);
      case 'list':
        return this.#list(request);
      case 'create':
        return this.#create(request);
      case 'update':
        return this.#write(request, this.#existing(request), request.body as KubeObject);
      case 'patch':
        return this.#patch(request);
      case 'delete':
        return this.#delete(request);
      case 'deletecollection':
        return this.#list(request).items.map((item) => this.#delete({ ...request, ...item.metadata }));
      default:
        throw new StatusError('MethodNotAllowed', `the memory cluster does not know ${request.verb}`);
    }
  }

  #existing(request: ApiRequest): KubeObject {
    const found = this.get(request).get(request.namespace ?? '', request.name ?? '');
    if (found === undefined) throw notFound(request, request.name ?? '');
    return found;
  }

  /** Of objects whose selector has matchLabels. */
  #scale({ subresource: _, ...request }: ApiRequest): KubeObject {
    const { metadata, ...scaled } = this.#existing(request) as Scalable;
    if (request.verb !== 'get') {
      const { replicas } = (request.body as Scalable).spec ?? {};
      this.#write(request, { metadata, ...scaled }, {
        ...scaled,
        metadata,
        spec: { ...scaled.spec, replicas },
      } as Scalable);
    }
    const selector = Object.entries(scaled.spec?.selector?.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
    const { replicas } = scaled.spec ?? {};
    const status = { replicas: scaled.status?.replicas ?? 0, selector: selector.join(',') };
    return { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata, spec: { replicas }, status } as KubeObject;
  }

  #list(request: ApiRequest) {
    const wanted = (request.query?.['labelSelector'] ?? '').split(',').filter((term) => term !== '');
    const items = this.get(request)
      .list(request.namespace === '' ? undefined : request.namespace)
      .filter((item) => wanted.every((term) => hasLabel(item, term)));
    return { items, metadata: { resourceVersion: `${this.#revision}` } };
  }

  #create(request: ApiRequest): KubeObject {
    if (request.subresource !== undefined) throw new StatusError('NotFound', `no subresource ${request.subresource}`);
    const body = structuredClone(request.body) as KubeObject;
    const metadata: ObjectMeta = { ...body.metadata };
    if (request.namespace !== undefined && request.namespace !== '') metadata.namespace = request.namespace;
    if (!metadata.name) metadata.name = `${metadata.generateName}${(this.#uids + 1).toString(36).padStart(5, '0')}`;
    if (this.get(request).get(metadata.namespace ?? '', metadata.name) !== undefined) {
      throw new StatusError('AlreadyExists', `${groupResourceName(request)} "${metadata.name}" already exists`);
    }
    delete metadata.uid;
    delete metadata.resourceVersion;
    const created = this.#stamp({ ...body, metadata });
    if (!isDryRun(request)) this.get(request).put(created);
    else delete created.metadata.resourceVersion;
    return created;
  }

  #patch(request: ApiRequest): KubeObject {
    const apply = request.contentType?.startsWith('application/apply-patch') === true;
    const found = this.get(request).get(request.namespace ?? '', request.name ?? '');
    if (found === undefined && apply) return this.#create({ ...request, verb: 'create' });
    const old = this.#existing(request);
    const mergeable = ['application/merge-patch+json', 'application/strategic-merge-patch+json'];
    if (!apply && !mergeable.includes(request.contentType ?? '')) {
      throw new StatusError('UnsupportedMediaType', `the memory cluster does not know ${request.contentType}`);
    }
    return this.#write(request, old, merge(old, request.body) as KubeObject);
  }

  #write(request: ApiRequest, old: KubeObject, body: KubeObject): KubeObject {
    const conflict = preconditionFailure(old, body.metadata);
    if (conflict !== undefined) throw conflict;
    const part = structuredClone(request.subresource === 'status' ? { ...old, ...pick(body, 'status') } : body);
    if (request.subresource === undefined) Object.assign(part, pick(old, 'status'));
    const { uid, creationTimestamp, deletionTimestamp } = old.metadata;
    const metadata = { ...part.metadata, ...defined({ uid, creationTimestamp, deletionTimestamp }) };
    if (same({ ...part, metadata }, old)) return old;
    const changed = !same(pick(part, 'spec'), pick(old, 'spec'));
    metadata.generation = (old.metadata.generation ?? 1) + (changed ? 1 : 0);
    delete metadata.resourceVersion;
    const written = this.#stamp({ ...part, metadata });
    if (!isDryRun(request)) this.#store(request, written);
    return written;
  }

  /** A deleted object goes with its last finalizer. */
  #store(resource: GroupResource, object: KubeObject): void {
    const { metadata } = object;
    const gone =
      metadata.deletionTimestamp !== undefined && (metadata.finalizers ?? []).length === 0 && !isHeld(object);
    if (gone) this.get(resource).delete(metadata.namespace ?? '', metadata.name);
    else this.get(resource).put(object);
  }

  #delete(request: ApiRequest): unknown {
    const old = this.#existing(request);
    const options = (request.body ?? {}) as {
      preconditions?: { uid?: string; resourceVersion?: string };
      propagationPolicy?: string;
      gracePeriodSeconds?: number;
    };
    const conflict = preconditionFailure(old, options.preconditions ?? {});
    if (conflict !== undefined) throw conflict;
    const policy = { Foreground: ['foregroundDeletion'], Orphan: ['orphan'] }[options.propagationPolicy ?? ''] ?? [];
    const finalizers = [...new Set([...(old.metadata.finalizers ?? []), ...policy])];
    const deletionTimestamp = old.metadata.deletionTimestamp ?? this.clock.timestamp();
    const metadata = { ...old.metadata, deletionTimestamp, ...(finalizers.length > 0 ? { finalizers } : {}) };
    delete metadata.resourceVersion;
    const marked = this.#stamp({ ...old, metadata });
    if (!isDryRun(request)) this.#store(request, marked);
    return marked;
  }

  #stamp(object: KubeObject): KubeObject {
    this.#revision++;
    const { metadata } = object;
    const defaults = {
      uid: metadata.uid ?? `uid-${++this.#uids}`,
      resourceVersion: metadata.resourceVersion ?? `${this.#revision}`,
      generation: metadata.generation ?? 1,
      creationTimestamp: metadata.creationTimestamp ?? this.clock.timestamp(),
    };
    return { ...object, metadata: { ...metadata, ...defaults } };
  }
}

interface Scalable extends KubeObject {
  spec?: { replicas?: number; selector?: { matchLabels?: Record<string, string> } };
  status?: { replicas?: number };
}

function describe(request: ApiRequest): string {
  const metadata = (request.body as Partial<KubeObject> | undefined)?.metadata;
  const name = request.name ?? metadata?.name ?? `${metadata?.generateName}*`;
  const resource = [request.resource, request.subresource].filter((part) => part !== undefined).join('/');
  return `${request.verb} ${resource} ${request.namespace ? `${request.namespace}/` : ''}${name}`;
}

function preconditionFailure(old: KubeObject, given: { uid?: string; resourceVersion?: string }) {
  const { uid, resourceVersion } = old.metadata;
  if (given.uid !== undefined && given.uid !== uid) {
    return new StatusError('Conflict', `uid in precondition: ${given.uid}, in object: ${uid}`);
  }
  if (given.resourceVersion !== undefined && given.resourceVersion !== resourceVersion) {
    return new StatusError('Conflict', 'the object has been modified');
  }
  return undefined;
}

/** Namespaces are held by spec.finalizers. */
function isHeld(object: KubeObject): boolean {
  const spec = (object as { spec?: { finalizers?: unknown[] } }).spec;
  return object.kind === 'Namespace' && (spec?.finalizers ?? []).length > 0;
}

const isDryRun = (request: ApiRequest): boolean => request.query?.['dryRun'] === 'All';

function hasLabel(object: KubeObject, term: string): boolean {
  const [key = '', value] = term.split(/==?/);
  const labels = new Map(Object.entries(object.metadata.labels ?? {}));
  return value === undefined ? labels.has(key) : labels.get(key) === value;
}

const deleteFromList = '$deleteFromPrimitiveList/';

const without = (list: unknown, items: unknown): unknown[] =>
  Array.isArray(list) ? list.filter((item) => !(items as unknown[]).includes(item)) : [];

/** RFC 7396, and of strategic merge patches the one directive that controllers use. */
function merge(target: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) return patch;
  const result = new Map(isRecord(target) ? Object.entries(target) : []);
  for (const [key, value] of Object.entries(patch)) {
    const list = key.startsWith(deleteFromList) ? key.slice(deleteFromList.length) : undefined;
    if (list !== undefined) result.set(list, without(result.get(list), value));
    else if (value === null) result.delete(key);
    else result.set(key, merge(result.get(key), value));
  }
  return Object.fromEntries(result);
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function pick(object: KubeObject, field: 'spec' | 'status'): Record<string, unknown> {
  return { [field]: (object as unknown as Record<string, unknown>)[field] };
}

function defined<T extends Record<string, unknown>>(record: T): Partial<T> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as Partial<T>;
}

const same = (a: unknown, b: unknown): boolean => canonical(a) === canonical(b);

/** JSON with sorted keys. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_key, inner: unknown) =>
    isRecord(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner,
  );
