import type { ValidatingAdmissionPolicy } from '../../schema/index.ts';
import { setPolicyDefaults } from '../admission/defaults.ts';
import { paramKindCell } from '../admission/printing.ts';
import { validateValidatingPolicy } from '../admission/validate-policy.ts';
import { age, ageColumn, integer, nameColumn, text } from '../columns.ts';
import type { KindDeclaration } from '../contract.ts';
import { statusSubresource } from '../status.ts';

const group = 'admissionregistration.k8s.io';
const schema = 'io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicy';
const responds = { group, version: 'v1', kind: 'ValidatingAdmissionPolicy' };

export const validatingAdmissionPolicy: KindDeclaration<ValidatingAdmissionPolicy> = {
  kind: 'ValidatingAdmissionPolicy',
  plural: 'validatingadmissionpolicies',
  singular: 'validatingadmissionpolicy',
  scope: 'Cluster',
  versions: [{ group, version: 'v1', schema }],
  strategy: {
    takesShortFinalizers: true,
    hasStatus: true,
    hasGeneration: true,
    requireResourceVersion: true,
    setDefaults: setPolicyDefaults,
    validate: validateValidatingPolicy,
  },
  subresources: [statusSubresource<ValidatingAdmissionPolicy>(responds, schema)],
  table: {
    columns: [
      nameColumn,
      integer('Validations', 'How many rules the policy has.'),
      text('ParamKind', 'The kind of its parameters.'),
      ageColumn,
    ],
    cells: (object, now) => [
      object.metadata.name,
      (object.spec?.validations ?? []).length,
      paramKindCell(object.spec?.paramKind),
      age(object, now),
    ],
  },
};
