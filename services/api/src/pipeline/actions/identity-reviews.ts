import { invalid } from '@kubus/shared/errors';
import type { KubeObject } from '@kubus/shared/object';
import { field } from '@kubus/shared/registry';
import { type BearerTokens, serviceAccountIssuer, type UserInfo } from '../../authn/index.ts';
import { isMaster, nodeNameOf, type PolicyRule, type RbacAuthorizer } from '../../authz/index.ts';
import type { Action } from './contract.ts';
import { review } from './review.ts';

interface TokenReview extends KubeObject {
  spec?: { token?: string; audiences?: string[] };
}

interface RulesReview extends KubeObject {
  spec?: { namespace?: string };
}

/** authentication.k8s.io: whose token is this? */
export function tokenReview(authenticator: BearerTokens | undefined): Action {
  return review<TokenReview>(async (_deps, call, { spec }) => {
    if (!spec?.token) {
      const errors = [field.required('spec.token')];
      throw invalid({ group: call.resource.group, kind: call.resource.kind, name: '' }, errors);
    }
    const asked = spec.audiences ?? [];
    const audiences = asked.length === 0 ? [serviceAccountIssuer] : asked;
    const authenticated = await authenticator?.authenticate(spec.token, audiences);
    if (authenticated === undefined) return { user: {}, error: 'invalid bearer token' };
    return { authenticated: true, user: present(authenticated.user), audiences: authenticated.audiences };
  });
}

/** Who am I? (KEP-3325) */
export const selfSubjectReview: Action = review(async (_deps, call) => ({ userInfo: present(call.context.user) }));

function present({ username, uid, groups, extra }: UserInfo): object {
  return {
    username,
    ...(uid === undefined ? {} : { uid }),
    groups: [...groups],
    ...(extra === undefined || extra.size === 0 ? {} : { extra: Object.fromEntries(extra) }),
  };
}

/** What may I do in this namespace? */
export function selfSubjectRulesReview(rbac: RbacAuthorizer): Action {
  return review<RulesReview>(async (_deps, call, { spec }) => {
    const namespace = spec?.namespace ?? '';
    if (namespace === '') {
      const errors = [field.required('spec.namespace', 'namespace is required')];
      throw invalid({ group: call.resource.group, kind: call.resource.kind, name: '' }, errors);
    }
    const { user } = call.context;
    const rules = [...(isMaster(user) ? everything : []), ...rbac.rulesFor(user, namespace)];
    const isNode = nodeNameOf(user) !== undefined;
    return {
      resourceRules: rules.flatMap(resourceRule),
      nonResourceRules: rules.flatMap(pathRule),
      incomplete: isNode,
      ...(isNode ? { evaluationError: 'node authorizer does not support user rule resolution' } : {}),
    };
  });
}

const everything: readonly PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
];

function resourceRule({ verbs, apiGroups = [], resources = [], resourceNames = [] }: PolicyRule): object[] {
  if (resources.length === 0) return [];
  return [{ verbs, apiGroups, resources, ...(resourceNames.length === 0 ? {} : { resourceNames }) }];
}

function pathRule({ verbs, nonResourceURLs = [] }: PolicyRule): object[] {
  return nonResourceURLs.length === 0 ? [] : [{ verbs, nonResourceURLs }];
}
