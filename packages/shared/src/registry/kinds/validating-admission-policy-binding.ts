import type { ValidatingAdmissionPolicyBinding } from '../../schema/index.ts';
import { setBindingDefaults } from '../admission/defaults.ts';
import { bindingTable } from '../admission/printing.ts';
import { validateValidatingBinding } from '../admission/validate-policy.ts';
import type { KindDeclaration } from '../contract.ts';

const group = 'admissionregistration.k8s.io';

export const validatingAdmissionPolicyBinding: KindDeclaration<ValidatingAdmissionPolicyBinding> = {
  kind: 'ValidatingAdmissionPolicyBinding',
  plural: 'validatingadmissionpolicybindings',
  singular: 'validatingadmissionpolicybinding',
  scope: 'Cluster',
  versions: [{ group, version: 'v1', schema: 'io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyBinding' }],
  strategy: {
    takesShortFinalizers: true,
    hasGeneration: true,
    requireResourceVersion: true,
    validate: validateValidatingBinding,
    setDefaults: (object) => setBindingDefaults(object.spec),
  },
  table: bindingTable,
};
