import type { ClusterRole } from '../../schema/index.ts';
import type { KindDeclaration } from '../contract.ts';
import { pathSegment } from '../metadata.ts';
import { rbacGroup, roleColumns, validateRules } from '../rbac.ts';

export const clusterRole: KindDeclaration<ClusterRole> = {
  kind: 'ClusterRole',
  plural: 'clusterroles',
  singular: 'clusterrole',
  scope: 'Cluster',
  versions: [{ group: rbacGroup, version: 'v1', schema: 'io.k8s.api.rbac.v1.ClusterRole' }],
  strategy: {
    validateName: pathSegment,
    validate: (object) => validateRules(object.rules, false),
  },
  table: roleColumns,
};
