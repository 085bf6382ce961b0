import type { ClusterRoleBinding } from '../../schema/index.ts';
import type { KindDeclaration } from '../contract.ts';
import { pathSegment } from '../metadata.ts';
import { bindingColumns, rbacGroup, setBindingDefaults, validateBinding, validateBindingUpdate } from '../rbac.ts';

export const clusterRoleBinding: KindDeclaration<ClusterRoleBinding> = {
  kind: 'ClusterRoleBinding',
  plural: 'clusterrolebindings',
  singular: 'clusterrolebinding',
  scope: 'Cluster',
  versions: [{ group: rbacGroup, version: 'v1', schema: 'io.k8s.api.rbac.v1.ClusterRoleBinding' }],
  strategy: {
    allowCreateOnUpdate: true,
    validateName: pathSegment,
    setDefaults: setBindingDefaults,
    validate: (object) => validateBinding(object, false),
    validateUpdate: validateBindingUpdate,
  },
  table: bindingColumns,
};
