import type { BearerTokens, ServiceAccountTokens } from '../../authn/index.ts';
import type { RbacAuthorizer } from '../../authz/index.ts';
import type { UsageStore } from '../../usage/index.ts';
import { localSubjectAccessReview, selfSubjectAccessReview, subjectAccessReview } from './access-reviews.ts';
import { type Component, componentStatuses } from './component-statuses.ts';
import type { Action, Actions, ObjectAction } from './contract.ts';
import { evict } from './eviction.ts';
import { selfSubjectReview, selfSubjectRulesReview, tokenReview } from './identity-reviews.ts';
import { legacyBinding } from './legacy-binding.ts';
import { nodeMetrics, podMetrics } from './metrics.ts';
import { tokenAction } from './token.ts';

export type { Component } from './component-statuses.ts';
export type { Actions } from './contract.ts';

export interface ActionParts {
  rbac: RbacAuthorizer;
  /** Absent: no tokens are issued, none hold. */
  tokens: ServiceAccountTokens | undefined;
  tokenAuthenticator: BearerTokens | undefined;
  components: readonly Component[];
  usage: UsageStore;
}

export function builtinActions({ rbac, tokens, tokenAuthenticator, components, usage }: ActionParts): Actions {
  const authorization = 'authorization.k8s.io';
  const authentication = 'authentication.k8s.io';
  return {
    resources: new Map<string, Action>([
      ['/bindings', legacyBinding],
      ['/componentstatuses', componentStatuses(components)],
      ['metrics.k8s.io/nodes', nodeMetrics(usage)],
      ['metrics.k8s.io/pods', podMetrics(usage)],
      [`${authorization}/selfsubjectaccessreviews`, selfSubjectAccessReview],
      [`${authorization}/subjectaccessreviews`, subjectAccessReview],
      [`${authorization}/localsubjectaccessreviews`, localSubjectAccessReview],
      [`${authorization}/selfsubjectrulesreviews`, selfSubjectRulesReview(rbac)],
      [`${authentication}/tokenreviews`, tokenReview(tokenAuthenticator)],
      [`${authentication}/selfsubjectreviews`, selfSubjectReview],
    ]),
    subresources: new Map<string, ObjectAction>([
      ['/pods/eviction', evict],
      ...(tokens === undefined ? [] : [['/serviceaccounts/token', tokenAction(tokens)] as const]),
    ]),
  };
}
