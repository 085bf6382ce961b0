export { nodeRules } from './component-roles.ts';
export { bootstrapRoleBindings, bootstrapRoles } from './namespace-roles.ts';
export {
  type BootstrapClusterRole,
  type BootstrapClusterRoleBinding,
  bootstrapClusterRoleBindings,
  bootstrapClusterRoles,
} from './policy.ts';
