import { type CustomResourceDefinition, customKind, isTrue } from '@kubus/shared/custom-resources';
import type { Informer, InformerSet } from '@kubus/shared/informer';
import type { ControllerRuntime } from '@kubus/shared/reconcile';
import type { Logger } from '@kubus/shared/telemetry';
import type { RegistryKinds, ServedKind } from '../common/served-kinds.ts';
import type { Collector } from '../garbage-collector/index.ts';

export interface CustomKindsOptions {
  informers: Pick<InformerSet, 'get' | 'add' | 'remove'>;
  kinds: RegistryKinds;
  collector: Collector;
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

/** Lets controllers know the kinds that definitions bring: their objects are collected, and go with their namespace. */
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
    const { informers, collector, runtime } = this.#options;
    const informer = await informers.add(kind.storage);
    const stop = runtime.follow('garbage-collector', collector.add(kind, informer), informer);
    this.#followed.set(name, { version, kind, stop });
  }

  #forget(name: string, { kind, stop }: Followed): void {
    const { informers, collector } = this.#options;
    this.#followed.delete(name);
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      stop();
      if (kind === undefined) return;
      collector.remove(kind);
      const again = this.#followed.get(name)?.kind;
      if (again === undefined) this.#then(() => informers.remove(kind.storage), name);
    }, FAREWELL_MS);
    this.#timers.add(timer.unref());
  }
}
