import type { Change } from '../changelog/contract.ts';
import type { Informer, InformerEvent } from '../informer/contract.ts';
import { type GroupResource, groupResourceName } from '../object/index.ts';
import type { Controller, ReconcileKey, Watch } from './contract.ts';
import type { ControllerLoop } from './controller-loop.ts';
import { formatKey } from './keys.ts';
import type { ReconcileLog } from './log.ts';

/** Durable delivery of changes, shared by all replicas: each change reaches one of them, and again until it is handled. */
export interface ChangeFeed {
  /** Returns once delivery has begun or is being tried. */
  follow(resources: readonly FollowedResource[], handlers: ChangeFeedHandlers): Promise<{ stop(): Promise<void> }>;
}

export interface FollowedResource {
  resource: GroupResource;
  /** Controllers that hear of it; replicas of different versions, with different controllers, must not take changes from each other. */
  audience: readonly string[];
}

export interface ChangeFeedHandlers {
  /** Changes count as handled when this resolves; they come again when it rejects. */
  onChanges(changes: readonly Change[]): Promise<void>;
  /** Changes of the resource may have been missed. */
  onGap(resource: GroupResource): void;
}

/** Maps changes to keys and puts them into the queues. */
export class Dispatcher {
  readonly #loops: readonly ControllerLoop[];
  readonly #feed: ChangeFeed | undefined;
  readonly #informers: (resource: GroupResource) => Informer | undefined;
  readonly #log: ReconcileLog;
  readonly #watches = new Map<string, { resource: GroupResource; entries: { loop: ControllerLoop; watch: Watch }[] }>();
  #unsubscribe: (() => void)[] = [];
  #following: { stop(): Promise<void> } | undefined;

  constructor(
    loops: readonly ControllerLoop[],
    feed: ChangeFeed | undefined,
    informers: (resource: GroupResource) => Informer | undefined,
    log: ReconcileLog,
  ) {
    this.#loops = loops;
    this.#feed = feed;
    this.#informers = informers;
    this.#log = log;
    for (const loop of this.#loops) {
      for (const watch of loop.controller.watches) this.#entry(watch.resource).push({ loop, watch });
    }
  }

  get ready(): boolean {
    return this.#feed === undefined || this.#following !== undefined;
  }

  async start(): Promise<void> {
    for (const { resource, entries } of this.#watches.values()) {
      const off = this.#informers(resource)?.onChange((event) => this.#onInformer(entries, event));
      if (off !== undefined) this.#unsubscribe.push(off);
    }
    const followed = [...this.#watches.values()].map(({ resource, entries }) => ({
      resource,
      audience: [...new Set(entries.map(({ loop }) => loop.controller.name))],
    }));
    this.#following = await this.#feed?.follow(followed, {
      onChanges: (changes) => this.#onChanges(changes),
      onGap: (resource) => this.#onGap(resource),
    });
  }

  /**
   * One more watch of a controller, of a resource that was not known at the start: every replica adds the keys of all changes, from its informer. Gives what ends it.
   */
  follow(controller: string, watch: Watch, informer: Informer): () => void {
    const loop = this.#loops.find((candidate) => candidate.controller.name === controller);
    if (loop === undefined) throw new Error(`no controller ${controller}`);
    const off = informer.onChange(({ type, object, previous }) => {
      const found = new KeySets();
      found.add(loop, this.#map(loop.controller, watch, object, previous, type === 'added' ? 'created' : type));
      this.#queue(found);
    });
    this.#unsubscribe.push(off);
    return off;
  }

  async stop(): Promise<void> {
    for (const off of this.#unsubscribe) off();
    this.#unsubscribe = [];
    await this.#following?.stop();
  }

  #entry(resource: GroupResource) {
    const name = groupResourceName(resource);
    const known = this.#watches.get(name) ?? { resource, entries: [] };
    this.#watches.set(name, known);
    return known.entries;
  }

  async #onChanges(changes: readonly Change[]): Promise<void> {
    const found = new KeySets();
    for (const { key, object, type } of changes) {
      for (const { loop, watch } of this.#watches.get(groupResourceName(key))?.entries ?? []) {
        found.add(loop, this.#map(loop.controller, watch, object, undefined, type));
      }
    }
    await found.addToQueues();
  }

  /**
   * The change log does not hold the state before a change. Where that state concerns other keys (the former owner of a pod), each replica adds those
   * by itself, from its informer. Without a feed, it adds all.
   */
  #onInformer(entries: readonly { loop: ControllerLoop; watch: Watch }[], event: InformerEvent): void {
    const { object, previous } = event;
    const type = event.type === 'added' ? 'created' : event.type;
    if (this.#feed !== undefined && previous === undefined) return;
    const found = new KeySets();
    for (const { loop, watch } of entries) {
      const keys = this.#map(loop.controller, watch, object, previous, type);
      if (keys.length === 0) continue;
      const heard = this.#feed === undefined ? [] : this.#map(loop.controller, watch, object, undefined, type);
      found.add(
        loop,
        keys.filter((key) => !heard.some((other) => isSameKey(key, other))),
      );
    }
    this.#queue(found);
  }

  #queue(found: KeySets): void {
    found.addToQueues().catch((err: unknown) => this.#log.warn({ err }, 'Keys could not be queued; the resync will'));
  }

  /** A map that throws must not hold up the changes behind it. */
  #map(controller: Controller, watch: Watch, ...args: Parameters<Watch['map']>): readonly ReconcileKey[] {
    try {
      return watch.map(...args);
    } catch (err) {
      const { namespace, name } = args[0].metadata;
      this.#log.error({ err, controller: controller.name, namespace, name }, 'A change could not be mapped to keys');
      return [];
    }
  }

  #onGap(resource: GroupResource): void {
    for (const { loop } of this.#watches.get(groupResourceName(resource))?.entries ?? []) loop.requestResync();
  }
}

const isSameKey = (a: ReconcileKey, b: ReconcileKey): boolean => a.name === b.name && a.namespace === b.namespace;

/** Distinct keys for each controller. */
class KeySets {
  readonly #sets = new Map<ControllerLoop, Map<string, ReconcileKey>>();

  add(loop: ControllerLoop, keys: readonly ReconcileKey[]): void {
    if (keys.length === 0) return;
    const set = this.#sets.get(loop) ?? new Map<string, ReconcileKey>();
    for (const key of keys) set.set(formatKey(key), key);
    this.#sets.set(loop, set);
  }

  async addToQueues(): Promise<void> {
    await Promise.all([...this.#sets].map(([loop, keys]) => loop.add([...keys.values()])));
  }
}
