import type { Change } from '../changelog/contract.ts';
import type { Informer, InformerEvent } from '../informer/contract.ts';
import { type GroupResource, groupResourceName } from '../object/index.ts';
import type { ChangeFeed } from './change-feed.ts';
import type { Controller, ReconcileKey, Watch } from './contract.ts';
import type { ControllerLoop } from './controller-loop.ts';
import { formatKey } from './keys.ts';
import type { ReconcileLog } from './log.ts';

export interface DispatcherOptions {
  loops: readonly ControllerLoop[];
  informers: (resource: GroupResource) => Informer | undefined;
  /** Of the resources that no informer follows. */
  feed: ChangeFeed | undefined;
  log: ReconcileLog;
}

interface Entry {
  loop: ControllerLoop;
  watch: Watch;
}

interface Watched {
  resource: GroupResource;
  entries: Entry[];
}

/** Maps changes to keys, and gives them to the loops of the controllers. Changes come from the informers, when these have applied them. */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #watched = new Map<string, Watched>();
  #unsubscribe: (() => void)[] = [];
  #following: { stop(): Promise<void> } | undefined;
  #ready = false;

  constructor(options: DispatcherOptions) {
    this.#options = options;
    for (const loop of options.loops) {
      for (const watch of loop.controller.watches) this.#entriesOf(watch.resource).push({ loop, watch });
    }
  }

  get ready(): boolean {
    return this.#ready;
  }

  /** What the informers hold already is no change: the resync at the start brings it. */
  async start(): Promise<void> {
    const others: GroupResource[] = [];
    for (const { resource, entries } of this.#watched.values()) {
      const informer = this.#options.informers(resource);
      if (informer === undefined) others.push(resource);
      else this.#subscribe(informer, entries);
    }
    this.#following = await this.#options.feed?.follow(others, {
      onChanges: (changes) => this.#onDelivered(changes),
      onGap: (resource) => this.#onGap(resource),
    });
    this.#ready = true;
  }

  /**
   * One more watch of a controller, of a resource that was not known at the start; also for what its informer holds already. Replicas come to know of it at different times,
   * so each adds the keys of all changes. Gives what ends it.
   */
  follow(controller: string, watch: Watch, informer: Informer): () => void {
    const loop = this.#options.loops.find((candidate) => candidate.controller.name === controller);
    if (loop === undefined) throw new Error(`no controller ${controller}`);
    const off = informer.onChange((event) => loop.changed(this.#keysOf({ loop, watch }, event)));
    this.#unsubscribe.push(off);
    return off;
  }

  async stop(): Promise<void> {
    for (const off of this.#unsubscribe) off();
    this.#unsubscribe = [];
    await this.#following?.stop();
  }

  #subscribe(informer: Informer, entries: readonly Entry[]): void {
    let listed = false;
    const off = informer.onChange((event) => {
      if (!listed) return;
      for (const entry of entries) entry.loop.changed(entry.loop.own(this.#keysOf(entry, event)));
    });
    listed = true;
    this.#unsubscribe.push(off);
  }

  #entriesOf(resource: GroupResource): Entry[] {
    const name = groupResourceName(resource);
    const known = this.#watched.get(name) ?? { resource, entries: [] };
    this.#watched.set(name, known);
    return known.entries;
  }

  #keysOf({ loop, watch }: Entry, { type, object, previous }: InformerEvent): readonly ReconcileKey[] {
    return this.#map(loop.controller, watch, object, previous, type === 'added' ? 'created' : type);
  }

  async #onDelivered(changes: readonly Change[]): Promise<void> {
    const found = new Map<ControllerLoop, Map<string, ReconcileKey>>();
    for (const { key, object, type } of changes) {
      for (const { loop, watch } of this.#watched.get(groupResourceName(key))?.entries ?? []) {
        const keys = found.get(loop) ?? new Map<string, ReconcileKey>();
        for (const one of this.#map(loop.controller, watch, object, undefined, type)) keys.set(formatKey(one), one);
        found.set(loop, keys);
      }
    }
    await Promise.all([...found].map(([loop, keys]) => loop.add([...keys.values()])));
  }

  /** A map that throws must not hold up the changes behind it. */
  #map(controller: Controller, watch: Watch, ...args: Parameters<Watch['map']>): readonly ReconcileKey[] {
    try {
      return watch.map(...args);
    } catch (err) {
      const { namespace, name } = args[0].metadata;
      const { log } = this.#options;
      log.error({ err, controller: controller.name, namespace, name }, 'A change could not be mapped to keys');
      return [];
    }
  }

  #onGap(resource: GroupResource): void {
    for (const { loop } of this.#watched.get(groupResourceName(resource))?.entries ?? []) loop.requestResync();
  }
}
