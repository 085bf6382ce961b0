import type { ServiceAccount } from '../../schema/index.ts';
import { age, ageColumn, nameColumn, text } from '../columns.ts';
import type { KindDeclaration } from '../contract.ts';

export const serviceAccount: KindDeclaration<ServiceAccount> = {
  kind: 'ServiceAccount',
  plural: 'serviceaccounts',
  singular: 'serviceaccount',
  shortNames: ['sa'],
  scope: 'Namespaced',
  versions: [{ group: '', version: 'v1', schema: 'io.k8s.api.core.v1.ServiceAccount' }],
  strategy: { returnsDeleted: true },
  subresources: [
    {
      name: 'token',
      responds: { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' },
      schema: 'io.k8s.api.authentication.v1.TokenRequest',
      verbs: ['create'],
      type: 'action',
    },
  ],
  table: {
    columns: [nameColumn, text('Secrets', 'The number of secrets that its pods may use.'), ageColumn],
    cells: (object, now) => [object.metadata.name, (object.secrets ?? []).length, age(object, now)],
  },
};
