import type { ApiRequest } from '@kubus/shared/bus';
import {
  type CustomResourceDefinition,
  cleanupFinalizer,
  type DefinitionStatus,
  nextStatus,
} from '@kubus/shared/custom-resources';
import { isConflict, isNotFound, type Status, StatusError } from '@kubus/shared/errors';
import type { KubeObject } from '@kubus/shared/object';
import { equal } from '@kubus/shared/registry';
import type { Store } from '@kubus/shared/store';
import { apiserver } from '../authn/index.ts';
import type { Pipeline } from '../pipeline/contract.ts';
import { type Clock, timestamp } from '../pipeline/deps.ts';
import { definitions, type ServedKinds } from './kinds.ts';

export interface DefinitionControllerOptions {
  kinds: ServedKinds;
  pipeline: Pick<Pipeline, 'handle'>;
  store: Pick<Store, 'list'>;
  clock: Clock;
  onError(error: unknown, name: string): void;
}

const RETRY_MS = 1000;
/** Between looks at the objects of a kind that is about to end. */
const CLEANUP_MS = 200;
/** Definitions that are looked at together; their writes share calls of the store. */
const AT_ONCE = 32;

const context = { user: apiserver, userAgent: 'kube-apiserver', signal: new AbortController().signal };

/**
 * Accepts the names of definitions, establishes them, and deletes their objects before they go. Every replica does it, and all come to the same: what is decided
 * rests on the definitions that were committed before, and each write on the revision that was judged.
 */
export class DefinitionController {
  readonly #options: DefinitionControllerOptions;
  readonly #queued = new Set<string>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #working = false;
  #stopped = false;

  constructor(options: DefinitionControllerOptions) {
    this.#options = options;
    options.kinds.onChange(({ metadata }) => this.#add(metadata.name));
  }

  start(): void {
    for (const { metadata } of this.#options.kinds.view.values()) this.#add(metadata.name);
  }

  stop(): void {
    this.#stopped = true;
    for (const timer of this.#timers) clearTimeout(timer);
  }

  #add(name: string): void {
    this.#queued.add(name);
    if (!this.#working) void this.#work();
  }

  #later(name: string, milliseconds: number): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#add(name);
    }, milliseconds);
    this.#timers.add(timer.unref());
  }

  async #work(): Promise<void> {
    this.#working = true;
    // What is told of in this turn is looked at together.
    await Promise.resolve();
    while (this.#queued.size > 0 && !this.#stopped) {
      const names = [...this.#queued].slice(0, AT_ONCE);
      for (const name of names) this.#queued.delete(name);
      await Promise.all(names.map((name) => this.#reconcileOrLater(name)));
    }
    this.#working = false;
  }

  async #reconcileOrLater(name: string): Promise<void> {
    try {
      await this.#reconcile(name);
    } catch (error) {
      if (this.#stopped) return;
      if (!isConflict(error) && !isNotFound(error)) this.#options.onError(error, name);
      this.#later(name, RETRY_MS);
    }
  }

  async #reconcile(name: string): Promise<void> {
    const definition = this.#options.kinds.view.get('', name);
    if (definition === undefined) return;
    if (definition.metadata.deletionTimestamp !== undefined) return this.#end(definition);
    const others = [...this.#options.kinds.view.values()].filter(
      (other) => other.spec.group === definition.spec.group && other.metadata.name !== name,
    );
    const status = nextStatus(definition, others, timestamp(this.#options.clock.now()));
    if (status === undefined) return this.#later(name, CLEANUP_MS);
    if (!equal(status, definition.status)) await this.#writeStatus(definition, status);
    // Names that it gives up may be what others wait for.
    for (const other of others) if (isRefused(other)) this.#later(other.metadata.name, RETRY_MS);
  }

  /** Its objects go, then it goes itself. */
  async #end(definition: CustomResourceDefinition): Promise<void> {
    const { metadata, spec } = definition;
    if (metadata.finalizers?.includes(cleanupFinalizer) !== true) return;
    const resource = { group: spec.group, resource: spec.names.plural };
    const { items } = await this.#options.store.list({ ...resource, limit: 500 });
    if (items.length > 0) {
      await Promise.all(items.map((item) => this.#delete(definition, item)));
      return this.#later(metadata.name, CLEANUP_MS);
    }
    const finalizers = metadata.finalizers.filter((finalizer) => finalizer !== cleanupFinalizer);
    const body = { metadata: { resourceVersion: metadata.resourceVersion, finalizers } };
    await this.#send({ ...address(metadata.name), verb: 'patch', contentType: 'application/merge-patch+json', body });
  }

  async #delete({ spec }: CustomResourceDefinition, { metadata }: KubeObject): Promise<void> {
    if (metadata.deletionTimestamp !== undefined) return;
    const version = spec.versions.find(({ served }) => served)?.name;
    if (version === undefined)
      throw new StatusError(
        'Conflict',
        `no version of ${spec.names.plural}.${spec.group} is served in which its objects could be deleted`,
      );
    const at = {
      group: spec.group,
      version,
      resource: spec.names.plural,
      namespace: metadata.namespace ?? '',
      name: metadata.name,
    };
    await this.#send({ ...at, verb: 'delete' }).catch((error: unknown) => {
      if (!isNotFound(error) && !isConflict(error)) throw error;
    });
  }

  async #writeStatus(
    { metadata, spec, apiVersion, kind }: CustomResourceDefinition,
    status: DefinitionStatus,
  ): Promise<void> {
    const body = { apiVersion, kind, metadata, spec, status };
    await this.#send({ ...address(metadata.name), subresource: 'status', verb: 'update', body });
  }

  async #send(request: ApiRequest): Promise<void> {
    const { code, body } = await this.#options.pipeline.handle(request, context);
    if (code >= 300) throw StatusError.from(body as Status);
  }
}

const address = (name: string) => ({ ...definitions, version: 'v1', name });

function isRefused({ status }: CustomResourceDefinition): boolean {
  return status?.conditions?.some(({ type, status }) => type === 'NamesAccepted' && status === 'False') ?? false;
}
