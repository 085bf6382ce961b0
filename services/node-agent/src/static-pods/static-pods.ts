import type { ApiClient } from '@kubus/shared/bus';
import { isAlreadyExists, isNotFound } from '@kubus/shared/errors';
import type { Informer, InformerEvent } from '@kubus/shared/informer';
import type { Node, Pod, PodStatus } from '@kubus/shared/schema';
import type { Logger } from '@kubus/shared/telemetry';
import { deletePod } from '../pod/delete-pod.ts';
import { annotation, isStatic, type Manifests } from './manifests.ts';

/** Pods as the manager follows them. */
type PodSource = Pick<Informer<Pod>, 'list' | 'onChange'>;
type Handler = (event: InformerEvent<Pod>) => void;

export interface StaticPodsOptions {
  node: string;
  /** Of the API. */
  pods: PodSource;
  read(): Promise<Manifests>;
  api: Pick<ApiClient, 'request'>;
  report(pod: Pod, status: PodStatus): void;
  log: Logger;
  /** Between two looks at the folder; milliseconds, kubelet's 20,000 (fileCheckFrequency). */
  intervalMs?: number;
}

/**
 * Joins the pods of the node's own folder with those of the API, so that the manager sees one set of pods. In the API each of them is shown by a mirror
 * pod, which this makes, gives its status, and makes again when somebody deletes it (Kubernetes: "Static Pods").
 */
export class StaticPods implements PodSource {
  readonly #options: StaticPodsOptions;
  readonly #handlers = new Set<Handler>();
  readonly #statics = new Map<string, Pod>();
  readonly #statuses = new Map<string, PodStatus>();
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();
  #stopped = false;
  #problems = '';

  constructor(options: StaticPodsOptions) {
    this.#options = options;
  }

  /** Resolves once the folder has been read. */
  async start(): Promise<void> {
    await this.#readFolder();
    const { intervalMs = 20_000 } = this.#options;
    this.#timer = setInterval(() => this.#enqueue(() => this.#round()), intervalMs);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    await this.#running;
  }

  list(): Pod[] {
    return [...this.#options.pods.list().filter((pod) => !isMirror(pod)), ...this.#statics.values()];
  }

  onChange(handler: Handler): () => void {
    this.#handlers.add(handler);
    for (const object of this.#statics.values()) handler({ type: 'added', object });
    const stop = this.#options.pods.onChange((event) => {
      if (isMirror(event.object)) this.#mirrorChanged(event);
      else handler(event);
    });
    return () => {
      stop();
      this.#handlers.delete(handler);
    };
  }

  /** True when the pod is one of this node's folder: then its status goes to its mirror, as soon as there is one. */
  report(pod: Pod, status: PodStatus): boolean {
    const uid = pod.metadata.uid ?? '';
    const own = this.#statics.get(uid);
    if (own === undefined) return isStatic(pod);
    const changed = JSON.stringify(own.status) !== JSON.stringify(status);
    this.#statuses.set(uid, status);
    const object = { ...own, status };
    this.#statics.set(uid, object);
    // The manager knows a pod with the status that it had last, as it does from the API.
    if (changed) this.#tell({ type: 'updated', object, previous: own });
    const mirror = this.#mirrorOf(own);
    if (mirror !== undefined) this.#options.report(mirror, status);
    return true;
  }

  /** The static pod that a mirror pod of this uid stands for. */
  behind(uid: string): string {
    const mirror = this.#options.pods.list().find(({ metadata }) => metadata.uid === uid);
    return mirror?.metadata.annotations?.[annotation.mirror] ?? uid;
  }

  /** Brings the mirrors in order; to be called when the API is there. */
  synced(): Promise<void> {
    return this.#enqueue(() => this.#keepMirrors());
  }

  async #round(): Promise<void> {
    await this.#readFolder();
    await this.#keepMirrors();
  }

  async #readFolder(): Promise<void> {
    const { read, log } = this.#options;
    const { pods, problems } = await read();
    const told = JSON.stringify([...problems]);
    if (problems.size > 0 && told !== this.#problems)
      log.warn({ problems: Object.fromEntries(problems) }, 'Files of static pods cannot be used');
    this.#problems = told;
    for (const [uid, object] of this.#statics) {
      if (pods.has(uid)) continue;
      this.#statics.delete(uid);
      this.#statuses.delete(uid);
      this.#tell({ type: 'deleted', object, previous: object });
    }
    for (const [uid, object] of pods) {
      if (this.#statics.has(uid)) continue;
      this.#statics.set(uid, object);
      this.#tell({ type: 'added', object });
    }
  }

  #mirrorChanged({ type, object }: InformerEvent<Pod>): void {
    const own = this.#statics.get(hashOf(object));
    const wrong = own === undefined || object.metadata.deletionTimestamp !== undefined;
    if (type === 'deleted' || wrong) {
      void this.synced();
      return;
    }
    const status = this.#statuses.get(own.metadata.uid ?? '');
    // What somebody has overwritten is told again.
    if (status !== undefined) this.#options.report(object, status);
  }

  async #keepMirrors(): Promise<void> {
    const { pods, api } = this.#options;
    for (const mirror of pods.list().filter(isMirror)) {
      const known = this.#statics.has(hashOf(mirror)) && mirror.metadata.deletionTimestamp === undefined;
      if (!known) await deletePod(api, mirror);
    }
    for (const own of this.#statics.values()) if (this.#mirrorOf(own) === undefined) await this.#create(own);
  }

  #mirrorOf({ metadata }: Pod): Pod | undefined {
    return this.#options.pods
      .list()
      .find((pod) => isMirror(pod) && hashOf(pod) === metadata.uid && pod.metadata.deletionTimestamp === undefined);
  }

  async #create(own: Pod): Promise<void> {
    const { api, node } = this.#options;
    try {
      const { metadata } = await api.request<Node>({
        verb: 'get',
        group: '',
        version: 'v1',
        resource: 'nodes',
        name: node,
      });
      const body = mirrorPod(own, { name: node, uid: metadata.uid ?? '' });
      const namespace = own.metadata.namespace ?? '';
      await api.request({ verb: 'create', group: '', version: 'v1', resource: 'pods', namespace, body });
    } catch (error) {
      // An older one of that name has yet to go.
      if (!isAlreadyExists(error) && !isNotFound(error)) throw error;
    }
  }

  #tell(event: InformerEvent<Pod>): void {
    for (const handler of this.#handlers) handler(event);
  }

  /** One after the other; what fails is tried again with the next round. */
  #enqueue(work: () => Promise<void>): Promise<void> {
    this.#running = this.#running.then(async () => {
      if (this.#stopped) return;
      await work().catch((err: unknown) =>
        this.#options.log.warn({ err }, 'Mirror pods could not be kept; trying again'),
      );
    });
    return this.#running;
  }
}

const isMirror = (pod: Pod) => pod.metadata.annotations?.[annotation.mirror] !== undefined;
const hashOf = (mirror: Pod) => mirror.metadata.annotations?.[annotation.mirror] ?? '';

function mirrorPod(own: Pod, node: { name: string; uid: string }): Pod {
  const { uid: hash = '', ...metadata } = own.metadata;
  const { status: _, ...pod } = own;
  return {
    ...pod,
    metadata: {
      ...metadata,
      annotations: { ...metadata.annotations, [annotation.mirror]: hash },
      ownerReferences: [{ apiVersion: 'v1', kind: 'Node', ...node, controller: true }],
    },
  };
}
