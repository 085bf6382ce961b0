import { notFound } from '@kubus/shared/errors';
import type { KubeObject } from '@kubus/shared/object';
import { equal } from '@kubus/shared/registry';
import type { UserInfo } from '../authn/index.ts';
import {
  type Authorizer,
  describeRules,
  isMaster,
  missingRules,
  type PolicyRule,
  quoteList,
  type RbacAuthorizer,
} from '../authz/index.ts';
import type { AdmissionOperation, AdmissionPlugin, AdmissionRequest } from './contract.ts';
import { refusal } from './refuse.ts';

const group = 'rbac.authorization.k8s.io';
const roles: ReadonlySet<string> = new Set(['roles', 'clusterroles']);
const bindings: ReadonlySet<string> = new Set(['rolebindings', 'clusterrolebindings']);

interface Role extends KubeObject {
  rules?: PolicyRule[] | null;
  aggregationRule?: unknown;
}

interface Binding extends KubeObject {
  subjects?: unknown[];
  roleRef: { kind: string; name: string };
}

const everything: readonly PolicyRule[] = [
  { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
  { nonResourceURLs: ['*'], verbs: ['*'] },
];

/**
 * Nobody gives what he does not have: a role may hold only rules that its author holds, unless he may `escalate`; a binding may name only a role whose
 * rules he holds, unless he may `bind` it (kubernetes.io: Using RBAC Authorization, "Privilege escalation prevention").
 */
export class RbacEscalation implements AdmissionPlugin {
  readonly name = 'RBACEscalation';
  readonly #rbac: RbacAuthorizer;
  readonly #authorizer: Authorizer;

  constructor(rbac: RbacAuthorizer, authorizer: Authorizer) {
    this.#rbac = rbac;
    this.#authorizer = authorizer;
  }

  concerns(resource: { group: string; resource: string }, subresource: string, operation: AdmissionOperation): boolean {
    if (resource.group !== group || subresource !== '' || operation === 'DELETE') return false;
    return roles.has(resource.resource) || bindings.has(resource.resource);
  }

  validate(request: AdmissionRequest): void | Promise<void> {
    if (isMaster(request.user)) return undefined;
    return roles.has(request.resource.resource) ? this.#checkRole(request) : this.#checkBinding(request);
  }

  async #checkRole(request: AdmissionRequest): Promise<void> {
    const role = request.object as Role;
    const old = request.old as Role | undefined;
    if (old !== undefined && equal(role.rules, old.rules) && equal(role.aggregationRule, old.aggregationRule)) return;
    if (await this.#may(request, 'escalate', request.resource.resource, role.metadata.name)) return;
    // Whoever makes a role that others join can come to hold anything.
    const wanted = role.aggregationRule == null ? (role.rules ?? []) : [...(role.rules ?? []), ...everything];
    this.#confirm(request, wanted);
  }

  async #checkBinding(request: AdmissionRequest): Promise<void> {
    const binding = request.object as Binding;
    const old = request.old as Binding | undefined;
    if (old !== undefined && equal(binding.subjects, old.subjects) && equal(binding.roleRef, old.roleRef)) return;
    const { kind, name } = binding.roleRef;
    const resource = kind === 'ClusterRole' ? 'clusterroles' : 'roles';
    if (await this.#may(request, 'bind', resource, name)) return;
    const rules = await this.#rbac.rulesOfRole(binding.roleRef, request.namespace);
    if (rules === undefined) throw notFound({ group, resource }, name);
    this.#confirm(request, rules);
  }

  #confirm(request: AdmissionRequest, wanted: readonly PolicyRule[]): void {
    const missing = missingRules(this.#rbac.rulesFor(request.user, request.namespace), wanted);
    if (missing.length === 0) return;
    throw refusal(
      request,
      `${describeUser(request.user)} is attempting to grant RBAC permissions not currently held:\n${describeRules(missing).join('\n')}`,
    );
  }

  async #may({ user, namespace }: AdmissionRequest, verb: string, resource: string, name: string): Promise<boolean> {
    const decision = await this.#authorizer.authorize({
      user,
      verb,
      group,
      resource,
      subresource: '',
      namespace,
      name,
    });
    return decision.allowed;
  }
}

function describeUser(user: UserInfo): string {
  return `user ${JSON.stringify(user.username)} (groups=${quoteList(user.groups)})`;
}
