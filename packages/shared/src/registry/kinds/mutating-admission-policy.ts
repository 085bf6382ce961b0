import type { MutatingAdmissionPolicy } from '../../schema/index.ts';
import { setPolicyDefaults } from '../admission/defaults.ts';
import { paramKindCell } from '../admission/printing.ts';
import { validateMutatingPolicy } from '../admission/validate-policy.ts';
import { age, ageColumn, integer, nameColumn, text } from '../columns.ts';
import type { KindDeclaration } from '../contract.ts';

const group = 'admissionregistration.k8s.io';

export const mutatingAdmissionPolicy: KindDeclaration<MutatingAdmissionPolicy> = {
  kind: 'MutatingAdmissionPolicy',
  plural: 'mutatingadmissionpolicies',
  singular: 'mutatingadmissionpolicy',
  scope: 'Cluster',
  versions: [{ group, version: 'v1', schema: 'io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicy' }],
  strategy: {
    takesShortFinalizers: true,
    hasGeneration: true,
    requireResourceVersion: true,
    setDefaults: setPolicyDefaults,
    validate: validateMutatingPolicy,
  },
  table: {
    columns: [
      nameColumn,
      integer('Mutations', 'How many mutations the policy has.'),
      text('ParamKind', 'The kind of its parameters.'),
      ageColumn,
    ],
    cells: (object, now) => [
      object.metadata.name,
      (object.spec?.mutations ?? []).length,
      paramKindCell(object.spec?.paramKind),
      age(object, now),
    ],
  },
};
