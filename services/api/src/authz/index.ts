export {
  bootstrapClusterRoleBindings,
  bootstrapClusterRoles,
  bootstrapRoleBindings,
  bootstrapRoles,
  nodeRules,
} from './bootstrap/index.ts';
export { AuthorizerChain, isMaster, mastersGroup } from './chain.ts';
export { parseAuthorizationConfiguration } from './config.ts';
export { type ChainOf, configuredChain } from './configured.ts';
export * from './contract.ts';
export { describeRules, missingRules, quoteList } from './covers.ts';
export { forbidden, forbiddenRequest, unauthorized } from './forbidden.ts';
export { NodeAuthorizer, nodeLeaseNamespace, nodeNameOf } from './node.ts';
export { NodeGraph } from './node-graph.ts';
export { type PodLike, podReferences } from './pod-references.ts';
export type { ImpliedBinding } from './policy.ts';
export { RbacAuthorizer } from './rbac.ts';
export { type ReviewedSelector, reviewedFields, reviewedLabels } from './selector-terms.ts';
export { WebhookAuthorizer } from './webhook.ts';
