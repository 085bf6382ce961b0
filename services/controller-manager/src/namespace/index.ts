import { isConflict, isNotFound } from '@kubus/shared/errors';
import type { ObjectMeta } from '@kubus/shared/object';
import type { Controller, ReconcileKey, ReconcileResult } from '@kubus/shared/reconcile';
import type { ApiService } from '@kubus/shared/registry';
import type { Namespace, NamespaceStatus } from '@kubus/shared/schema';
import { discoverAggregated } from '../common/aggregated-kinds.ts';
import type { ControllerContext } from '../common/context.ts';
import { semanticEqual } from '../common/equality.ts';
import type { ServedKinds } from '../common/served-kinds.ts';
import { formatTime } from '../common/time.ts';
import { empty } from './execute.ts';
import { type Content, conditionsFor, deletionTurns, finalized, isEmptied, planStep, untilNextLook } from './plan.ts';

const namespaces = { group: '', resource: 'namespaces' };
const pods = { group: '', resource: 'pods' };
const apiServices = { group: 'apiregistration.k8s.io', resource: 'apiservices' };
const target = { ...namespaces, version: 'v1' };

export interface NamespaceOptions {
  kinds: ServedKinds;
}

/** Empties a namespace that is being deleted, and lets it go when nothing is left (Kubernetes: namespace lifecycle, KEP-5080). */
export function createNamespaceController(context: ControllerContext, options: NamespaceOptions): Controller {
  const namespacesNow = context.informers.get<Namespace>(namespaces);
  /** The last pod to go is what the rest of the content waits for. */
  const keysOfTerminating = (name = ''): ReconcileKey[] => {
    const namespace = namespacesNow.get('', name);
    return namespace !== undefined && isDeleting(namespace.metadata) ? [keyOf(name)] : [];
  };
  return {
    name: 'namespace',
    concurrency: 10,
    reads: [namespaces, apiServices],
    watches: [
      { resource: namespaces, map: ({ metadata }) => (isDeleting(metadata) ? [keyOf(metadata.name)] : []) },
      {
        resource: pods,
        map: ({ metadata }, _, type) => (type === 'deleted' ? keysOfTerminating(metadata.namespace) : []),
      },
    ],
    keys: () =>
      namespacesNow
        .list()
        .filter(({ metadata }) => isDeleting(metadata))
        .map(({ metadata }) => keyOf(metadata.name)),
    reconcile: ({ name }) => new Termination(context, options).step(namespacesNow.get('', name)),
  };
}

const isDeleting = ({ deletionTimestamp }: ObjectMeta): boolean => deletionTimestamp !== undefined;
const keyOf = (name: string): ReconcileKey => ({ namespace: '', name });

class Termination {
  readonly #context: ControllerContext;
  readonly #options: NamespaceOptions;

  constructor(context: ControllerContext, options: NamespaceOptions) {
    this.#context = context;
    this.#options = options;
  }

  async step(namespace: Namespace | undefined): Promise<ReconcileResult> {
    const { type } = planStep(namespace);
    if (namespace === undefined || type === 'none') return undefined;
    try {
      const marked = type === 'markTerminating' ? await this.#status(namespace, { phase: 'Terminating' }) : namespace;
      return await this.#empty(marked);
    } catch (error) {
      // Somebody else wrote or was faster: the change brings the key back.
      if (isNotFound(error) || isConflict(error)) return { requeueAfter: 100 };
      throw error;
    }
  }

  async #empty(namespace: Namespace): Promise<ReconcileResult> {
    const now = this.#context.clock.now();
    const content = await this.#deleteContent(namespace.metadata.name);
    const conditions = conditionsFor(namespace.status?.conditions ?? [], content, formatTime(now));
    const written = await this.#status(namespace, { phase: 'Terminating', conditions });
    const failed = content.undiscovered[0] ?? content.emptied.find(({ error }) => error !== undefined)?.error;
    if (failed !== undefined) throw new Error(`namespace ${namespace.metadata.name} is not empty: ${failed}`);
    if (!isEmptied(content.emptied)) return { requeueAfter: untilNextLook(namespace, content.emptied, now) };
    await this.#finalize(written);
    return undefined;
  }

  /** Everything else only when no pod is left. What cannot be discovered spares nothing of what can. */
  async #deleteContent(namespace: string): Promise<Content> {
    const { api, informers } = this.#context;
    const aggregated = await discoverAggregated(api, informers.get<ApiService>(apiServices).list());
    const [pods, others] = deletionTurns([...this.#options.kinds.stored(), ...aggregated.kinds]);
    const first = await empty(api, namespace, pods);
    const emptied = isEmptied(first) ? [...first, ...(await empty(api, namespace, others))] : first;
    return { emptied, undiscovered: aggregated.failures };
  }

  async #status(namespace: Namespace, status: NamespaceStatus): Promise<Namespace> {
    if (semanticEqual(namespace.status, { ...namespace.status, ...status })) return namespace;
    const body = { ...namespace, status: { ...namespace.status, ...status } };
    const { name } = namespace.metadata;
    return this.#context.api.request<Namespace>({ ...target, verb: 'update', name, subresource: 'status', body });
  }

  async #finalize(namespace: Namespace): Promise<void> {
    const { name } = namespace.metadata;
    const body = finalized(namespace);
    await this.#context.api.request({ ...target, verb: 'update', name, subresource: 'finalize', body });
  }
}
