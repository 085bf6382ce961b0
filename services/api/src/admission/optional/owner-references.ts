import type { GroupResource, KubeObject } from '@kubus/shared/object';
import { equal, type ServedResource } from '@kubus/shared/registry';
import type { Authorizer } from '../../authz/index.ts';
import type { AdmissionOperation, AdmissionPlugin, AdmissionRequest } from '../contract.ts';
import { refusal } from '../refuse.ts';

type OwnerReference = NonNullable<KubeObject['metadata']['ownerReferences']>[number];

/** What is served for a kind; undefined for one that is not. */
export type ResourceOfKind = (apiVersion: string, kind: string) => ServedResource | undefined;

/**
 * Kubernetes: OwnerReferencesPermissionEnforcement. Whoever gives an object another owner must be allowed to delete it, as the garbage collector
 * then will; and who has it block the deletion of its owner must be allowed to set the finalizers of that one.
 */
export class OwnerReferencesPermissionEnforcement implements AdmissionPlugin {
  readonly name = 'OwnerReferencesPermissionEnforcement';
  readonly #authorizer: Authorizer;
  readonly #resourceOf: ResourceOfKind;

  constructor(authorizer: Authorizer, resourceOf: ResourceOfKind) {
    this.#authorizer = authorizer;
    this.#resourceOf = resourceOf;
  }

  concerns({ group, resource }: GroupResource, subresource: string, operation: AdmissionOperation): boolean {
    // What agents say of their pods' status changes no owners.
    const isPodStatus = group === '' && resource === 'pods' && subresource === 'status';
    return (operation === 'CREATE' || operation === 'UPDATE') && !isPodStatus;
  }

  validate(request: AdmissionRequest): void | Promise<void> {
    const [owners, before] = [ownersOf(request.object), ownersOf(request.old)];
    if (owners.length === before.length && owners.every((owner, i) => equal(owner, before[i]))) return undefined;
    return this.#check(
      request,
      owners.filter((owner) => blocks(owner) && !before.some((old) => old.uid === owner.uid && blocks(old))),
    );
  }

  async #check(request: AdmissionRequest, blocking: readonly OwnerReference[]): Promise<void> {
    const { user, resource, subresource, namespace, name } = request;
    const { group, resource: plural } = resource;
    const own = { user, verb: 'delete', group, resource: plural, subresource, namespace, name };
    if (!(await this.#authorizer.authorize(own)).allowed)
      throw refusal(request, "cannot set an ownerRef on a resource you can't delete: , <nil>");
    for (const owner of blocking) {
      const found = this.#resourceOf(owner.apiVersion, owner.kind);
      if (found === undefined) throw refusal(request, unknownKind(owner));
      const where = found.declaration.scope === 'Namespaced' ? namespace : '';
      const finalizers = { group: found.group, resource: found.resource, subresource: 'finalizers' };
      const asked = { user, verb: 'update', ...finalizers, namespace: where, name: owner.name };
      if (!(await this.#authorizer.authorize(asked)).allowed) throw refusal(request, notYours);
    }
  }
}

const notYours =
  "cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set finalizers on: , <nil>";

const unknownKind = ({ apiVersion, kind }: OwnerReference): string =>
  `cannot set blockOwnerDeletion in this case because cannot find RESTMapping for APIVersion ${apiVersion} Kind ${kind}: , no matches for kind ${JSON.stringify(kind)} in version ${JSON.stringify(apiVersion)}`;

const ownersOf = (object: KubeObject | undefined): readonly OwnerReference[] => object?.metadata?.ownerReferences ?? [];

const blocks = ({ blockOwnerDeletion }: OwnerReference): boolean => blockOwnerDeletion === true;
