import type { RoleBinding } from '../../schema/index.ts';
import type { KindDeclaration } from '../contract.ts';
import { pathSegment } from '../metadata.ts';
import { bindingColumns, rbacGroup, setBindingDefaults, validateBinding, validateBindingUpdate } from '../rbac.ts';

export const roleBinding: KindDeclaration<RoleBinding> = {
  kind: 'RoleBinding',
  plural: 'rolebindings',
  singular: 'rolebinding',
  scope: 'Namespaced',
  versions: [{ group: rbacGroup, version: 'v1', schema: 'io.k8s.api.rbac.v1.RoleBinding' }],
  strategy: {
    allowCreateOnUpdate: true,
    validateName: pathSegment,
    setDefaults: setBindingDefaults,
    validate: (object) => validateBinding(object, true),
    validateUpdate: validateBindingUpdate,
  },
  table: bindingColumns,
};
