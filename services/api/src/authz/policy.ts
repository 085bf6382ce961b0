import { type KubeObject, LabelSelector, type LabelSelectorSpec, labelSelector } from '@kubus/shared/object';
import type { UserInfo } from '../authn/index.ts';
import type { PolicyRule } from './contract.ts';

/** rbac.authorization.k8s.io objects, as far as decisions need them. */
export interface RoleObject extends KubeObject {
  rules?: PolicyRule[] | null;
  aggregationRule?: { clusterRoleSelectors?: LabelSelectorSpec[] };
}

export interface BindingObject extends KubeObject {
  subjects?: Subject[];
  roleRef: { apiGroup: string; kind: string; name: string };
}

interface Subject {
  kind: string;
  apiGroup?: string;
  name: string;
  namespace?: string;
}

/** Everything RBAC knows, as plain lists. */
export interface PolicyObjects {
  clusterRoles: Iterable<RoleObject>;
  roles: Iterable<RoleObject>;
  clusterRoleBindings: Iterable<BindingObject>;
  roleBindings: Iterable<BindingObject>;
}

/** A binding that holds without being an object, e.g. of a desired set to its namespace. `namespace` '' is the whole cluster. */
export interface ImpliedBinding {
  clusterRole: string;
  namespace: string;
}

/** Roles and bindings arranged by subject; immutable: a change makes a new one. */
export class Policy {
  readonly #clusterRoles: Map<string, readonly PolicyRule[]>;
  readonly #roles: Map<string, readonly PolicyRule[]>;
  /** By namespace ('' the whole cluster), then by subject. */
  readonly #grants = new Map<string, Map<string, (readonly PolicyRule[])[]>>();

  constructor(objects: PolicyObjects) {
    const clusterRoles = [...objects.clusterRoles];
    this.#clusterRoles = new Map(clusterRoles.map((role) => [role.metadata.name, effectiveRules(role, clusterRoles)]));
    this.#roles = new Map(
      [...objects.roles].map((role) => [`${role.metadata.namespace}/${role.metadata.name}`, role.rules ?? []]),
    );
    for (const binding of objects.clusterRoleBindings) this.#bind(binding, '');
    for (const binding of objects.roleBindings) this.#bind(binding, binding.metadata.namespace ?? '');
  }

  /** Rules of a role, or undefined when there is no such role. */
  rulesOf(ref: { kind: string; name: string }, namespace: string): readonly PolicyRule[] | undefined {
    return ref.kind === 'ClusterRole' ? this.#clusterRoles.get(ref.name) : this.#roles.get(`${namespace}/${ref.name}`);
  }

  /** All rules that hold for a user in a namespace; '' gives those that hold in the whole cluster. */
  rulesFor(user: UserInfo, namespace: string, implied: readonly ImpliedBinding[] = []): PolicyRule[] {
    const subjects = [`User:${user.username}`, ...user.groups.map((group) => `Group:${group}`)];
    const scopes = namespace === '' ? [''] : ['', namespace];
    const granted = scopes.flatMap((scope) => {
      const bySubject = this.#grants.get(scope);
      return bySubject === undefined ? [] : subjects.flatMap((subject) => bySubject.get(subject) ?? []);
    });
    const further = implied
      .filter((binding) => scopes.includes(binding.namespace))
      .map((binding) => this.#clusterRoles.get(binding.clusterRole) ?? []);
    return [...new Set([...granted, ...further])].flat();
  }

  #bind(binding: BindingObject, scope: string): void {
    const rules = this.rulesOf(binding.roleRef, scope);
    if (rules === undefined) return;
    const bySubject = this.#grants.get(scope) ?? new Map<string, (readonly PolicyRule[])[]>();
    this.#grants.set(scope, bySubject);
    for (const subject of binding.subjects ?? []) {
      const key = subjectKey(subject, binding.metadata.namespace ?? '');
      const lists = bySubject.get(key);
      if (lists === undefined) bySubject.set(key, [rules]);
      else lists.push(rules);
    }
  }
}

/** Service accounts are users of a fixed form (apiserver/pkg/authentication/serviceaccount MakeUsername). */
function subjectKey(subject: Subject, bindingNamespace: string): string {
  if (subject.kind !== 'ServiceAccount') return `${subject.kind}:${subject.name}`;
  return `User:system:serviceaccount:${subject.namespace || bindingNamespace}:${subject.name}`;
}

/** One that cannot be read, from before they were validated, finds nothing. */
function selectorOf(spec: LabelSelectorSpec): LabelSelector {
  try {
    return labelSelector(spec);
  } catch {
    return LabelSelector.nothing;
  }
}

/** Own rules and, of an aggregated role, those of all roles that its selectors find, in turn aggregated. */
function effectiveRules(role: RoleObject, all: readonly RoleObject[], seen = new Set<RoleObject>()): PolicyRule[] {
  seen.add(role);
  const own = role.rules ?? [];
  const selectors = (role.aggregationRule?.clusterRoleSelectors ?? []).map(selectorOf);
  if (selectors.length === 0) return own;
  const found = all.filter(
    (other) => !seen.has(other) && selectors.some((selector) => selector.matches(other.metadata.labels)),
  );
  return [...own, ...found.flatMap((other) => effectiveRules(other, all, seen))];
}
