export { nodeRules } from './component-roles.ts';
export {
  type BootstrapClusterRole,
  type BootstrapClusterRoleBinding,
  bootstrapClusterRoleBindings,
  bootstrapClusterRoles,
} from './policy.ts';
