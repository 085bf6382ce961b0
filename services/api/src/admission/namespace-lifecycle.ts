import { notFound, StatusError } from '@kubus/shared/errors';
import type { KubeObject } from '@kubus/shared/object';
import { forbidden } from '../authz/index.ts';
import type { LiveView } from '../storage/index.ts';
import type { AdmissionOperation, AdmissionPlugin, AdmissionRequest } from './contract.ts';

const namespaces = { group: '', resource: 'namespaces' };

/** Namespaces that are never deleted. */
const immortal: ReadonlySet<string> = new Set(['default', 'kube-system', 'kube-public']);

/** For how long, in ms, this replica looks again whether a namespace is there whose deletion it was asked for: what it knows of it may be older. */
const DOUBT = 30_000;

/** Reads a namespace from the store. */
export type ReadNamespace = (name: string) => Promise<KubeObject | undefined>;

/** What lives in a namespace needs it to exist and not to be on its way out (Kubernetes: NamespaceLifecycle). */
export class NamespaceLifecycle implements AdmissionPlugin {
  readonly name = 'NamespaceLifecycle';
  readonly #known: Pick<LiveView, 'get'>;
  readonly #read: ReadNamespace;
  readonly #now: () => number;
  /** Until when they are looked at again. */
  readonly #doubtful = new Map<string, number>();

  constructor(known: Pick<LiveView, 'get'>, read: ReadNamespace, now: () => number = Date.now) {
    this.#known = known;
    this.#read = read;
    this.#now = now;
  }

  concerns(resource: { group: string; resource: string }, subresource: string, operation: AdmissionOperation): boolean {
    if (resource.group === '' && resource.resource === 'namespaces')
      return operation === 'DELETE' && subresource === '';
    return operation === 'CREATE';
  }

  admit(request: AdmissionRequest): void | Promise<void> {
    if (request.operation === 'DELETE') return this.#doubt(request.name);
    // Reviews ask about namespaces; they do not live in them.
    if (request.namespace === '' || request.resource.declaration.strategy === undefined) return undefined;
    const known = this.#known.get('', request.namespace);
    const isThere = known !== undefined && known.metadata.deletionTimestamp === undefined;
    if (isThere && !this.#isDoubtful(request.namespace)) return undefined;
    return this.#look(request);
  }

  #doubt(name: string): void {
    refuseImmortal(name);
    // The oldest first.
    this.#doubtful.delete(name);
    this.#doubtful.set(name, this.#now() + DOUBT);
  }

  #isDoubtful(name: string): boolean {
    if (this.#doubtful.size === 0) return false;
    for (const [known, until] of this.#doubtful) {
      if (until > this.#now()) break;
      this.#doubtful.delete(known);
    }
    return this.#doubtful.has(name);
  }

  /** This replica may not have heard of a namespace, or not that it was deleted and made anew. */
  async #look(request: AdmissionRequest): Promise<void> {
    const namespace = await this.#read(request.namespace);
    if (namespace === undefined) throw notFound(namespaces, request.namespace);
    if (namespace.metadata.deletionTimestamp !== undefined) throw terminating(request);
  }
}

function refuseImmortal(name: string): void {
  if (immortal.has(name)) throw forbidden(namespaces, name, 'this namespace may not be deleted');
}

function terminating(request: AdmissionRequest): StatusError {
  const { namespace, resource, name, object } = request;
  const subject = name || object?.metadata.name || object?.metadata.generateName || 'Unknown';
  const refused = forbidden(
    resource,
    subject,
    `unable to create new content in namespace ${namespace} because it is being terminated`,
  );
  return new StatusError('Forbidden', refused.message, {
    ...refused.details,
    causes: [
      {
        reason: 'NamespaceTerminating',
        message: `namespace ${namespace} is being terminated`,
        field: 'metadata.namespace',
      },
    ],
  });
}
