import { type CustomResourceDefinition, customKind, isTrue } from '@kubus/shared/custom-resources';
import type { Informer, InformerSet } from '@kubus/shared/informer';
import type { ControllerRuntime, Watch } from '@kubus/shared/reconcile';
import type { Logger } from '@kubus/shared/telemetry';
import type { RegistryKinds, ServedKind } from '../common/served-kinds.ts';

/** A controller that has to do with objects of every kind. `add`: what it wants to hear of those of one more, if anything. */
interface KindFollower {
  readonly name: string;
  add(kind: ServedKind, informer: Informer): Watch | undefined;
  remove(kind: ServedKind): void;
}

export interface CustomKindsOptions {
  informers: Pick<InformerSet, 'get' | 'add' | 'remove'>;
  kinds: RegistryKinds;
  followers: readonly KindFollower[];
  runtime: Pick<ControllerRuntime, 'follow'>;
  log: Pick<Logger, 'warn'>;
}

const definitions = { group: 'apiextensions.k8s.io', resource: 'customresourcedefinitions' };
/** How long the objects of a definition that is gone are still heard of: what they owned has to go too. */
const FAREWELL_MS = 10_000;

interface Followed {
  /** Which definition of that name, and in which state. */
  version: string;
  kind: ServedKind | undefined;
  stop: () => void;
}

/** Lets controllers know the kinds that definitions bring: their objects are collected, count for quotas, and go with their namespace. */
export class CustomKinds {
  readonly #options: CustomKindsOptions;
  readonly #followed = new Map<string, Followed>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #off: (() => void) | undefined;
  #queue: Promise<void> = Promise.resolve();

  constructor(options: CustomKindsOptions) {
    this.#options = options;
  }

  start(): void {
    const informer: Informer<CustomResourceDefinition> = this.#options.informers.get(definitions);
    this.#off = informer.onChange(({ type, object }) => {
      const definition = type === 'deleted' || !isTrue(object, 'Established') ? undefined : object;
      this.#then(() => this.#changed(object.metadata.name, definition), object.metadata.name);
    });
  }

  async stop(): Promise<void> {
    this.#off?.();
    for (const timer of this.#timers) clearTimeout(timer);
    await this.#queue;
  }

  /** One after the other: a definition may go before its objects have been listed. */
  #then(step: () => Promise<void>, name: string): void {
    this.#queue = this.#queue.then(step).catch((err: unknown) => {
      this.#options.log.warn({ err, name }, 'A custom resource could not be followed');
    });
  }

  async #changed(name: string, definition: CustomResourceDefinition | undefined): Promise<void> {
    const known = this.#followed.get(name);
    const version = definition === undefined ? '' : `${definition.metadata.uid} ${definition.metadata.generation}`;
    if (known?.version === version || (known === undefined && definition === undefined)) return;
    const { kinds } = this.#options;
    const kind = kinds.define(name, definition && customKind(definition));
    if (kind?.version === known?.kind?.version && kind?.kind === known?.kind?.kind && known !== undefined) {
      known.version = version;
      return;
    }
    if (known !== undefined) this.#forget(name, known);
    if (kind !== undefined) await this.#follow(name, version, kind);
  }

  async #follow(name: string, version: string, kind: ServedKind): Promise<void> {
    const { informers, followers, runtime } = this.#options;
    const informer = await informers.add(kind.storage);
    const stops = followers.map((follower) => {
      const watch = follower.add(kind, informer);
      return watch && runtime.follow(follower.name, watch, informer);
    });
    const stop = (): void => {
      for (const end of stops) end?.();
    };
    this.#followed.set(name, { version, kind, stop });
  }

  #forget(name: string, { kind, stop }: Followed): void {
    const { informers, followers } = this.#options;
    this.#followed.delete(name);
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      stop();
      if (kind === undefined) return;
      for (const follower of followers) follower.remove(kind);
      const again = this.#followed.get(name)?.kind;
      if (again === undefined) this.#then(() => informers.remove(kind.storage), name);
    }, FAREWELL_MS);
    this.#timers.add(timer.unref());
  }
}
