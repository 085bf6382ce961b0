import type { KindDeclaration, Scope } from '../contract.ts';

const authentication = 'authentication.k8s.io';
const authorization = 'authorization.k8s.io';

function review(group: string, kind: string, scope: Scope = 'Cluster'): KindDeclaration {
  const singular = kind.toLowerCase();
  const api = group.split('.', 1)[0];
  return {
    kind,
    plural: `${singular}s`,
    singular,
    scope,
    versions: [{ group, version: 'v1', schema: `io.k8s.api.${api}.v1.${kind}` }],
    verbs: ['create'],
  };
}

/** Questions that are answered and not kept. */
export const reviews: readonly KindDeclaration[] = [
  review(authentication, 'TokenReview'),
  review(authentication, 'SelfSubjectReview'),
  review(authorization, 'SubjectAccessReview'),
  review(authorization, 'LocalSubjectAccessReview', 'Namespaced'),
  review(authorization, 'SelfSubjectAccessReview'),
  review(authorization, 'SelfSubjectRulesReview'),
];
