export { nodeRules } from './component-roles.ts';
export { bootstrapRoleBindings, bootstrapRoles } from './namespace-roles.ts';
export {
  bootstrapClusterRoleBindings,
  bootstrapClusterRoles,
} from './policy.ts';
