import { isAlreadyExists, isNotFound } from '@kubus/shared/errors';
import type { GroupResource, KubeObject } from '@kubus/shared/object';
import type { AdmissionOperation, AdmissionPlugin, AdmissionRequest } from '../contract.ts';
import { refusal } from '../refuse.ts';

/** A namespace: at once where this replica knows it, else from the store. Throws NotFound where there is none. */
export type NamespaceNamed = (name: string) => KubeObject | Promise<KubeObject>;

/** Makes a namespace as the server itself, whoever asks. Throws AlreadyExists. */
export type CreateNamespace = (name: string) => Promise<void>;

/** Kubernetes: NamespaceAutoProvision. The namespace in which something is created is made with it. */
export class NamespaceAutoProvision implements AdmissionPlugin {
  readonly name = 'NamespaceAutoProvision';
  readonly #named: NamespaceNamed;
  readonly #create: CreateNamespace;

  constructor(named: NamespaceNamed, create: CreateNamespace) {
    this.#named = named;
    this.#create = create;
  }

  concerns(resource: GroupResource, _subresource: string, operation: AdmissionOperation): boolean {
    return operation === 'CREATE' && !isNamespace(resource);
  }

  admit(request: AdmissionRequest): void | Promise<void> {
    if (request.dryRun || request.namespace === '') return undefined;
    const found = this.#named(request.namespace);
    return found instanceof Promise ? this.#provide(found, request) : undefined;
  }

  async #provide(found: Promise<KubeObject>, request: AdmissionRequest): Promise<void> {
    try {
      await found.catch((error: unknown) => {
        if (!isNotFound(error)) throw error;
        return this.#create(request.namespace);
      });
    } catch (error) {
      if (!isAlreadyExists(error)) throw refusal(request, error instanceof Error ? error.message : String(error));
    }
  }
}

/** Kubernetes: NamespaceExists. Nothing is written in a namespace that is not there, nor deleted from it. */
export class NamespaceExists implements AdmissionPlugin {
  readonly name = 'NamespaceExists';
  readonly #named: NamespaceNamed;

  constructor(named: NamespaceNamed) {
    this.#named = named;
  }

  concerns(resource: GroupResource, _subresource: string, operation: AdmissionOperation): boolean {
    return operation !== 'CONNECT' && !isNamespace(resource);
  }

  validate({ namespace }: AdmissionRequest): void | Promise<void> {
    const found = namespace === '' ? undefined : this.#named(namespace);
    return found instanceof Promise ? found.then(() => undefined) : undefined;
  }
}

const isNamespace = ({ group, resource }: GroupResource): boolean => group === '' && resource === 'namespaces';
