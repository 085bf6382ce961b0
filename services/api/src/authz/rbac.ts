import type { UserInfo } from '../authn/index.ts';
import { LiveView } from '../storage/index.ts';
import type { WatchCaches } from '../watchcache/index.ts';
import { type Attributes, type Authorizer, allowed, type Decision, noOpinion, type PolicyRule } from './contract.ts';
import { type BindingObject, type ImpliedBinding, Policy, type RoleObject } from './policy.ts';
import { namesAllow, ruleAllows, ruleConcerns } from './rules.ts';

const group = 'rbac.authorization.k8s.io';

/** Decisions kept per user before they are thrown away and made anew. */
const MAX_DECISIONS = 4096;

/** What is left to ask once verb, resource and namespace are known: nothing, or the name. */
type Prepared = 'allow' | 'deny' | readonly PolicyRule[];

/**
 * Role-based access control over the roles and bindings that this replica knows. Decisions are kept per user and forgotten when any role or
 * binding changes, so that the hot path is one look-up.
 */
export class RbacAuthorizer implements Authorizer {
  readonly #clusterRoles: LiveView<RoleObject>;
  readonly #roles: LiveView<RoleObject>;
  readonly #clusterRoleBindings: LiveView<BindingObject>;
  readonly #roleBindings: LiveView<BindingObject>;
  readonly #impliedBindings: (user: UserInfo) => readonly ImpliedBinding[];
  #policy: Policy | undefined;
  #decisions = new WeakMap<UserInfo, Map<string, Prepared>>();

  constructor(caches: WatchCaches, impliedBindings: (user: UserInfo) => readonly ImpliedBinding[] = () => []) {
    const changed = { onChange: () => this.#forget() };
    this.#clusterRoles = new LiveView(caches, { group, resource: 'clusterroles' }, changed);
    this.#roles = new LiveView(caches, { group, resource: 'roles' }, changed);
    this.#clusterRoleBindings = new LiveView(caches, { group, resource: 'clusterrolebindings' }, changed);
    this.#roleBindings = new LiveView(caches, { group, resource: 'rolebindings' }, changed);
    this.#impliedBindings = impliedBindings;
  }

  async start(): Promise<void> {
    await Promise.all(this.#views().map((view) => view.start()));
  }

  stop(): void {
    for (const view of this.#views()) view.stop();
  }

  authorize(attributes: Attributes): Decision {
    const { user } = attributes;
    if (attributes.path !== undefined) {
      return this.rulesFor(user, '').some((rule) => ruleAllows(rule, attributes)) ? allowed : noOpinion;
    }
    const decisions = this.#decisionsOf(user);
    const key = `${attributes.verb} ${attributes.group} ${attributes.resource} ${attributes.subresource} ${attributes.namespace}`;
    let prepared = decisions.get(key);
    if (prepared === undefined) {
      const rules = this.rulesFor(user, attributes.namespace).filter((rule) => ruleConcerns(rule, attributes));
      prepared = prepare(rules);
      if (decisions.size >= MAX_DECISIONS) decisions.clear();
      decisions.set(key, prepared);
    }
    if (prepared === 'deny') return noOpinion;
    return prepared === 'allow' || prepared.some((rule) => namesAllow(rule, attributes.name)) ? allowed : noOpinion;
  }

  /** All rules that hold for a user in a namespace; '' for the whole cluster. */
  rulesFor(user: UserInfo, namespace: string): PolicyRule[] {
    return this.#current().rulesFor(user, namespace, this.#impliedBindings(user));
  }

  /** Rules of the role that a binding names; undefined when it does not exist. */
  async rulesOfRole(
    ref: { kind: string; name: string },
    namespace: string,
  ): Promise<readonly PolicyRule[] | undefined> {
    const known = this.#current().rulesOf(ref, namespace);
    if (known !== undefined) return known;
    await (ref.kind === 'ClusterRole' ? this.#clusterRoles : this.#roles).catchUp();
    return this.#current().rulesOf(ref, namespace);
  }

  #current(): Policy {
    this.#policy ??= new Policy({
      clusterRoles: this.#clusterRoles.values(),
      roles: this.#roles.values(),
      clusterRoleBindings: this.#clusterRoleBindings.values(),
      roleBindings: this.#roleBindings.values(),
    });
    return this.#policy;
  }

  #decisionsOf(user: UserInfo): Map<string, Prepared> {
    let decisions = this.#decisions.get(user);
    if (decisions === undefined) {
      decisions = new Map();
      this.#decisions.set(user, decisions);
    }
    return decisions;
  }

  #forget(): void {
    this.#policy = undefined;
    this.#decisions = new WeakMap();
  }

  #views(): LiveView[] {
    return [this.#clusterRoles, this.#roles, this.#clusterRoleBindings, this.#roleBindings] as LiveView[];
  }
}

function prepare(rules: readonly PolicyRule[]): Prepared {
  if (rules.length === 0) return 'deny';
  return rules.some((rule) => (rule.resourceNames ?? []).length === 0) ? 'allow' : rules;
}
