import { notFound, StatusError } from '@kubus/shared/errors';
import type { KubeObject } from '@kubus/shared/object';
import { forbidden } from '../authz/index.ts';
import type { LiveView } from '../storage/index.ts';
import type { AdmissionOperation, AdmissionPlugin, AdmissionRequest } from './contract.ts';

const namespaces = { group: '', resource: 'namespaces' };

/** Namespaces that are never deleted. */
const immortal: ReadonlySet<string> = new Set(['default', 'kube-system', 'kube-public']);

/** Reads a namespace from the store. */
export type ReadNamespace = (name: string) => Promise<KubeObject | undefined>;

/** What lives in a namespace needs it to exist and not to be on its way out (Kubernetes: NamespaceLifecycle). */
export class NamespaceLifecycle implements AdmissionPlugin {
  readonly name = 'NamespaceLifecycle';
  readonly #known: LiveView;
  readonly #read: ReadNamespace;

  constructor(known: LiveView, read: ReadNamespace) {
    this.#known = known;
    this.#read = read;
  }

  concerns(resource: { group: string; resource: string }, subresource: string, operation: AdmissionOperation): boolean {
    if (resource.group === '' && resource.resource === 'namespaces')
      return operation === 'DELETE' && subresource === '';
    return operation === 'CREATE';
  }

  admit(request: AdmissionRequest): void | Promise<void> {
    if (request.operation === 'DELETE') return refuseImmortal(request.name);
    // Reviews ask about namespaces; they do not live in them.
    if (request.namespace === '' || request.resource.declaration.strategy === undefined) return undefined;
    const known = this.#known.get('', request.namespace);
    if (known !== undefined && known.metadata.deletionTimestamp === undefined) return undefined;
    return this.#look(request);
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
