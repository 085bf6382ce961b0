import type { ApiClient, ApiRequest, ApiResponse } from '@kubus/shared/bus';
import { notFound, StatusError } from '@kubus/shared/errors';
import type { EventRecorder } from '@kubus/shared/events';
import type { Informer, InformerEvent } from '@kubus/shared/informer';
import type { GroupResource, KubeObject } from '@kubus/shared/object';
import { podRequests, resourceAmount } from '@kubus/shared/object';
import type { Node, Pod } from '@kubus/shared/schema';

/**
 * A cluster in memory whose commit keeps a ledger per node, as the store's does: a binding is refused when the pod is bound or the node has not the room.
 * Each replica sees the changes late, at its own pace, in order.
 */
export class LedgerCluster {
  readonly pods = new Map<string, Pod>();
  readonly nodes = new Map<string, Node>();
  readonly events: { reason: string; message: string; pod: string }[] = [];
  refusals = 0;
  /** Called before each batch; may throw, or wait. */
  beforeBatch: (requests: readonly ApiRequest[]) => Promise<void> | void = () => undefined;
  /** Called after a batch was carried out, before it is answered. */
  afterBatch: () => Promise<void> | void = () => undefined;
  #revision = 0;
  readonly #views: LateInformer<KubeObject>[] = [];

  view<T extends KubeObject>(resource: 'pods' | 'nodes', delay: () => number = () => 0): LateInformer<T> {
    const objects = [...(resource === 'pods' ? this.pods : this.nodes).values()];
    const informer = new LateInformer<T>({ group: '', resource }, objects as unknown as T[], this.#revision, delay);
    this.#views.push(informer as unknown as LateInformer<KubeObject>);
    return informer;
  }

  put(object: Pod | Node): void {
    this.#revision += 1;
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: `${this.#revision}` } };
    const resource = object.kind === 'Pod' ? 'pods' : 'nodes';
    const map = (resource === 'pods' ? this.pods : this.nodes) as Map<string, KubeObject>;
    const previous = map.get(object.metadata.name);
    map.set(object.metadata.name, stored);
    this.#tell(
      resource,
      previous === undefined ? { type: 'added', object: stored } : { type: 'updated', object: stored, previous },
    );
  }

  remove(object: Pod | Node): void {
    this.#revision += 1;
    const resource = object.kind === 'Pod' ? 'pods' : 'nodes';
    const map = (resource === 'pods' ? this.pods : this.nodes) as Map<string, KubeObject>;
    const previous = map.get(object.metadata.name);
    if (previous === undefined) return;
    map.delete(object.metadata.name);
    this.#tell(resource, { type: 'deleted', object: previous, previous });
  }

  readonly recorder: EventRecorder = {
    event: (object, _type, reason, message) => {
      const name = 'metadata' in object ? object.metadata.name : object.name;
      this.events.push({ reason, message, pod: name ?? '' });
    },
  };

  readonly api: Pick<ApiClient, 'batch'> = {
    batch: async (requests) => {
      await this.beforeBatch(requests);
      const answers = requests.map((request) => this.#answer(request));
      await this.afterBatch();
      return answers;
    },
  };

  /** What is booked on a node, from the pods that are bound to it. */
  used(node: string): Map<string, number> {
    const used = new Map<string, number>();
    for (const { spec } of this.pods.values()) {
      if (spec?.nodeName !== node) continue;
      for (const [name, amount] of [...podRequests(spec), ['pods', 1] as const])
        used.set(name, (used.get(name) ?? 0) + amount);
    }
    return used;
  }

  /** Nodes that hold more than they have. */
  overcommitted(): string[] {
    return [...this.nodes.values()]
      .filter((node) => [...this.used(node.metadata.name)].some(([name, amount]) => amount > this.#limit(node, name)))
      .map((node) => node.metadata.name);
  }

  unbound(): string[] {
    return [...this.pods.values()].filter((pod) => pod.spec?.nodeName === undefined).map((pod) => pod.metadata.name);
  }

  #limit(node: Node, name: string): number {
    const quantity = node.status?.allocatable?.[name];
    return quantity === undefined ? 0 : resourceAmount(name, quantity);
  }

  #answer(request: ApiRequest): ApiResponse {
    try {
      if (request.subresource === 'binding') this.#bind(request);
      else if (request.subresource === 'status') this.#patchStatus(request);
      else throw new StatusError('BadRequest', 'this cluster knows bindings and status patches');
      return { code: 201, body: {} };
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      return { code: error.code, body: error.toStatus() };
    }
  }

  #bind(request: ApiRequest): void {
    const { metadata, target } = request.body as { metadata: { uid: string }; target: { name: string } };
    const pod = this.pods.get(request.name ?? '');
    if (pod === undefined || pod.metadata.uid !== metadata.uid) throw notFound(request, request.name ?? '');
    if (pod.spec?.nodeName !== undefined)
      throw new StatusError('Conflict', `pod ${request.name} is already assigned to node "${pod.spec.nodeName}"`);
    const node = this.nodes.get(target.name);
    const used = this.used(target.name);
    for (const [name, amount] of [...podRequests(pod.spec as NonNullable<Pod['spec']>), ['pods', 1] as const]) {
      if (node !== undefined && (used.get(name) ?? 0) + amount <= this.#limit(node, name)) continue;
      this.refusals += 1;
      throw new StatusError('Conflict', 'not enough', {
        causes: [
          { reason: 'Insufficient', field: name, message: `not enough ${name}` },
          { reason: 'ResourceVersion', field: 'resourceVersion', message: `${this.#revision}` },
        ],
      });
    }
    this.put({ ...pod, spec: { ...(pod.spec as NonNullable<Pod['spec']>), nodeName: target.name } });
  }

  #patchStatus(request: ApiRequest): void {
    const pod = this.pods.get(request.name ?? '');
    if (pod === undefined) throw notFound(request, request.name ?? '');
    const { status } = request.body as { status: NonNullable<Pod['status']> };
    this.put({ ...pod, status: { ...pod.status, ...status } });
  }

  #tell(resource: string, event: InformerEvent): void {
    for (const view of this.#views)
      if (view.resource.resource === resource) view.deliver(event, this.#revision);
      else view.deliver(undefined, this.#revision);
  }
}

/** An informer that delivers each change some turns of the event loop later. */
export class LateInformer<T extends KubeObject> implements Informer<T> {
  readonly resource: GroupResource;
  readonly synced = true;
  revision: number;
  readonly #objects: Map<string, T>;
  readonly #handlers = new Set<(event: InformerEvent<T>) => void>();
  readonly #delay: () => number;
  readonly #waiting: { revision: number; resolve: () => void }[] = [];
  #last: Promise<void> = Promise.resolve();

  constructor(resource: GroupResource, objects: readonly T[], revision: number, delay: () => number) {
    this.resource = resource;
    this.revision = revision;
    this.#objects = new Map(objects.map((object) => [object.metadata.name, object]));
    this.#delay = delay;
  }

  deliver(event: InformerEvent | undefined, revision: number): void {
    this.#last = this.#last.then(async () => {
      for (let turns = this.#delay(); turns > 0; turns--) await new Promise((resolve) => setImmediate(resolve));
      this.revision = revision;
      if (event?.type === 'deleted') this.#objects.delete(event.object.metadata.name);
      else if (event !== undefined) this.#objects.set(event.object.metadata.name, event.object as T);
      if (event !== undefined) for (const handler of this.#handlers) handler(event as InformerEvent<T>);
      for (const waiting of this.#waiting) if (waiting.revision <= revision) waiting.resolve();
    });
  }

  get(_namespace: string, name: string): T | undefined {
    return this.#objects.get(name);
  }

  list(): T[] {
    return [...this.#objects.values()];
  }

  byIndex(): T[] {
    throw new Error('no indexes');
  }

  waitFor(revision: number): Promise<void> {
    if (this.revision >= revision) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ revision, resolve }));
  }

  onChange(handler: (event: InformerEvent<T>) => void): () => void {
    this.#handlers.add(handler);
    for (const object of this.#objects.values()) handler({ type: 'added', object });
    return () => this.#handlers.delete(handler);
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }
}
