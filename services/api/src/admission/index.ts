export { AdmissionChain } from './chain.ts';
export type * from './contract.ts';
export { NamespaceLifecycle } from './namespace-lifecycle.ts';
export { NodeRestriction } from './node-restriction.ts';
export { Notes } from './notes.ts';
export { podPriority, type TolerationDefaults, tolerationDefaults, tolerationSeconds } from './pod-defaults.ts';
export { RbacEscalation } from './rbac-escalation.ts';
export { refusal } from './refuse.ts';
export { ServiceAccountAdmission } from './service-account.ts';
