import type { FieldError } from '../../errors/index.ts';
import type { ClusterRole } from '../../schema/index.ts';
import type { KindDeclaration } from '../contract.ts';
import { field } from '../field.ts';
import { pathSegment } from '../metadata.ts';
import { rbacGroup, roleColumns, validateRules } from '../rbac.ts';
import { validateLabelSelector } from '../selector.ts';

export const clusterRole: KindDeclaration<ClusterRole> = {
  kind: 'ClusterRole',
  plural: 'clusterroles',
  singular: 'clusterrole',
  scope: 'Cluster',
  versions: [{ group: rbacGroup, version: 'v1', schema: 'io.k8s.api.rbac.v1.ClusterRole' }],
  strategy: {
    allowCreateOnUpdate: true,
    validateName: pathSegment,
    validate: (object) => [...validateRules(object.rules, false), ...validateAggregation(object)],
  },
  table: roleColumns,
};

/** pkg/apis/rbac/validation ValidateClusterRole. */
function validateAggregation({ aggregationRule }: ClusterRole): FieldError[] {
  if (aggregationRule === undefined) return [];
  const { clusterRoleSelectors: selectors = [] } = aggregationRule;
  const where = 'aggregationRule.clusterRoleSelectors';
  if (selectors.length === 0) {
    return [field.required(where, 'at least one clusterRoleSelector required if aggregationRule is non-nil')];
  }
  return selectors.flatMap((selector, i) => validateLabelSelector(selector, `${where}[${i}]`));
}
