import type { Role } from '../../schema/index.ts';
import type { KindDeclaration } from '../contract.ts';
import { pathSegment } from '../metadata.ts';
import { rbacGroup, roleColumns, validateRules } from '../rbac.ts';

export const role: KindDeclaration<Role> = {
  kind: 'Role',
  plural: 'roles',
  singular: 'role',
  scope: 'Namespaced',
  versions: [{ group: rbacGroup, version: 'v1', schema: 'io.k8s.api.rbac.v1.Role' }],
  strategy: {
    allowCreateOnUpdate: true,
    validateName: pathSegment,
    validate: (object) => validateRules(object.rules, true),
  },
  table: roleColumns,
};
