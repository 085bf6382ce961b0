export { AuthorizerChain, isMaster, mastersGroup } from './chain.ts';
export * from './contract.ts';
export { describeRules, missingRules, quoteList } from './covers.ts';
export { forbidden, forbiddenRequest } from './forbidden.ts';
export { NodeAuthorizer, nodeLeaseNamespace, nodeNameOf } from './node.ts';
export { NodeGraph } from './node-graph.ts';
export { type PodLike, podReferences } from './pod-references.ts';
export { RbacAuthorizer } from './rbac.ts';
