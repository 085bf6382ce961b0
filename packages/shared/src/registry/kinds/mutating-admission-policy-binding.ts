import type { MutatingAdmissionPolicyBinding } from '../../schema/index.ts';
import { setBindingDefaults } from '../admission/defaults.ts';
import { bindingTable } from '../admission/printing.ts';
import { validateMutatingBinding } from '../admission/validate-policy.ts';
import type { KindDeclaration } from '../contract.ts';

const group = 'admissionregistration.k8s.io';

export const mutatingAdmissionPolicyBinding: KindDeclaration<MutatingAdmissionPolicyBinding> = {
  kind: 'MutatingAdmissionPolicyBinding',
  plural: 'mutatingadmissionpolicybindings',
  singular: 'mutatingadmissionpolicybinding',
  scope: 'Cluster',
  versions: [{ group, version: 'v1', schema: 'io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicyBinding' }],
  strategy: {
    takesShortFinalizers: true,
    hasGeneration: true,
    requireResourceVersion: true,
    validate: validateMutatingBinding,
    setDefaults: (object) => setBindingDefaults(object.spec),
  },
  table: bindingTable,
};
